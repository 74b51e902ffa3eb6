"""Controls of the sections on the canvas: one or all, raw or denoised, one contrast or several."""

from __future__ import annotations

from qtpy.QtCore import QSignalBlocker
from qtpy.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_darlc.canvas.layers import SessionLayers
from napari_darlc.canvas.own_layers import DENOISED
from napari_darlc.widgets.common.following import follow
from napari_darlc.widgets.common.style import note


class SideBySideControls(QWidget):
    """How the sections of a study are shown on the canvas.

    Parameters
    ----------
    layers
        What draws them.
    """

    def __init__(self, layers: SessionLayers) -> None:
        super().__init__()
        self._layers, sections = layers, layers.sections
        self.all = QPushButton("All sections side by side")
        self.all.setCheckable(True)
        self.all.setToolTip("Show the current gene in every section of the study")
        self.all.clicked.connect(self._on_all)
        self.raw, self.denoised = QPushButton("Raw"), QPushButton("Denoised")
        self.raw.setToolTip("Show the expression as measured, in all sections")
        self.denoised.setToolTip("Show the denoised views, in all sections")
        self._views = QButtonGroup(self)
        row = QHBoxLayout()
        for button in (self.raw, self.denoised):
            button.setCheckable(True)
            self._views.addButton(button)
            row.addWidget(button)
        self._views.buttonClicked.connect(self._on_view)
        self.one_contrast = QCheckBox("One contrast for all")
        self.one_contrast.setToolTip(
            "Give a colour the same meaning in all sections; otherwise each section uses the whole "
            "colormap, so that patterns can be compared where platforms or depths differ"
        )
        self.one_contrast.toggled.connect(self._on_contrast)
        self.linked = QCheckBox("Zoom all together")
        self.linked.setToolTip(
            "Wheel and drag over any section zoom and move all of them, each in its place; layers "
            "of your own and regions do not follow"
        )
        self.linked.toggled.connect(self._on_linked)
        self.reading = note("Reading the other sections …")
        self.more = QWidget()
        more = QVBoxLayout(self.more)
        more.setContentsMargins(0, 0, 0, 0)
        more.addLayout(row)
        more.addWidget(self.one_contrast)
        more.addWidget(self.linked)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.all, self.reading, self.more):
            layout.addWidget(widget)
        follow(self, (sections.changed, self._refresh))
        self._refresh()

    def _refresh(self) -> None:
        sections = self._layers.sections
        self.all.setChecked(sections.wanted)
        self.reading.setVisible(sections.reading)
        self.more.setVisible(sections.shown)
        with QSignalBlocker(self.one_contrast):
            self.one_contrast.setChecked(not sections.apart)
        with QSignalBlocker(self.linked):
            self.linked.setChecked(sections.linked)
        self.denoised.setEnabled(self._layers.denoised is not None)
        (self.denoised if sections.role == DENOISED else self.raw).setChecked(True)

    def _on_all(self, wanted: bool) -> None:
        sections = self._layers.sections
        if wanted:
            sections.show()
        else:
            sections.end()

    def _on_view(self) -> None:
        self._layers.show_denoised(self.denoised.isChecked())

    def _on_contrast(self, one: bool) -> None:
        self._layers.sections.apart = not one

    def _on_linked(self, linked: bool) -> None:
        self._layers.sections.linked = linked
