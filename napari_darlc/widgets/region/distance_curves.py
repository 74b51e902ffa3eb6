"""Expression by distance from a drawn line or border: which genes change, and each gene's curve."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING

import numpy as np
from napari.layers import Shapes
from numpy.typing import NDArray
from qtpy.QtCore import QSignalBlocker, QSize
from qtpy.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from darlc.explore.distance import DistanceCurve
from darlc.explore.enrichment import SURE
from napari_darlc.notifications import show_error
from napari_darlc.processes.background import Background
from napari_darlc.saving.exporting import ask_export_genes, names_table
from napari_darlc.session.session import Session
from napari_darlc.viewer_session import layers_of
from napari_darlc.widgets.common.filled_or_empty import FilledOrEmpty, HintOrAnswer
from napari_darlc.widgets.common.following import follow, follow_layers
from napari_darlc.widgets.common.shown_session import shown_session
from napari_darlc.widgets.common.style import NO_DATASET, note
from napari_darlc.widgets.common.thumbnails import ThumbnailPainter, painter_of
from napari_darlc.widgets.gene_lists.ranked_genes import PICTURE, Measure, RankedGenes, rate
from napari_darlc.widgets.gene_lists.ranked_rows import cluster_column, ranked_rows
from napari_darlc.widgets.region.distance_canvas import DistanceCanvas
from napari_darlc.widgets.region.distance_queries import Border, DistanceAnswer, DistanceQueries
from napari_darlc.widgets.region.shapes import lines_of, polygons_of

if TYPE_CHECKING:
    import napari
    import pandas as pd

_HINT = (
    "How do genes change with the distance from a border?\n"
    "Press Draw a line and click along it on the canvas, or draw a region: "
    "inside of it distances are negative."
)
_DRAW = "Click along the line on the canvas and end it with Enter, then press Show the curves."
_WORKING = "Measuring distances …"
_BINS = 20
_MEASURES = (
    Measure(
        "Corr.",
        "Correlation of the gene with the distance, by ranks: a gene that is highest midway has\n"
        "none, so look at its curve",
        form="{:+.2f}".format,
    ),
    Measure("FDR", "False discovery rate against genes as smooth as this one", form=rate),
)


class DistancePanel(QWidget):
    """A ranked list of the genes that rise or fall with a distance, and the current gene's curve.

    Parameters
    ----------
    napari_viewer
        The viewer that the dock belongs to, in which lines are drawn.
    session
        What is shown; the viewer's own by default.
    """

    def __init__(self, napari_viewer: napari.Viewer, session: Session | None = None) -> None:
        super().__init__()
        self.session = session = shown_session(napari_viewer, session)
        self._viewer = napari_viewer
        self._layers: list[Shapes] = []
        self._painter: ThumbnailPainter | None = None
        #: What was asked last, and what it is called; what answers on the curves that are shown.
        self._asked: Border | None = None
        self._name = ""
        self._queries: DistanceQueries | None = None
        self.answer: DistanceAnswer | None = None
        self._asking, self._drawing = Background(self), Background(self)
        self._asking.answered.connect(self._on_answer)
        self._drawing.answered.connect(self._on_curve)
        self._build()
        follow(
            self,
            (session.dataset_changed, self._on_dataset),
            (session.gene_changed, self._on_gene),
            (session.denoised_changed, self._on_denoised),
        )
        follow_layers(self, napari_viewer.layers, self._on_layers)
        self._on_dataset()

    def _build(self) -> None:
        self.source = QComboBox()
        self.source.setToolTip("A layer of drawn lines or regions, whose border is meant")
        self.source.setMinimumContentsLength(8)
        self.source.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.bins = QSpinBox()
        self.bins.setRange(2, 100)
        self.bins.setValue(_BINS)
        self.bins.setSuffix(" points")
        self.bins.setToolTip("Points of a curve")
        self.bins.valueChanged.connect(self._ask_curve)
        self.draw_line = QPushButton("Draw a line")
        self.draw_line.setToolTip("Add a layer and click along a line on the tissue")
        self.draw_line.clicked.connect(partial(self._on_draw, True))
        self.draw_region = QPushButton("Draw a region")
        self.draw_region.setToolTip("Add a layer and draw round a part of the tissue")
        self.draw_region.clicked.connect(partial(self._on_draw, False))
        self.show_curves = QPushButton("Show the curves")
        self.show_curves.setToolTip("Measure every observation's distance from the line")
        self.show_curves.clicked.connect(self.ask)
        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.source, 1)
        first.addWidget(self.bins)
        for button in (self.draw_line, self.draw_region, self.show_curves):
            second.addWidget(button)
        self.canvas = DistanceCanvas()
        self.caption = note()
        self.summary = note()
        self.table = RankedGenes(_MEASURES, self)
        self.table.gene_chosen.connect(self._on_chosen)
        self.export_curve = QPushButton("Export curve …")
        self.export_curve.setToolTip("Write the curve of the current gene to a table")
        self.export_curve.clicked.connect(self._on_export_curve)
        self.export = QPushButton("Export genes …")
        self.export.setToolTip("Write all genes that were compared, the surest first, to a table")
        self.export.clicked.connect(self._on_export)
        below = QHBoxLayout()
        below.addStretch(1)
        below.addWidget(self.export_curve)
        below.addWidget(self.export)
        answered = QWidget()
        layout = QVBoxLayout(answered)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.caption)
        layout.addWidget(self.canvas)
        layout.addWidget(self.summary)
        layout.addWidget(self.table, 1)
        layout.addLayout(below)
        self.answers = HintOrAnswer(_HINT, answered)
        self.hint = self.answers.hint
        filled = QWidget()
        layout = QVBoxLayout(filled)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(first)
        layout.addLayout(second)
        layout.addWidget(self.answers, 1)
        self.pages = FilledOrEmpty(self, filled)
        self.empty = self.pages.empty

    def sizeHint(self) -> QSize:
        """Return a size that shows a curve and some genes."""
        return QSize(400, 600)

    @property
    def layer(self) -> Shapes | None:
        """The layer that is chosen."""
        place = self.source.currentIndex()
        return self._layers[place] if 0 <= place < len(self._layers) else None

    @property
    def curve(self) -> DistanceCurve | None:
        """The curve that is shown."""
        return self.canvas.curve

    def ask(self) -> None:
        """Measure distances and compare all genes with them, off the GUI thread."""
        session, layer = self.session, self.layer
        images, dataset, model = session.images, session.dataset, session.model
        if images is None or dataset is None or layer is None:
            return
        border = Border(tuple(lines_of(layer, images.grid)), tuple(polygons_of(layer, images.grid)))
        if not border.lines and not border.polygons:
            self.answers.say(_DRAW)
            return
        self._painter = painter_of(
            self._painter, images.grid, round(PICTURE * self.devicePixelRatioF())
        )
        self.answers.wait(_WORKING)
        self.summary.setText(_WORKING)
        self._asked, self._name = border, str(layer.name)
        queries = DistanceQueries(dataset.adata, images, model)
        self._asking.ask(
            (border, queries),
            partial(queries.answer, border, self._painter, self.devicePixelRatioF()),
        )

    def _on_answer(self, key: tuple[Border, DistanceQueries], answer: DistanceAnswer | str) -> None:
        border, queries = key
        if border is not self._asked:
            return  # something else was asked since
        if isinstance(answer, str):
            self.answers.say(_HINT)
            show_error(answer)
            return
        self.answer, self._queries = answer, queries
        best, trend = answer.rows, answer.trend
        rows = ranked_rows(
            self.session,
            answer.genes[best],
            (trend.correlation[best], trend.fdr[best]),
            answer.pictures,
        )
        changing = int((trend.fdr <= SURE).sum())
        self.summary.setText(
            f"<b>{changing:,} of {len(answer.genes):,}</b> genes rise (+) or fall (−) with the "
            f"distance from <b>{escape(self._name)}</b> (FDR ≤ {SURE:g})."
        )
        self.table.show_genes(rows)
        self.table.mark(self.session.gene)
        self.answers.show_answer()
        self._ask_curve()

    def _ask_curve(self, _changed: object = None) -> None:
        """Show the current gene's curve."""
        if self._queries is not None and self.answer is not None:
            gene, bins = self.session.gene, self.bins.value()
            view = None if self.session.model is None else self.session.model.view_of(gene)
            key = (self.answer, gene, bins)
            self._drawing.ask(key, partial(self._queries.curve, gene, bins, view))

    def _on_curve(self, key: tuple[object, int, int], curve: DistanceCurve | str) -> None:
        if key != (self.answer, self.session.gene, self.bins.value()):
            return
        if isinstance(curve, str):
            self.caption.setText(curve)
            self.canvas.show_curve(None, float("nan"))
            return
        images = self.session.images
        assert images is not None
        denoised = "" if np.isnan(curve.denoised).all() else " <b>blue</b> denoised;"
        self.caption.setText(
            f"<b>{escape(self.session.gene_label)}</b>, normalised units:{denoised} grey raw, with "
            "the band that holds it with a chance of 95 %"
        )
        self.canvas.show_curve(curve, images.grid.microns)

    def _on_gene(self, gene: int) -> None:
        self.table.mark(gene)
        self._ask_curve()

    def _on_denoised(self) -> None:
        self._ask_curve()

    def _on_dataset(self) -> None:
        self._painter = self._asked = self._queries = self.answer = None
        self.canvas.show_curve(None, float("nan"))
        self.table.show_genes([])
        self.answers.say(_HINT)
        if self.session.images is None:
            self.pages.say(NO_DATASET)
        else:
            self.pages.fill()
        self._on_layers()

    def _on_layers(self, _event: object = None) -> None:
        """Offer the layers that there are now, by the names they have."""
        before = self.layer
        layers = [each for each in self._viewer.layers if isinstance(each, Shapes)]
        self._layers = layers
        with QSignalBlocker(self.source):
            self.source.clear()
            self.source.addItems([f"shapes: {each.name}" for each in layers])
            if before in layers:
                self.source.setCurrentIndex(layers.index(before))
        self.source.setVisible(bool(layers))
        self.show_curves.setEnabled(bool(layers))

    def _on_draw(self, line: bool) -> None:
        if self.session.images is not None:
            layer = layers_of(self._viewer).region.draw(self.session.images.grid, line)
            self._on_layers()
            self.source.setCurrentIndex(self._layers.index(layer))
            self.answers.say(_DRAW if line else _HINT)

    def _on_chosen(self, gene: int) -> None:
        self.session.gene = gene

    def _on_export(self) -> None:
        if self.answer is not None:
            clusters = cluster_column(self.session)
            make = partial(self._table, self.answer, clusters)
            ask_export_genes(self, self.session, f"distance_from_{self._name}", make)

    def _on_export_curve(self) -> None:
        if self.curve is not None:
            what = f"{self.session.gene_label}_by_distance_from_{self._name}"
            ask_export_genes(self, self.session, what, partial(_curve_table, self.curve))

    def _table(self, answer: DistanceAnswer, clusters: NDArray[np.str_]) -> pd.DataFrame:
        """Return all that was compared, the surest first."""
        order, trend = answer.order, answer.trend
        genes = answer.genes[order]
        return names_table(self.session, genes).assign(
            **{
                "Cluster": clusters[genes],
                "Correlation": trend.correlation[order],
                "p": trend.p[order],
                "FDR": trend.fdr[order],
            }
        )


def _curve_table(curve: DistanceCurve) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(
        {
            "from": curve.edges[:-1],
            "to": curve.edges[1:],
            "pixels": curve.pixels,
            "raw": curve.raw,
            "low": curve.low,
            "high": curve.high,
            "denoised": curve.denoised,
        }
    )
