"""Another result beside that of the window: matched clusters, and genes that moved."""

from __future__ import annotations

from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QSplitter, QVBoxLayout, QWidget

from darlc.wording import counted
from napari_darlc.notifications import show_error
from napari_darlc.processes.background import Background
from napari_darlc.saving.exporting import ask_export_genes, names_table
from napari_darlc.session.session import Session
from napari_darlc.widgets.common.filled_or_empty import FilledOrEmpty
from napari_darlc.widgets.common.following import follow
from napari_darlc.widgets.common.shown_session import shown_session
from napari_darlc.widgets.common.style import NO_DATASET, note
from napari_darlc.widgets.gene_lists.sortable_table import Cell, SortableTable
from napari_darlc.widgets.two_results.matching import PICTURE, Matched, match

if TYPE_CHECKING:
    import napari
    import pandas as pd

    from darlc.results.result import Result

_NO_CLUSTERS = "Another result can be compared once there is one here: train first."
_HINT = (
    "Open another result of these genes, of another seed, preset or section: clusters are matched "
    "so that as many genes as possible stay together."
)
_KINDS = "Results (*.h5ad);;Zarr (.zattrs zarr.json)"
_WORKING = "Reading and comparing …"
_PAIRS = {
    "Here": "Cluster of this result, and its pattern",
    "There": "Its match in the other result, and its pattern",
    "Both": "Genes in both clusters",
    "Genes": "Genes of the cluster here, among those of both results",
    "Jaccard": "Genes in both clusters over genes in either",
    "Patterns": "Correlation of the two patterns, for results of the same tissue",
}
_MOVED = {
    "Gene": "A gene whose clusters do not match; a click shows it",
    "Here": "Its cluster in this result",
    "There": "Its cluster in the other result",
    "Sure here": "Confidence in this result",
    "Sure there": "Confidence in the other result",
}


