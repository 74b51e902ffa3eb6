"""Unsure genes, with a membership below one half: best and second-best cluster and memberships."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt
from qtpy.QtGui import QColor, QKeyEvent
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from napari_darlc.session.model import Model
from napari_darlc.session.session import Session
from napari_darlc.widgets.common.following import follow
from napari_darlc.widgets.gene_lists.copying import asks_to_copy, copy_lines

_HEADS = (
    ("gene", "Lowest membership first; click to show the gene"),
    ("cluster", "The cluster of the gene's highest membership"),
    ("share", "The gene's membership of this cluster"),
    ("second", "The cluster of the gene's second-highest membership"),
    ("share", "The gene's membership of the second-best cluster"),
)


class _UnsureModel(QAbstractTableModel):
    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._model: Model | None = None
        self._labels = session.gene_labels
        self.rows: NDArray[np.int64] = np.empty(0, dtype=np.int64)

    def refresh(self) -> None:
        self.beginResetModel()
        self._model = model = self._session.model
        self._labels = self._session.gene_labels
        self.rows = np.empty(0, dtype=np.int64)
        if model is not None and model.clusters is not None:
            unsure = np.flatnonzero(model.clusters.unsure)
            self.rows = unsure[np.argsort(model.confidence[unsure], kind="stable")]
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(_HEADS)

    def gene(self, row: int) -> int:
        assert self._model is not None
        return int(self._model.genes[self.rows[row]])

    def row_of(self, gene: int) -> int:
        """Return the row of a gene; -1 where it is not unsure."""
        row = -1 if self._model is None else self._model.row_of.get(gene, -1)
        found = np.flatnonzero(self.rows == row)
        return int(found[0]) if len(found) else -1

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        model = self._model
        if not index.isValid() or model is None or model.clusters is None:
            return None
        if index.column() == 0:
            label = str(self._labels[self.gene(index.row())])
            return label if role == Qt.ItemDataRole.DisplayRole else None
        row = self.rows[index.row()]
        column = (model.cluster if index.column() < 3 else model.second)[row]
        if column < 0:
            return None
        if index.column() % 2:
            if role == Qt.ItemDataRole.DisplayRole:
                return model.names[column]
            if role == Qt.ItemDataRole.DecorationRole:
                return QColor(model.colours[column])
        elif role == Qt.ItemDataRole.DisplayRole:
            return f"{model.clusters.membership[row, column]:.2f}"
        return None

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        if orientation != Qt.Orientation.Horizontal:
            return None
        text, tip = _HEADS[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return text
        return tip if role == Qt.ItemDataRole.ToolTipRole else None


class UnsureGenes(QTableView):
    """A table of genes with a membership below one half; the gene of the current row is shown.

    Parameters
    ----------
    session
        Session of the genes.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._genes = _UnsureModel(session, self)
        self.setModel(self._genes)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setShowGrid(False)
        for head in (self.horizontalHeader(), self.verticalHeader()):
            assert head is not None
            head.setVisible(head is self.horizontalHeader())
            head.setMinimumSectionSize(20)
        heads = self.horizontalHeader()
        assert heads is not None
        heads.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        for narrow in (2, 4):
            heads.setSectionResizeMode(narrow, QHeaderView.ResizeMode.ResizeToContents)
        chosen = self.selectionModel()
        assert chosen is not None
        chosen.currentRowChanged.connect(self._on_row)
        follow(
            self,
            (session.dataset_changed, self._refresh),
            (session.clusters_changed, self._refresh),
        )
        self._refresh()

    def _refresh(self) -> None:
        place, current = self.verticalScrollBar().value(), self.currentIndex()
        walking = current.isValid() and self._genes.gene(current.row()) == self._session.gene
        self._genes.refresh()
        row = self._genes.row_of(self._session.gene) if walking else -1
        if row >= 0:
            self.setCurrentIndex(self._genes.index(row, 0))
        self.verticalScrollBar().setValue(place)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Copy the names of the chosen genes with the system's key."""
        if asks_to_copy(event):
            rows = sorted(index.row() for index in self.selectionModel().selectedRows())
            labels = self._session.gene_labels
            copy_lines(str(labels[self._genes.gene(row)]) for row in rows)
        else:
            super().keyPressEvent(event)

    def _on_row(self, current: QModelIndex, before: QModelIndex) -> None:
        if current.isValid():
            self._session.gene = self._genes.gene(current.row())
