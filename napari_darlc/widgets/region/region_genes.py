"""Genes of a region: which genes and clusters mark what was drawn, or what is annotated."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from html import escape
from typing import TYPE_CHECKING

import numpy as np
from napari.layers import Layer
from numpy.typing import NDArray
from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from darlc.explore.markers import annotation_values
from darlc.explore.region import RegionMarkers
from napari_darlc.notifications import show_error
from napari_darlc.processes.background import Background
from napari_darlc.saving.exporting import ask_export_genes, names_table
from napari_darlc.session.session import Model, Session
from napari_darlc.viewer_session import layers_of
from napari_darlc.widgets.common.filled_or_empty import FilledOrEmpty, HintOrAnswer
from napari_darlc.widgets.common.following import follow, follow_layers
from napari_darlc.widgets.common.shown_session import shown_session
from napari_darlc.widgets.common.style import ACCENT, NO_DATASET, note
from napari_darlc.widgets.common.thumbnails import ThumbnailPainter, painter_of
from napari_darlc.widgets.gene_lists.ranked_genes import (
    PICTURE,
    Measure,
    RankedGenes,
    rate,
)
from napari_darlc.widgets.gene_lists.ranked_rows import cluster_column, ranked_rows
from napari_darlc.widgets.region.queries import SURE, RegionAnswer, RegionQueries
from napari_darlc.widgets.region.region_choice import RegionChoice
from napari_darlc.widgets.region.regions import Place

if TYPE_CHECKING:
    import napari
    import pandas as pd

_MOST_CLUSTERS = 6
_NO_REGION = (
    "Which genes mark a part of the tissue?\n"
    "Choose an annotation and one of its values, or draw a region on the canvas."
)
_NO_CHOICE = (
    "Which genes mark a part of the tissue?\n"
    "Press Draw a region and draw round it on the canvas: press, drag, let go."
)
_DRAW = "Draw round a part of the tissue on the canvas, then press Find its genes."
_WORKING = "Comparing the region with the rest of the tissue …"
_MEASURES = (
    Measure(
        "log₂ fold",
        "Log2 fold change of the normalised means, inside over outside",
        form="{:+.2f}".format,
    ),
    Measure(
        "AUROC",
        "Probability that an observation inside has the higher expression; .5 is no difference",
        share=lambda auroc: 2 * auroc - 1,
    ),
    Measure(
        "FDR",
        "False discovery rate of a test that knows that neighbours are alike",
        form=rate,
    ),
)


@dataclass(frozen=True, eq=False)
class _Question:
    """A region as it was when it was asked about.

    Parameters
    ----------
    place
        The region.
    against
        What it is compared with; None for the rest of the tissue.
    """

    place: Place
    against: Place | None = None

    @property
    def layers(self) -> list[Layer]:
        """Where regions were drawn or painted."""
        places = [self.place] if self.against is None else [self.place, self.against]
        return [each.layer for each in places if each.layer is not None]


class RegionGenesPanel(QWidget):
    """A ranked list of the genes that are enriched in a region.

    Parameters
    ----------
    napari_viewer
        The viewer that the dock belongs to, in which regions are drawn.
    session
        What is shown; the viewer's own by default.
    """

    def __init__(self, napari_viewer: napari.Viewer, session: Session | None = None) -> None:
        super().__init__()
        self.session = session = shown_session(napari_viewer, session)
        self._viewer = napari_viewer
        self._asker: RegionQueries | None = None
        self._painter: ThumbnailPainter | None = None
        #: What was asked last, and what the answer that is shown was asked for.
        self._asked: _Question | None = None
        self._answered: _Question | None = None
        #: The answer that is shown.
        self.answer: RegionAnswer | None = None
        self._enriched: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._reading = Background(self)
        self._reading.answered.connect(self._on_annotations)
        self._asking = Background(self)
        self._asking.answered.connect(self._on_answer)
        self._build()
        follow(
            self,
            (session.dataset_changed, self._on_dataset),
            (session.clusters_changed, self._on_clusters),
            (session.gene_changed, self.table.mark),
        )
        follow_layers(self, napari_viewer.layers, self._on_layers)
        self._on_dataset()

    def _build(self) -> None:
        self.choice = RegionChoice(self._viewer)
        self.choice.chosen.connect(self.ask)
        self.choice.draw_wanted.connect(self._on_draw)
        self.choice.renamed.connect(self._on_renamed)
        self.summary = note()
        self.clusters = note()
        self.clusters.setToolTip("Clusters whose genes together are enriched; click to single out")
        self.clusters.setTextInteractionFlags(Qt.TextInteractionFlag.LinksAccessibleByMouse)
        self.clusters.linkActivated.connect(self._on_cluster)
        self.table = RankedGenes(_MEASURES, self)
        self.table.gene_chosen.connect(self._on_chosen)
        self.on_canvas = QCheckBox("Show the region on the tissue")
        self.on_canvas.setChecked(True)
        self.on_canvas.setToolTip("Draw its border and its name over what is on the canvas")
        self.on_canvas.toggled.connect(self._show_region)
        self.show_only = QPushButton("Show only the enriched genes")
        self.show_only.setToolTip(
            "Show the genes with an FDR of at most .05 in gallery and table, no others"
        )
        self.show_only.clicked.connect(self._on_show_only)
        self.export = QPushButton("Export CSV …")
        self.export.setToolTip("Write all genes of the dataset, the best first, to a table")
        self.export.clicked.connect(self._on_export)
        below = QHBoxLayout()
        below.addWidget(self.show_only, 1)
        below.addWidget(self.export)
        answered = QWidget()
        layout = QVBoxLayout(answered)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.summary)
        layout.addWidget(self.clusters)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.on_canvas)
        layout.addLayout(below)
        self.answers = HintOrAnswer(_NO_REGION, answered)
        self.hint = self.answers.hint
        filled = QWidget()
        layout = QVBoxLayout(filled)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.choice)
        layout.addWidget(self.answers, 1)
        self.pages = FilledOrEmpty(self, filled)
        self.empty = self.pages.empty

    def sizeHint(self) -> QSize:
        """Return a size that shows some genes."""
        return QSize(400, 600)

    def ask(self) -> None:
        """Compare the chosen region with the other, or the rest, off the GUI thread."""
        images, region, against = self.session.images, self.choice.region, self.choice.against
        if images is None or region is None:
            return
        place = Place.of(region, images.grid)
        other = None if against is None else Place.of(against, images.grid)
        if place.nowhere or (other is not None and other.nowhere):
            self._end(_DRAW)
            return
        self._ask(_Question(place, other))

    def _ask(self, question: _Question) -> None:
        images, dataset, model = self.session.images, self.session.dataset, self.session.model
        if images is None or dataset is None:
            return
        if self._asker is None or not self._asker.fits(images, model):
            self._asker = RegionQueries(dataset.adata, images, model)
        self._painter = painter_of(
            self._painter, images.grid, round(PICTURE * self.devicePixelRatioF())
        )
        self.answers.wait(_WORKING)
        self.summary.setText(_WORKING)
        self._asked = question
        asked = question.place, question.against, self._painter, self.devicePixelRatioF()
        self._asking.ask(question, partial(self._asker.answer, *asked))

    def _on_answer(self, question: _Question, answer: RegionAnswer | str) -> None:
        # Something else was asked since, or its region is gone.
        if question is not self._asked:
            return
        if isinstance(answer, str):
            self._end(_NO_REGION)
            show_error(answer)
            return
        session, model, found = self.session, self.session.model, answer.found
        effect, best = found.enrichment, answer.rows
        numbers = (effect.log2_fold_change[best], effect.auroc[best], effect.fdr[best])
        rows = ranked_rows(session, found.genes[best], numbers, answer.pictures)
        self._enriched = found.genes[effect.enriched(SURE)]
        self.clusters.setText(self._cluster_links(found, model))
        self.clusters.setVisible(bool(self.clusters.text()))
        self.show_only.setEnabled(len(self._enriched) > 0)
        self.table.show_genes(rows)
        self.table.mark(session.gene)
        self.answers.show_answer()
        self._answered, self.answer = question, answer
        self._say_which()

    def _say_which(self) -> None:
        """Say which region it is that is answered, by the name it has now."""
        answer = self.answer
        if answer is None:
            return
        found = answer.found
        others = "others" if answer.against is None else f"of <b>{escape(answer.against.name)}</b>"
        self.summary.setText(
            f"<b>{escape(answer.place.name)}</b>: {len(self._enriched)} of {len(found.genes)} "
            f"genes are enriched (FDR ≤ {SURE:g}) in {found.n_inside} observations against "
            f"{found.n_outside} {others}."
        )
        self._show_region()

    def _show_region(self) -> None:
        answer, images = self.answer, self.session.images
        layers = layers_of(self._viewer).region
        if answer is None or images is None or not self.on_canvas.isChecked():
            layers.end()
        else:
            layers.show(answer.place.name, images.grid, answer.inside, answer.drawn)

    def _cluster_links(self, found: RegionMarkers, model: Model | None) -> str:
        if found.clusters is None or model is None or model.n_clusters == 0:
            return ""
        sure = found.clusters.order[found.clusters.enriched(SURE)[found.clusters.order]]
        if not len(sure):
            return "No cluster is enriched."
        links = [
            f'<span style="color: {model.colours[column]}">■</span>\u00a0'
            f'<a href="{column}" style="color: {ACCENT}">{escape(model.names[column])}</a> '
            f"(AUROC\u00a0{found.clusters.auroc[i]:.2f})"
            for i, column in zip(sure, found.columns[sure].tolist(), strict=True)
            if column < model.n_clusters
        ]
        return "Clusters: " + " · ".join(links[:_MOST_CLUSTERS])

    def _end(self, text: str) -> None:
        """Take the answer back, from the canvas too, and say what to do instead."""
        self._asked = self._answered = self.answer = None
        self._show_region()
        self.answers.say(text)

    def _on_dataset(self) -> None:
        session = self.session
        self._asker = self._painter = None
        self._asked = self._answered = self.answer = None
        self._enriched = np.empty(0, dtype=np.int64)
        self.table.show_genes([])
        self.clusters.clear()
        self.summary.clear()
        if session.images is None or session.dataset is None:
            self.pages.say(NO_DATASET)
            return
        self.choice.offer({})
        self.answers.say(_NO_CHOICE)
        self.pages.fill()
        adata = session.dataset.adata
        self._reading.ask(adata, partial(annotation_values, adata))

    def _on_annotations(self, adata: object, offered: dict[str, tuple[str, ...]]) -> None:
        if self.session.dataset is None or adata is not self.session.dataset.adata or not offered:
            return
        self.choice.offer(offered)
        if self.hint.text() == _NO_CHOICE:
            self.answers.say(_NO_REGION)

    def _on_clusters(self) -> None:
        """Ask the same again where an answer is shown: its clusters are others now."""
        if self._asked is not None and self.session.state == "ready":
            self._ask(self._asked)

    def _on_layers(self, _event: object = None) -> None:
        self.choice.refresh()
        layers = [] if self._asked is None else self._asked.layers
        if any(layer not in self._viewer.layers for layer in layers):
            self._end(_NO_CHOICE if self.choice.region is None else _NO_REGION)

    def _on_renamed(self, layer: Layer) -> None:
        # The answer to a question that is still worked on will have the new name.
        asked = self._asked
        if asked is not None and asked is self._answered and layer in asked.layers:
            self._say_which()

    def _on_draw(self) -> None:
        if self.session.images is not None:
            layer = layers_of(self._viewer).region.draw(self.session.images.grid)
            self.choice.choose_layer(layer)
            self._end(_DRAW)

    def _on_cluster(self, column: str) -> None:
        self.session.cluster = int(column)
        # It may be singled out already, with a gene of it in the pattern's place.
        layers_of(self._viewer).show_consensus(int(column))

    def _on_chosen(self, gene: int) -> None:
        self.session.gene = gene

    def _on_export(self) -> None:
        if self.answer is None:
            return
        found, clusters = self.answer.found, cluster_column(self.session)
        what = f"{self.answer.place.name}_genes"
        ask_export_genes(self, self.session, what, partial(self._table, found, clusters))

    def _table(self, found: RegionMarkers, clusters: NDArray[np.str_]) -> pd.DataFrame:
        """Return all that was compared, the best first."""
        effect = found.enrichment
        genes = found.genes[effect.order]
        table = names_table(self.session, genes)
        return table.assign(
            **{
                "Cluster": clusters[genes],
                "log2 fold change": effect.log2_fold_change[effect.order],
                "AUROC": effect.auroc[effect.order],
                "FDR": effect.fdr[effect.order],
            }
        )

    def _on_show_only(self) -> None:
        self.session.select(self._enriched, only=True)