class TwoResultsPanel(QWidget):
    """Clusters of two results side by side, and the genes that moved between them.

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
        self.answer: Matched | None = None
        self._asked: object = None
        self._asking = Background(self)
        self._asking.answered.connect(self._on_answer)
        self._build()
        follow(
            self,
            (session.dataset_changed, self._on_dataset),
            (session.result_changed, self._on_result),
            (session.clusters_changed, self._on_clusters),
        )
        self._on_result()

    def _build(self) -> None:
        self.open_other = QPushButton("Open another result …")
        self.open_other.setToolTip("Choose a file that darlc fit or this window has written")
        self.open_other.clicked.connect(self._on_open)
        self.summary = note(_HINT)
        self.pairs = SortableTable(_PAIRS)
        self.pairs.chosen.connect(self._on_pair)
        self.moved = SortableTable(_MOVED)
        self.moved.chosen.connect(self._on_moved)
        tables = QSplitter(Qt.Orientation.Vertical)
        tables.addWidget(self.pairs)
        tables.addWidget(self.moved)
        tables.setChildrenCollapsible(False)
        self.show_only = QPushButton("Show only those that moved")
        self.show_only.setToolTip("Show the genes that moved in gallery and table, no others")
        self.show_only.clicked.connect(self._on_show_only)
        self.export = QPushButton("Export CSV …")
        self.export.setToolTip("Write the genes that moved, the surest first")
        self.export.clicked.connect(self._on_export)
        below = QHBoxLayout()
        below.addWidget(self.show_only, 1)
        below.addWidget(self.export)
        filled = QWidget()
        layout = QVBoxLayout(filled)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.open_other)
        layout.addWidget(self.summary)
        layout.addWidget(tables, 1)
        layout.addLayout(below)
        self.pages = FilledOrEmpty(self, filled)
        self.empty = self.pages.empty

    def sizeHint(self) -> QSize:
        """Return a size that shows some clusters and genes."""
        return QSize(400, 600)

    def compare_with(self, path: Path, other: Result | None = None) -> None:
        """Compare with the result in a file, or with one that was read from it, off this thread."""
        result = self.session.result
        if result is None:
            return
        self.summary.setText(_WORKING)
        self._asked = key = (result, path)
        source = path if other is None else other
        self._asking.ask(key, partial(match, result, source, path, self.devicePixelRatioF()))

    def _on_open(self) -> None:
        path = QFileDialog.getOpenFileName(self, "Open another result", "", _KINDS)[0]
        if path:
            chosen = Path(path)
            self.compare_with(chosen if chosen.suffix == ".h5ad" else chosen.parent)

    def _on_answer(self, key: object, answer: Matched | str) -> None:
        if key is not self._asked:
            return  # something else was asked since
        if isinstance(answer, str):
            self._clear()
            show_error(answer)
            return
        self.answer, found = answer, answer.found
        one, two = answer.first.shown_clusters, answer.second.shown_clusters
        sizes = found.overlap.sum(axis=1)
        pairs: list[list[Cell]] = []
        for i, (k, j) in enumerate(found.pairs.tolist()):
            likeness = float(found.likeness[i])
            pairs.append(
                [
                    (answer.pictures[i][0], one.names[k]),
                    (answer.pictures[i][1], two.names[j]),
                    (float(found.overlap[k, j]), f"{found.overlap[k, j]}"),
                    (float(sizes[k]), f"{sizes[k]}"),
                    (float(found.jaccard[i]), f"{found.jaccard[i]:.2f}"),
                    (likeness, f"{likeness:.2f}" if likeness == likeness else "–"),
                ]
            )
        self.pairs.show_rows(pairs, PICTURE + 6)
        moved: list[list[Cell]] = []
        for gene, (row, other) in zip(self._genes(answer), found.rows[found.moved], strict=True):
            here, there = float(one.confidence[row]), float(two.confidence[other])
            moved.append(
                [
                    str(self.session.gene_labels[gene]),
                    one.names[one.cluster[row]],
                    two.names[two.cluster[other]],
                    (here, f"{here:.2f}"),
                    (there, f"{there:.2f}"),
                ]
            )
        self.moved.show_rows(moved)
        only = answer.first.n_genes - len(found.rows), answer.second.n_genes - len(found.rows)
        self.summary.setText(
            f"<b>{escape(answer.path.name)}</b>: {counted(len(found.rows), 'gene')} in both "
            f"({only[0]:,} only here, {only[1]:,} only there), adjusted Rand index "
            f"{found.adjusted_rand:.3f}; <b>{counted(len(moved), 'gene')} moved</b> to a cluster "
            "that is not the match of theirs."
        )
        self._enable()

    def _genes(self, answer: Matched) -> list[int]:
        """Return the genes that moved, by their positions among all genes."""
        model = self.session.model
        assert model is not None
        genes: list[int] = model.genes[answer.found.rows[answer.found.moved, 0]].tolist()
        return genes

    def _clear(self) -> None:
        self._asked = self.answer = None
        self.pairs.show_rows([])
        self.moved.show_rows([])
        self.summary.setText(_HINT)
        self._enable()

    def _enable(self) -> None:
        moved = self.answer is not None and len(self.answer.found.moved) > 0
        self.show_only.setEnabled(moved)
        self.export.setEnabled(moved)

    def _on_dataset(self) -> None:
        self._clear()
        self._on_result()

    def _on_result(self) -> None:
        session = self.session
        if session.images is None:
            self.pages.say(NO_DATASET)
        elif session.result is None or not session.result.n_clusters:
            self._clear()
            self.pages.say(_NO_CLUSTERS)
        else:
            self.pages.fill()
            self._enable()

    def _on_clusters(self) -> None:
        """Compare again, as clusters were edited."""
        if self.answer is not None and self.session.result is not None:
            self.compare_with(self.answer.path, self.answer.second)

    def _on_pair(self, row: int) -> None:
        if self.answer is not None:
            self.session.cluster = int(self.answer.found.pairs[row, 0])

    def _on_moved(self, row: int) -> None:
        if self.answer is not None:
            self.session.gene = self._genes(self.answer)[row]

    def _on_show_only(self) -> None:
        if self.answer is not None:
            self.session.select(self._genes(self.answer), only=True)

    def _on_export(self) -> None:
        if self.answer is not None:
            what = f"moved_from_{self.answer.path.stem}"
            ask_export_genes(self, self.session, what, partial(self._table, self.answer))

    def _table(self, answer: Matched) -> pd.DataFrame:
        """Return the genes that moved, the surest first."""
        one, two = answer.first.shown_clusters, answer.second.shown_clusters
        rows, others = answer.found.rows[answer.found.moved].T
        names = np.array(one.names), np.array(two.names)
        genes = np.array(self._genes(answer), dtype=np.int64)
        return names_table(self.session, genes).assign(
            **{
                "Here": names[0][one.cluster[rows]],
                "There": names[1][two.cluster[others]],
                "Confidence here": one.confidence[rows],
                "Confidence there": two.confidence[others],
            }
        )
