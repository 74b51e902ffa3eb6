"""Compare: raw beside denoised, genes with one another, and clusters on one tissue."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, QSize, QStringListModel, Qt
from qtpy.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSlider,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from napari_darlc.canvas.comparison import COLOURS
from napari_darlc.genes.molecules import no_answer
from napari_darlc.saving.figures import Drawing, genes_drawing
from napari_darlc.session.session import Session
from napari_darlc.viewer_session import layers_of, session_of
from napari_darlc.widgets.common.figure_button import FigureButton
from napari_darlc.widgets.common.following import follow
from napari_darlc.widgets.common.style import ERROR, empty_state, note
from napari_darlc.widgets.compare.cluster_chooser import ClusterChooser
from napari_darlc.widgets.compare.gene_chooser import GeneChooser

if TYPE_CHECKING:
    import napari

#: Largest smoothness, in pixels, and steps of the slider in a pixel.
_SMOOTHEST, _STEPS = 8, 4
_NOT_YET = "There is no denoised view yet: press Train in the training dock."
_NO_CLUSTERS = "There are no clusters yet: press Train in the training dock."
_NO_ANSWER = "{gene} has no denoised view: {why}."
_EXPLAINED = (
    "Raw and denoised view share their contrast. The residual is what was measured beyond what "
    "the model drew, in {unit}: orange where more was measured, blue where the model drew more."
)


class CompareDock(QWidget):
    """Ways to see several pictures on the canvas at once.

    Parameters
    ----------
    napari_viewer
        The viewer that the dock belongs to.
    """

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__()
        self.session: Session = session_of(napari_viewer)
        self._layers = layers_of(napari_viewer)
        self._names = QStringListModel(self)
        self._build()
        session, layers = self.session, self._layers
        follow(
            self,
            (session.dataset_changed, self._on_dataset),
            (session.denoised_changed, self._refresh),
            (session.clusters_changed, self._on_clusters),
            (session.gene_changed, self._on_gene),
            (session.pinned_changed, self._on_pinned),
            (layers.side_by_side.changed, self._on_side_by_side),
            (layers.gene_colours.changed, self._on_gene_colours),
            (layers.clusters.changed, self._on_patterns),
        )
        self._on_dataset()

    def sizeHint(self) -> QSize:
        """Return a size that shows all parts."""
        return QSize(340, 560)

    def _build(self) -> None:
        inside = QWidget()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(_heading("Measured and drawn"))
        self.side_by_side = QPushButton("Raw, denoised and residual side by side")
        self.side_by_side.setCheckable(True)
        self.side_by_side.clicked.connect(self._layers.lay_side_by_side)
        self.explained = note()
        self.figure = FigureButton(
            self.session, "Draw the current gene raw, denoised and with the residual", self._drawing
        )
        layout.addWidget(self.side_by_side)
        layout.addWidget(self.explained)
        layout.addWidget(self.figure)

        layout.addWidget(_heading("Genes in colours"))
        self.choosers = [
            GeneChooser(self.session, word, colour, self._names) for word, colour in COLOURS.items()
        ]
        for chooser in self.choosers:
            chooser.chosen.connect(self._on_chosen)
            chooser.complained.connect(self._complain)
            layout.addWidget(chooser)
        self.complaint = note()
        self.complaint.setStyleSheet(f"color: {ERROR};")
        self.complaint.hide()
        layout.addWidget(self.complaint)
        self.colours = QPushButton("Show in colours")
        self.colours.setCheckable(True)
        self.colours.setToolTip(
            "Show the genes chosen above on one tissue; their colours add up where they meet"
        )
        self.colours.clicked.connect(self._on_colours)
        layout.addWidget(self.colours)

        layout.addWidget(_heading("Clusters on the tissue"))
        self.no_clusters = note(_NO_CLUSTERS)
        layout.addWidget(self.no_clusters)
        self.clusters = ClusterChooser()
        self.clusters.chosen.connect(self._on_clusters_chosen)
        layout.addWidget(self.clusters, 1)
        self.strongest = QCheckBox("Strongest pattern at each pixel")
        self.strongest.setToolTip(
            "Give each pixel to the cluster whose consensus pattern is strongest there;\n"
            "point at it to read the cluster's name below the canvas"
        )
        self.strongest.toggled.connect(self._layers.clusters.show_strongest)
        self.outlines = QCheckBox("Outlines only")
        self.outlines.setToolTip("Draw the borders only, and leave the genes visible between them")
        self.outlines.toggled.connect(self._on_outlines)
        self.smoothness = QSlider(Qt.Orientation.Horizontal)
        self.smoothness.setRange(0, _SMOOTHEST * _STEPS)
        self.smoothness.setToolTip(
            "Smooth the patterns over so many pixels before they are compared"
        )
        self.smoothness.valueChanged.connect(self._on_smoothness)
        self.smoothed_over = QLabel()
        row = QHBoxLayout()
        row.addWidget(QLabel("Smoothness"))
        row.addWidget(self.smoothness, 1)
        row.addWidget(self.smoothed_over)
        self.smoothing = QWidget()
        self.smoothing.setLayout(row)
        row.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.strongest)
        layout.addWidget(self.outlines)
        layout.addWidget(self.smoothing)

        scroll = QScrollArea()
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.empty = empty_state()
        self.pages = QStackedWidget()
        self.pages.addWidget(self.empty)
        self.pages.addWidget(scroll)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.pages)
        self.setMinimumWidth(240)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)

    def _on_dataset(self) -> None:
        session = self.session
        self.pages.setCurrentIndex(0 if session.images is None else 1)
        self._names.setStringList([str(label) for label in session.gene_labels])
        self._complain("")
        for chooser in self.choosers:
            chooser.choose("none")
            chooser.offer()
        if session.images is not None:
            self.choosers[0].choose(None)
        self._on_clusters()
        self._refresh()

    def _on_clusters(self) -> None:
        self.clusters.offer(self.session.model)
        there = self.clusters.count() > 0
        self.no_clusters.setVisible(not there)
        for part in (self.clusters, self.strongest, self.outlines, self.smoothing):
            part.setVisible(there)
        self._on_patterns()

    def _on_gene(self, _gene: int) -> None:
        self._explain()

    def _on_pinned(self) -> None:
        for chooser in self.choosers:
            chooser.offer()

    def _refresh(self) -> None:
        there = self._layers.side_by_side.residual is not None
        self.side_by_side.setEnabled(there)
        self.side_by_side.setToolTip(
            "Show the current gene as it was measured, as the model draws it, and the difference"
            if there
            else _NOT_YET
        )
        self._explain()

    def _explain(self) -> None:
        session, residual = self.session, self._layers.side_by_side.residual
        if residual is None or session.model is None:
            self.explained.setText(_NOT_YET)
        elif not session.model.has_view(session.gene):
            why = no_answer(session, session.gene)
            self.explained.setText(_NO_ANSWER.format(gene=session.gene_label, why=why))
        else:
            unit = "counts at the median library" if residual.unit == "counts" else residual.unit
            self.explained.setText(_EXPLAINED.format(unit=unit))

    def _drawing(self) -> Drawing | None:
        if self.session.images is None:
            return None
        return genes_drawing([self.session.gene_name], self.session.gene_label)

    def _on_side_by_side(self, shown: bool) -> None:
        self.side_by_side.setChecked(shown)
        self._explain()

    def _on_colours(self, shown: bool) -> None:
        genes = self._layers.gene_colours
        if not shown:
            genes.end()
            return
        genes.show([chooser.choice for chooser in self.choosers])
        if not genes.choices:
            self.colours.setChecked(False)
            self._complain("Choose at least one gene first.")

    def _on_chosen(self) -> None:
        # Who chooses genes wants to see them.
        self._layers.gene_colours.show([chooser.choice for chooser in self.choosers])

    def _on_gene_colours(self) -> None:
        self.colours.setChecked(bool(self._layers.gene_colours.choices))

    def _complain(self, sentence: str) -> None:
        self.complaint.setText(sentence)
        self.complaint.setVisible(bool(sentence))

    def _on_clusters_chosen(self, columns: tuple[int, ...]) -> None:
        self._layers.clusters.show(*columns)

    def _on_outlines(self, outlines: bool) -> None:
        self._layers.clusters.outlines = outlines

    def _on_smoothness(self, steps: int) -> None:
        self._layers.clusters.smoothness = steps / _STEPS

    def _on_patterns(self) -> None:
        clusters = self._layers.clusters
        self.clusters.check(clusters.patterns)
        shown = clusters.strongest is not None
        blocked = (self.strongest, self.outlines, self.smoothness)
        with ExitStack() as stack:
            for part in blocked:
                stack.enter_context(QSignalBlocker(part))
            self.strongest.setChecked(shown)
            self.outlines.setChecked(clusters.outlines)
            self.smoothness.setValue(round(clusters.smoothness * _STEPS))
        self.smoothed_over.setText(f"{clusters.smoothness:g} pixels")
        self.outlines.setEnabled(shown)
        self.smoothing.setEnabled(shown)


def _heading(text: str) -> QLabel:
    label = QLabel(f"<b>{text}</b>")
    label.setContentsMargins(0, 8, 0, 0)
    return label
