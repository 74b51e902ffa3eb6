"""The dock of the observation view: visibility, colouring and legend."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np
from napari.utils.colormaps import Colormap
from qtpy.QtCore import Qt
from qtpy.QtGui import QImage, QPixmap
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from napari_darlc.canvas.annotations import Legend
from napari_darlc.canvas.observation_geometry import ObservationGeometry
from napari_darlc.canvas.observation_layer import ObservationView
from napari_darlc.canvas.own_layers import DENOISED, RAW
from napari_darlc.session.session import Session
from napari_darlc.viewer_session import observations_of, session_of
from napari_darlc.widgets.common.following import follow
from napari_darlc.widgets.common.style import NO_DATASET, note

if TYPE_CHECKING:
    import napari

_RAMP = (256, 12)
_BY_GENE = {RAW: "current gene, raw view", DENOISED: "current gene, denoised view"}


class ObservationsDock(QWidget):
    """Shows spots or cells themselves, coloured by the current gene or an annotation.

    Parameters
    ----------
    napari_viewer
        The viewer that the dock belongs to.
    """

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__()
        self._session: Session = session_of(napari_viewer)
        self._view: ObservationView = observations_of(napari_viewer)
        self._build()
        follow(
            self,
            (self._session.dataset_changed, self._refresh),
            (self._view.surveyed, self._refresh),
            (self._view.shown_changed, self._on_shown),
            (self._view.legend_changed, self._on_legend),
        )
        self._refresh()

    def _build(self) -> None:
        self.show_them = QCheckBox("Show the observations")
        self.show_them.setToolTip(
            "Draw spots or cells themselves, where they lie, in place of the SGEP images"
        )
        self.show_them.toggled.connect(self._on_toggled)
        self.by = QComboBox()
        self.by.setToolTip("What the observations are coloured by")
        self.by.activated.connect(self._on_chosen)
        self.facts = note()
        self.title = note()
        self.ramp = QLabel()
        self.ramp.setFixedHeight(_RAMP[1])
        self.ramp.setScaledContents(True)
        self.ends = note()
        self.labels = note()
        self.labels.setAlignment(Qt.AlignmentFlag.AlignTop)
        legend = QWidget()
        column = QVBoxLayout(legend)
        column.setContentsMargins(0, 0, 0, 0)
        for part in (self.title, self.ramp, self.ends, self.labels):
            column.addWidget(part)
        column.addStretch()
        scroll = QScrollArea()
        scroll.setWidget(legend)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        choice = QHBoxLayout()
        choice.addWidget(QLabel("Colour by"))
        choice.addWidget(self.by, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(self.show_them)
        layout.addLayout(choice)
        layout.addWidget(self.facts)
        layout.addWidget(scroll, 1)
        self.setMinimumWidth(240)

    def _refresh(self) -> None:
        there = self._session.images is not None
        found = self._view.geometry
        self.show_them.setEnabled(there)
        self.show_them.setChecked(self._view.shown)
        self.by.setEnabled(there)
        self.by.clear()
        for key, text in _BY_GENE.items():
            self.by.addItem(text, key)
        if found is not None and found.columns:
            self.by.insertSeparator(self.by.count())
            for name in found.columns:
                self.by.addItem(name, name)
        self._mark()
        if not there:
            self.facts.setText(NO_DATASET)
        elif found is None:
            self.facts.setText("Looking at the observations …")
            self._view.look()
        else:
            self.facts.setText(_describe(found, self._session))
        self._on_legend()

    def _mark(self) -> None:
        self.by.setCurrentIndex(max(self.by.findData(self._view.by), 0))

    def _on_toggled(self, shown: bool) -> None:
        if shown:
            self._view.show()
        else:
            self._view.hide()

    def _on_shown(self, shown: bool) -> None:
        self.show_them.setChecked(shown)

    def _on_chosen(self) -> None:
        self._view.by = str(self.by.currentData())
        # Choosing colours shows the observations.
        self._view.show()

    def _on_legend(self) -> None:
        legend = self._view.legend
        self._mark()
        for part in (self.title, self.ramp, self.ends, self.labels):
            part.setVisible(legend is not None)
        if legend is None:
            return
        self.title.setText(f"<b>{escape(legend.title)}</b>")
        graded = legend.limits is not None and legend.colormap is not None
        self.ramp.setVisible(graded)
        self.ends.setVisible(graded)
        if legend.limits is not None and legend.colormap is not None:
            self.ramp.setPixmap(_ramp(legend.colormap))
            low, high = legend.limits
            self.ends.setText(
                f"<table width='100%'><tr><td>{low:.3g}</td>"
                f"<td align='right'>{high:.3g}</td></tr></table>"
            )
        self.labels.setText(_label_lines(legend))


def _describe(found: ObservationGeometry, session: Session) -> str:
    images = session.images
    assert images is not None
    total = len(found.rows) + found.left_undrawn
    microns = images.grid.microns
    if found.spots:
        size = found.diameter * microns
        text = f"{total:,} spots"
        text += f", drawn {size:.0f} µm wide" if np.isfinite(size) else ""
    else:
        text = f"{total:,} observations, drawn as dots; their size says nothing"
    if found.left_undrawn:
        text += f". {len(found.rows):,} of them, chosen at random, are drawn"
    return f"{text}."


def _label_lines(legend: Legend) -> str:
    lines = [
        f"<span style='color: {colour}; font-size: 14pt'>■</span> {escape(name)} · {count:,}"
        for name, colour, count in legend.labels
    ]
    if legend.unknown:
        lines.append(
            f"<span style='color: #808080; font-size: 14pt'>■</span> not known · {legend.unknown:,}"
        )
    return "<br>".join(lines)


def _ramp(colormap: Colormap) -> QPixmap:
    """Return a colormap from left to right."""
    row = np.asarray(colormap.map(np.linspace(0.0, 1.0, _RAMP[0])) * 255).astype(np.uint8)
    pixels = np.ascontiguousarray(np.broadcast_to(row[:, :4], (_RAMP[1], _RAMP[0], 4)))
    image = QImage(pixels.data, *_RAMP, 4 * _RAMP[0], QImage.Format.Format_RGBA8888)
    return QPixmap.fromImage(image.copy())
