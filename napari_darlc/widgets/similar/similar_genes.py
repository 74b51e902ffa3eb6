"""Genes similar to the current one, by embedding, with correlations of views."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QPixmap
from qtpy.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)
from superqt.utils import QFlowLayout

from darlc.explore.similar import SimilarGenes
from napari_darlc.genes.molecules import no_answer
from napari_darlc.processes.background import Background
from napari_darlc.saving.exporting import ask_export_genes, names_table
from napari_darlc.saving.figures import Drawing, genes_drawing
from napari_darlc.session.session import Model, Session
from napari_darlc.widgets.common.figure_button import FigureButton
from napari_darlc.widgets.common.filled_or_empty import FilledOrEmpty
from napari_darlc.widgets.common.following import follow
from napari_darlc.widgets.common.limited_calls import throttled
from napari_darlc.widgets.common.shown_session import shown_session
from napari_darlc.widgets.common.style import NO_DATASET, note
from napari_darlc.widgets.common.thumbnails import ThumbnailPainter, painter_of
from napari_darlc.widgets.gene_lists.ranked_genes import (
    PICTURE,
    Measure,
    RankedGenes,
    rate,
)
from napari_darlc.widgets.gene_lists.ranked_rows import ranked_rows
from napari_darlc.widgets.similar.similar_queries import (
    SharedTests,
    SimilarAnswer,
    similar_answer,
)

if TYPE_CHECKING:
    import napari
    import pandas as pd

_REFRESH_MS = 100
_MOST, _USUAL = 200, 20
#: Genes of a figure.
_DRAWN = 12
_NO_VIEWS = (
    "Genes like the current one appear here once DARLC has denoised them.\n"
    "Press Train in the training dock."
)
_MEASURES = (
    Measure(
        "Embed.",
        "Cosine of the embeddings: 1 is the same pattern, by what the model learned",
        share=lambda cosine: cosine,
    ),
    Measure(
        "Denoised",
        "Correlation of the denoised views over the tissue",
        share=lambda correlation: correlation,
    ),
    Measure(
        "Pixels",
        "Correlation of the raw views over the tissue: noise makes it small",
        share=lambda correlation: correlation,
    ),
    Measure("FDR", "False discovery rate over all genes with an answer", form=rate),
    Measure(
        "p",
        "Chance that a gene with a pattern of its own, as smooth as this one, follows it as much,\n"
        "by raw values alone",
        form=rate,
    ),
)


#: Measures that come later.
_TESTED = (3, 4)


class SimilarGenesPanel(QWidget):
    """A ranked list of the genes that are like the current one, which it follows.

    Parameters
    ----------
    napari_viewer
        The viewer that the dock belongs to.
    session
        What is shown; the viewer's own by default.
    """

    def __init__(self, napari_viewer: napari.Viewer, session: Session | None = None) -> None:
        super().__init__()
        self.session = session = shown_session(napari_viewer, session)
        self._gene = -1
        self._painter: ThumbnailPainter | None = None
        self._asking = Background(self)
        self._asking.answered.connect(self._on_answer)
        #: What is listed, and what says how surely: it takes longer than the list.
        self._found: SimilarGenes | None = None
        self._tests = SharedTests()
        self._testing = Background(self)
        self._testing.answered.connect(self._on_tested)
        self._refresh = throttled(self, self._ask, _REFRESH_MS)
        self._build()
        follow(
            self,
            (session.dataset_changed, self._on_dataset),
            (session.denoised_changed, self._on_change),
            (session.clusters_changed, self._on_change),
            (session.result_changed, self._on_change),
            (session.gene_changed, self._on_gene),
        )
        self._ask()

    def _build(self) -> None:
        self.picture = QLabel()
        self.picture.setFixedSize(PICTURE + 16, PICTURE + 16)
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.title = QLabel()
        self.title.setTextFormat(Qt.TextFormat.RichText)
        self.ranking = note()
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch(1)
        words.addWidget(self.title)
        words.addWidget(self.ranking)
        words.addStretch(1)
        head = QHBoxLayout()
        head.addWidget(self.picture)
        head.addLayout(words, 1)

        self.following = QCheckBox("Follow the current gene")
        self.following.setChecked(True)
        self.following.setToolTip(
            "List the genes like the one on the canvas;\n"
            "without it the list stays while you look at its genes"
        )
        self.following.toggled.connect(self._on_following)
        self.many = QSpinBox()
        self.many.setRange(1, _MOST)
        self.many.setValue(_USUAL)
        self.many.setSuffix(" genes")
        self.many.setToolTip("How many genes are listed")
        self.many.valueChanged.connect(self._on_change)
        # In a narrow dock they take two rows.
        choices = QFlowLayout()
        choices.setContentsMargins(0, 0, 0, 0)
        choices.setHorizontalSpacing(8)
        choices.addWidget(self.following)
        choices.addWidget(self.many)

        self.table = RankedGenes(_MEASURES, self)
        self.table.gene_chosen.connect(self._on_chosen)
        self.show_only = QPushButton("Show only these")
        self.show_only.setToolTip("Show this gene and those listed in gallery and table, no others")
        self.show_only.clicked.connect(self._on_show_only)

        self.export = QPushButton("Export CSV …")
        self.export.setToolTip("Write the listed genes to a table, in their order")
        self.export.clicked.connect(self._on_export)
        below = QHBoxLayout()
        self.figure = FigureButton(
            self.session, f"Draw the gene with the first {_DRAWN - 1} of the list", self._drawing
        )
        below.addWidget(self.show_only, 1)
        below.addWidget(self.figure)
        below.addWidget(self.export)

        filled = QWidget()
        layout = QVBoxLayout(filled)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(head)
        layout.addLayout(choices)
        layout.addWidget(self.table, 1)
        layout.addLayout(below)
        self.pages = FilledOrEmpty(self, filled)
        self.empty = self.pages.empty

    def sizeHint(self) -> QSize:
        """Return a size that shows some genes."""
        return QSize(400, 600)

    def _on_dataset(self) -> None:
        self._gene = self.session.gene
        self._painter = self._found = None
        self._tests = SharedTests()
        self.table.show_genes([])
        self.picture.clear()
        self.title.clear()
        self.ranking.clear()
        self._ask()

    def _on_change(self, _changed: object = None) -> None:
        self._refresh.throttle()

    def _on_gene(self, gene: int) -> None:
        if self.following.isChecked():
            self._refresh.throttle()
        else:
            self.table.mark(gene)

    def _on_following(self, following: bool) -> None:
        if following:
            self._refresh.throttle()

    def _ask(self) -> None:
        session = self.session
        images, model = session.images, session.model
        if images is None or model is None or model.denoised is None:
            self.pages.say(NO_DATASET if images is None else _NO_VIEWS)
            return
        if self.following.isChecked() or self._gene < 0:
            self._gene = session.gene
        ratio = self.devicePixelRatioF()
        self._painter = painter_of(self._painter, images.grid, round(PICTURE * ratio))
        question = partial(
            similar_answer, images, model, self._gene, self.many.value(), self._painter, ratio
        )
        self._asking.ask((images, model, self._gene), question)

    def _on_answer(self, key: tuple[object, ...], answer: SimilarAnswer | str) -> None:
        images, model, gene = key
        session = self.session
        if images is not session.images or model is not session.model or gene != self._gene:
            return  # another question is on its way
        assert isinstance(model, Model) and images is not None
        if isinstance(answer, str):
            self.pages.say(answer)
            return
        found = answer.found
        unknown = np.full(len(found.genes), np.nan)
        numbers = (found.embedding, found.denoised, found.pixels, unknown, unknown)
        rows = ranked_rows(session, found.genes, numbers, answer.pictures)
        self.table.setColumnHidden(2, found.by != "embedding")
        self.table.show_genes(rows)
        self.table.mark(session.gene)
        self._describe(found, model)
        self.picture.setPixmap(QPixmap.fromImage(answer.picture))
        self.pages.fill()
        self._found = found
        self.figure.refresh()
        self._testing.ask(found, partial(self._tests.of, images, model.genes, found))

    def _on_tested(self, found: SimilarGenes, tests: tuple[NDArray[np.float64], ...]) -> None:
        if found is self._found:
            for measure, numbers in zip(_TESTED, tests, strict=True):
                self.table.fill(measure, numbers.tolist())

    def _describe(self, found: SimilarGenes, model: Model) -> None:
        label = str(self.session.gene_labels[found.gene])
        self.title.setText(f"Genes like <b>{escape(label)}</b>")
        if found.gene not in model.row_of:
            why = no_answer(self.session, found.gene)
            said = f"{why[:1].upper()}{why[1:]}: its smoothed raw view is compared with"
            self.ranking.setText(f"{said} denoised views.")
        elif found.by == "denoised":
            self.ranking.setText("Ranked by denoised views, until training has ended.")
        else:
            cluster = model.cluster[model.row_of[found.gene]]
            of = f"Cluster {model.names[cluster]}, ranked" if cluster >= 0 else "Ranked"
            self.ranking.setText(f"{of} by embedding.")

    def _on_chosen(self, gene: int) -> None:
        self.session.gene = gene

    def _drawing(self) -> Drawing | None:
        images = self.session.images
        if images is None or not self.table.genes:
            return None
        shown = [self._gene, *self.table.genes][:_DRAWN]
        label = f"like_{self.session.gene_labels[self._gene]}"
        return genes_drawing(images.gene_names[shown].tolist(), label)

    def _on_export(self) -> None:
        genes, numbers = np.array(self.table.genes, dtype=np.int64), self.table.table()
        what = f"like_{self.session.gene_labels[self._gene]}"
        ask_export_genes(self, self.session, what, partial(self._table, genes, numbers))

    def _table(self, genes: NDArray[np.int64], numbers: pd.DataFrame) -> pd.DataFrame:
        import pandas as pd

        return pd.concat([names_table(self.session, genes), numbers], axis=1)

    def _on_show_only(self) -> None:
        self.session.select([self._gene, *self.table.genes], only=True)
