"""The gene table as a Qt model, sorted and filtered by NumPy to be fast for 20,000 rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt
from qtpy.QtGui import QColor

from darlc.errors import InputError
from napari_darlc.genes.columns import (
    MEAN,
    MORANS_I,
    SHARE,
    GeneColumn,
    model_columns,
    order_by,
)
from napari_darlc.genes.filter import ColumnFilter
from napari_darlc.genes.listing import listed
from napari_darlc.genes.search import names_of
from napari_darlc.session.session import Session
from napari_darlc.widgets.common.style import ACCENT
from napari_darlc.widgets.gene_lists.measuring import measuring_of

GENE = "Gene"
_MEASURED = (MORANS_I, MEAN, SHARE)
_Role = Qt.ItemDataRole
_MARK = QColor(ACCENT)
_MARK.setAlpha(70)


class GeneTableModel(QAbstractTableModel):
    """Columns of values, with one row for each gene.

    Parameters
    ----------
    session
        Where genes, clusters and the selection come from.
    parent
        Owner.
    """

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._names: NDArray[np.str_] = np.empty(0, dtype=np.str_)
        self._rank = np.empty(0, dtype=np.int64)
        self._measuring = measuring_of(session)
        self._gene_column = GeneColumn.of_text(GENE, np.empty(0, dtype=object))
        self.columns: tuple[GeneColumn, ...] = ()
        self._filters: dict[str, ColumnFilter] = {}
        self._typed: dict[str, str] = {}
        self._sorted_by, self._descending = GENE, False
        self._genes = np.empty(0, dtype=np.int64)
        self._row = np.empty(0, dtype=np.int64)
        self._marked = np.empty(0, dtype=bool)
        #: What is wrong with what was typed, by column.
        self.complaints: dict[str, str] = {}

    # ---------------------------------------------------------------- what Qt asks for

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """Return how many genes are listed."""
        return 0 if parent is not None and parent.isValid() else len(self._genes)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        """Return how many columns there are, hidden ones among them."""
        return 0 if parent is not None and parent.isValid() else len(self.columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole
    ) -> object:
        """Return the name of a column, or what it is."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        column = self.columns[section]
        return {_Role.DisplayRole: column.name, _Role.ToolTipRole: column.tip}.get(role)

    def data(self, index: QModelIndex, role: int = _Role.DisplayRole) -> object:
        """Return one part of what a cell shows."""
        if not index.isValid() or index.row() >= len(self._genes):
            return None
        gene, column = int(self._genes[index.row()]), self.columns[index.column()]
        if role in (_Role.DisplayRole, _Role.ToolTipRole):
            return column.text(gene)
        if role == _Role.TextAlignmentRole and column.numeric:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == _Role.DecorationRole and column.colours:
            colour = column.colours.get(str(column.values[gene]))
            return None if colour is None else QColor(colour)
        if role == _Role.BackgroundRole and self._marked[gene]:
            return _MARK
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; genes without a value come last either way."""
        if 0 <= column < len(self.columns):
            self._sorted_by = self.columns[column].name
            self._descending = order == Qt.SortOrder.DescendingOrder
            self._list()

    # ---------------------------------------------------------------- what is listed

    @property
    def genes(self) -> NDArray[np.int64]:
        """Positions of the listed genes among all genes, by row."""
        return self._genes

    @property
    def n_genes(self) -> int:
        """Number of all genes."""
        return len(self._names)

    def row_of(self, gene: int) -> int:
        """Return a gene's row; -1 where it is not listed."""
        return int(self._row[gene]) if 0 <= gene < len(self._row) else -1

    def column_of(self, name: str) -> int:
        """Return where a column stands; -1 where there is none of that name."""
        return next((i for i, column in enumerate(self.columns) if column.name == name), -1)

    def refresh(self) -> None:
        """Read genes, clusters and selection from the session again."""
        # Columns and rows together, as between the two they would be of different datasets.
        self.beginResetModel()
        names = self._session.gene_labels
        if names is not self._names:
            self._names = names
            gene = GeneColumn.of_text(GENE, names.astype(object), "What the gene is called")
            self._rank = np.argsort(np.argsort(gene.key, kind="stable"))
            self._gene_column = gene
        self._arrange_columns()
        self._list_rows()
        self.endResetModel()

    def set_filter(self, name: str, typed: str) -> None:
        """List only the genes that pass what is typed above a column."""
        self._typed[name] = typed
        self._list()

    def clear_filters(self) -> None:
        """List the genes whatever was typed."""
        self._typed.clear()
        self._list()

    def _arrange_columns(self) -> None:
        n_genes = len(self._names)
        unknown = np.full(n_genes, np.nan)
        measured = self._measuring.measured or tuple(
            GeneColumn.of_numbers(name, unknown, "Being measured …") for name in _MEASURED
        )
        by_model = model_columns(self._session.model, n_genes)
        known = (*by_model, *measured, *self._measuring.from_file)
        columns = (self._gene_column, *known) if n_genes else ()
        kept = {column: self._filters.get(column.name) for column in self.columns}
        self.columns = columns
        self._filters = {
            column.name: kept.get(column) or ColumnFilter(column) for column in columns
        }

    def _list(self) -> None:
        if self._session.gene_labels is not self._names:
            # The columns, by which genes are filtered and sorted, are of another dataset.
            self.refresh()
            return
        self.beginResetModel()
        self._list_rows()
        self.endResetModel()

    def _list_rows(self) -> None:
        session = self._session
        shown = listed(session, everything=True)
        self.complaints.clear()
        for name, typed in self._typed.items():
            if not typed.strip() or name not in self._filters:
                continue
            if name == GENE and session.images is not None:
                names = names_of(session.images, session.gene_labels, session.dataset)
                shown &= names.find(typed).genes
                continue
            try:
                shown &= self._filters[name].passing(typed)
            except InputError as error:
                self.complaints[name] = str(error)
        self._mark()
        genes = np.flatnonzero(shown)
        at = self.column_of(self._sorted_by)
        if at >= 0:
            genes = order_by(self.columns[at], genes, self._descending, self._rank)
        self._genes = genes
        self._row = np.full(len(shown), -1)
        self._row[genes] = np.arange(len(genes))

    def mark_selection(self) -> None:
        """Mark the genes that the session has selected, where others are listed as well."""
        self._mark()
        if len(self._genes) and self.columns:
            last = self.index(len(self._genes) - 1, len(self.columns) - 1)
            self.dataChanged.emit(self.index(0, 0), last, [_Role.BackgroundRole])

    def _mark(self) -> None:
        self._marked = np.zeros(len(self._names), dtype=bool)
        if not self._session.only_selected:
            selection = self._session.selection
            self._marked[selection[selection < len(self._names)]] = True
