"""A pattern as the question: which genes follow what was painted, or what some genes share."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING

import numpy as np
from napari.layers import Labels
from numpy.typing import NDArray
from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QPixmap
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

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
from napari_darlc.widgets.region.pattern_choice import OfGenes, OfLayer, PatternChoice
from napari_darlc.widgets.region.pattern_queries import Painted, PatternAnswer, PatternQueries
from napari_darlc.widgets.region.shapes import sampled

if TYPE_CHECKING:
    import napari
    import pandas as pd

_HINT = (
    "Which genes follow a pattern?\n"
    "Press Paint a pattern and paint on the canvas where a gene shall be high; "
    "or choose an image, genes, or a gene set."
)
_PAINT = "Paint on the tissue where a gene shall be high, then press Find its genes."
_WORKING = "Comparing all genes with the pattern …"
_MEASURES = (
    Measure(
        "Fit",
        "Share of what place can explain of the gene's counts that the pattern explains: its\n"
        "log-likelihood with a rate that follows the pattern, over that with its own smoothed rate",
        share=lambda fit: fit,
    ),
    Measure(
        "Corr.",
        "Correlation of the raw view with the pattern: noise makes it small",
        share=lambda correlation: correlation,
    ),
    Measure("FDR", "False discovery rate against genes as smooth as this one", form=rate),
)


class PatternGenesPanel(QWidget):
    """A ranked list of the genes that follow a pattern.

    Parameters
    ----------
    napari_viewer
        The viewer that the dock belongs to, in which patterns are painted.
    session
        What is shown; the viewer's own by default.
    """

    def __init__(self, napari_viewer: napari.Viewer, session: Session | None = None) -> None:
        super().__init__()
        self.session = session = shown_session(napari_viewer, session)
        self._viewer = napari_viewer
        self._asker: PatternQueries | None = None
        self._painter: ThumbnailPainter | None = None
        #: What was asked last, what it is called, and the answer that is shown.
        self._asked: Painted | OfGenes | None = None
        self._name = ""
        self.answer: PatternAnswer | None = None
        self._asking = Background(self)
        self._asking.answered.connect(self._on_answer)
        self._build()
        follow(
            self,
            (session.dataset_changed, self._on_dataset),
            (session.gene_changed, self.table.mark),
        )
        follow_layers(self, napari_viewer.layers, self._on_layers)
        self._on_dataset()

    def _build(self) -> None:
        self.choice = PatternChoice(self._viewer, self.session)
        self.choice.chosen.connect(self.ask)
        self.choice.paint_wanted.connect(self._on_paint)
        self.picture = QLabel()
        self.picture.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.picture.setToolTip("The pattern that genes are compared with")
        self.summary = note()
        head = QHBoxLayout()
        head.addWidget(self.picture)
        head.addWidget(self.summary, 1)
        self.table = RankedGenes(_MEASURES, self)
        self.table.gene_chosen.connect(self._on_chosen)
        self.show_only = QPushButton("Show only these genes")
        self.show_only.setToolTip(
            "Show the genes that follow the pattern (FDR ≤ .05) in gallery and table, no others"
        )
        self.show_only.clicked.connect(self._on_show_only)
        self.export = QPushButton("Export CSV …")
        self.export.setToolTip("Write all genes that were compared, the best first, to a table")
        self.export.clicked.connect(self._on_export)
        below = QHBoxLayout()
        below.addWidget(self.show_only, 1)
        below.addWidget(self.export)
        answered = QWidget()
        layout = QVBoxLayout(answered)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(head)
        layout.addWidget(self.table, 1)
        layout.addLayout(below)
        self.answers = HintOrAnswer(_HINT, answered)
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
        """Compare genes with the chosen pattern, off the GUI thread."""
        session, pattern = self.session, self.choice.pattern
        images, model = session.images, session.model
        if images is None or pattern is None:
            return
        if isinstance(pattern, OfLayer):
            layer = pattern.layer
            asked: Painted | OfGenes = Painted(
                sampled(layer, images.grid), isinstance(layer, Labels)
            )
            self._name = str(layer.name)
        else:
            asked, self._name = pattern, pattern.name
        if self._asker is None or not self._asker.fits(images, model):
            self._asker = PatternQueries(images, model)
        self._painter = painter_of(
            self._painter, images.grid, round(PICTURE * self.devicePixelRatioF())
        )
        self.answers.wait(_WORKING)
        self.summary.setText(_WORKING)
        self._asked = asked
        self._asking.ask(
            asked, partial(self._asker.answer, asked, self._painter, self.devicePixelRatioF())
        )

    def _on_answer(self, asked: object, answer: PatternAnswer | str) -> None:
        if asked is not self._asked:
            return  # something else was asked since
        if isinstance(answer, str):
            self.answers.say(_HINT)
            show_error(answer)
            return
        self.answer, found, best = answer, answer.found, answer.rows
        numbers = (found.fit, found.correlation, found.tests.fdr)
        rows = ranked_rows(
            self.session, found.genes[best], [each[best] for each in numbers], answer.pictures
        )
        followed = int(found.followed().sum())
        self.summary.setText(
            f"<b>{followed:,} of {len(found.genes):,}</b> genes follow "
            f"<b>{escape(self._name)}</b> (FDR ≤ {SURE:g})."
        )
        self.picture.setVisible(answer.picture is not None)
        if answer.picture is not None:
            self.picture.setPixmap(QPixmap.fromImage(answer.picture))
        self.show_only.setEnabled(followed > 0)
        self.table.show_genes(rows)
        self.table.mark(self.session.gene)
        self.answers.show_answer()

    def _on_layers(self, _event: object = None) -> None:
        self.choice.refresh()

    def _on_dataset(self) -> None:
        self._asker = self._painter = self._asked = self.answer = None
        self.table.show_genes([])
        self.answers.say(_HINT)
        if self.session.images is None:
            self.pages.say(NO_DATASET)
        else:
            self.pages.fill()

    def _on_paint(self) -> None:
        if self.session.images is not None:
            layer = layers_of(self._viewer).region.paint(self.session.images.grid)
            self.choice.choose_layer(layer)
            self.answers.say(_PAINT)

    def _on_chosen(self, gene: int) -> None:
        self.session.gene = gene

    def _on_show_only(self) -> None:
        if self.answer is not None:
            found = self.answer.found
            self.session.select(found.genes[found.followed()], only=True)

    def _on_export(self) -> None:
        if self.answer is not None:
            clusters = cluster_column(self.session)
            make = partial(self._table, self.answer, clusters)
            ask_export_genes(self, self.session, f"{self._name}_genes", make)

    def _table(self, answer: PatternAnswer, clusters: NDArray[np.str_]) -> pd.DataFrame:
        """Return all that was compared, the best first."""
        found = answer.found
        order = found.order
        genes = found.genes[order]
        return names_table(self.session, genes).assign(
            **{
                "Cluster": clusters[genes],
                "Fit": found.fit[order],
                "Gain": found.gain[order],
                "Strength": found.strength[order],
                "Correlation": found.correlation[order],
                "p": found.tests.p[order],
                "FDR": found.tests.fdr[order],
            }
        )
