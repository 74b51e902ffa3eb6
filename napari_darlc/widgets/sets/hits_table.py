"""A sortable table of enriched sets; choosing a row is a wish for the genes behind it."""

from __future__ import annotations

from qtpy.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from qtpy.QtGui import QKeyEvent, QResizeEvent
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from darlc.wording import counted
from napari_darlc.widgets.gene_lists.copying import asks_to_copy, copy_text
from napari_darlc.widgets.gene_lists.ranked_genes import rate
from napari_darlc.widgets.gene_lists.sortable_table import make_plain
from napari_darlc.widgets.sets.hits import Hits

_SortRole = Qt.ItemDataRole.UserRole + 1
_TestRole = Qt.ItemDataRole.UserRole + 2
#: Most genes of a tooltip.
_MOST_NAMED = 30
_HEADS = {
    "Group": "Cluster or gene set that was tested",
    "Set": "Set of a collection",
    "FDR": "False discovery rate by Benjamini and Hochberg, over all tests together",
    "Genes": "Genes of both, of those of the set among the genes that were tested",
    "Fold": "Genes of both over the number that is expected by chance",
    "p": "Chance of as many genes or more, by the hypergeometric distribution",
    "Collection": "File that holds the set",
}
_NUMBERS = ("Genes", "Fold", "FDR", "p")
_GROUP, _SET = 0, 1
#: Least width of the names of sets; in a narrow dock the table scrolls sideways.
_LEAST_SET = 110


class _Rows(QAbstractTableModel):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.hits: Hits | None = None

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex | None = None) -> int:
        inside = parent is not None and parent.isValid()
        return 0 if inside or self.hits is None else len(self.hits.tests)

    def columnCount(self, parent: QModelIndex | QPersistentModelIndex | None = None) -> int:
        return len(_HEADS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return list(_HEADS)[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{list(_HEADS.values())[section]}\nClick to sort"
        return None

    def data(
        self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if self.hits is None or not index.isValid():
            return None
        test, head = index.row(), list(_HEADS)[index.column()]
        if role == _TestRole:
            return test
        if role == Qt.ItemDataRole.ToolTipRole:
            return _about(self.hits, test)
        if role == Qt.ItemDataRole.TextAlignmentRole and head in _NUMBERS:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role in (Qt.ItemDataRole.DisplayRole, _SortRole):
            shown, value = _cell(self.hits, test, head)
            return shown if role == Qt.ItemDataRole.DisplayRole else value
        return None

    def show(self, hits: Hits | None) -> None:
        self.beginResetModel()
        self.hits = hits
        self.endResetModel()


def _cell(hits: Hits, test: int, head: str) -> tuple[str, object]:
    """Return the text of a cell, and what it is sorted by."""
    found = hits.found
    k, s = hits.tests[test]
    if head == "Group":
        # Clusters mostly have numbers for names.
        name = found.groups[k]
        return name, name.rjust(12) if name.isdigit() else name
    if head == "Set":
        return hits.short_names[s], hits.short_names[s]
    if head == "Collection":
        return hits.collections[s], hits.collections[s]
    if head == "Genes":
        return f"{found.overlap[k, s]} of {found.set_sizes[s]}", int(found.overlap[k, s])
    value = float({"Fold": found.fold, "p": found.p, "FDR": found.fdr}[head][k, s])
    if head == "Fold":
        return f"{value:.1f}", value
    return rate(value), value


def _about(hits: Hits, test: int) -> str:
    genes = hits.genes(test)
    more = f" and {len(genes) - _MOST_NAMED} more" if len(genes) > _MOST_NAMED else ""
    name = hits.found.sets[int(hits.tests[test][1])].name
    return f"{name}\nSelect {counted(len(genes), 'gene')}: {', '.join(genes[:_MOST_NAMED])}{more}"


class HitsTable(QTableView):
    """The tests of an answer, the most significant first until a head is clicked.

    Parameters
    ----------
    parent
        The dock.
    """

    #: The genes behind a test are wanted: its place among those of the answer.
    chosen = Signal(int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._rows = _Rows(self)
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self._rows)
        self._sorted.setSortRole(_SortRole)
        self._sorted.setSortCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setModel(self._sorted)
        make_plain(self)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setWordWrap(False)
        head = self.horizontalHeader()
        assert head is not None
        head.setHighlightSections(False)
        head.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.setSortingEnabled(True)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.clicked.connect(self._choose)

    def show_hits(self, hits: Hits | None) -> None:
        """Show another answer; None shows nothing."""
        self._rows.show(hits)
        self.setColumnHidden(_GROUP, hits is not None and len(hits.found.groups) == 1)
        self.resizeColumnsToContents()
        self._share_width()
        self.scrollToTop()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Give the names of sets the room that the numbers leave."""
        super().resizeEvent(event)
        self._share_width()

    def _share_width(self) -> None:
        collection = list(_HEADS).index("Collection")
        taken = sum(
            self.columnWidth(column)
            for column in range(collection)
            if column != _SET and not self.isColumnHidden(column)
        )
        self.setColumnWidth(_SET, max(self.viewport().width() - taken, _LEAST_SET))

    @property
    def n_rows(self) -> int:
        """How many tests are listed."""
        return self._sorted.rowCount()

    def text(self, row: int, head: str) -> str:
        """Return the text of a cell; rows count from the top as shown."""
        return str(self._sorted.index(row, list(_HEADS).index(head)).data())

    def tests(self) -> list[int]:
        """Return the places of the listed tests in the answer, from the top as shown."""
        return [int(self._sorted.index(row, 0).data(_TestRole)) for row in range(self.n_rows)]

    def mark(self, test: int) -> None:
        """Select the row of a test."""
        self.setCurrentIndex(self._sorted.mapFromSource(self._rows.index(test, _SET)))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Handle Return like a click; copy the chosen rows with the system's key."""
        index = self.currentIndex()
        if asks_to_copy(event) and self._rows.hits is not None:
            rows = sorted({each.row() for each in self.selectionModel().selectedRows()})
            tests = self.tests()
            table = self._rows.hits.table().iloc[[tests[row] for row in rows]]
            copy_text(table.to_csv(sep="\t", index=False))
        elif event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(index)
        else:
            super().keyPressEvent(event)

    def _choose(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(int(index.data(_TestRole)))
