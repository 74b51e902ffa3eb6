"""A small table of texts and numbers that is sorted by a click on a head."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QImage, QPixmap
from qtpy.QtWidgets import QAbstractItemView, QTableView, QTableWidget, QTableWidgetItem

#: A text, a number with its text, or a picture with its text.
Cell = str | tuple[float, str] | tuple[QImage, str]
_NUMBER = Qt.ItemDataRole.UserRole
_ROW = Qt.ItemDataRole.UserRole + 1


def make_plain(table: QTableView) -> None:
    """Let a table in a dock be chosen from by rows, without grid, frame and numbers of rows."""
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.setShowGrid(False)
    table.setTabKeyNavigation(False)
    table.setStyleSheet("QTableView { background: transparent; border: none; }")
    side = table.verticalHeader()
    assert side is not None
    side.hide()


class _Item(QTableWidgetItem):
    """A cell that is sorted by its number where it has one; one that is not known comes first."""

    def __lt__(self, other: QTableWidgetItem) -> bool:
        mine, theirs = self.data(_NUMBER), other.data(_NUMBER)
        if mine is None or theirs is None:
            return self.text().casefold() < other.text().casefold()
        return bool(mine < theirs)


class SortableTable(QTableWidget):
    """Rows in the order given until a head is clicked.

    Parameters
    ----------
    heads
        Titles and tooltips of the columns.
    """

    #: A row was clicked, or Return pressed on it: its place in the order given.
    chosen = Signal(int)

    def __init__(self, heads: dict[str, str]) -> None:
        super().__init__(0, len(heads))
        for i, (title, tip) in enumerate(heads.items()):
            item = QTableWidgetItem(title)
            item.setToolTip(f"{tip}\nClick to sort")
            self.setHorizontalHeaderItem(i, item)
        make_plain(self)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.cellClicked.connect(self._choose)
        self.cellActivated.connect(self._choose)

    def show_rows(self, rows: Sequence[Sequence[Cell]], height: int = 0) -> None:
        """Show other rows; a height, in pixels, makes room for pictures."""
        self.setSortingEnabled(False)
        self.setRowCount(len(rows))
        for i, row in enumerate(rows):
            for j, cell in enumerate(row):
                item = _item(cell)
                item.setData(_ROW, i)
                self.setItem(i, j, item)
            if height:
                self.setRowHeight(i, height)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)
        self.resizeColumnsToContents()

    def texts(self) -> list[list[str]]:
        """Return the texts of the cells, from the top as shown."""
        return [
            [self.item(i, j).text() for j in range(self.columnCount())]  # type: ignore[union-attr]
            for i in range(self.rowCount())
        ]

    def _choose(self, row: int, _column: int) -> None:
        item = self.item(row, 0)
        if item is not None:
            self.chosen.emit(int(item.data(_ROW)))


def _item(cell: Cell) -> _Item:
    if isinstance(cell, str):
        return _Item(cell)
    value, text = cell
    item = _Item(text)
    if isinstance(value, QImage):
        item.setData(Qt.ItemDataRole.DecorationRole, QPixmap.fromImage(value))
    else:
        item.setData(_NUMBER, value if value == value else float("-inf"))
        item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return item
