"""A table of genes in an order of their own, with their pictures and a few numbers each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from qtpy.QtGui import (
    QColor,
    QContextMenuEvent,
    QImage,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QResizeEvent,
)
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from napari_darlc.widgets.common.style import ACCENT, text_colour
from napari_darlc.widgets.gene_lists.copying import COPY, asks_to_copy, copy_lines, copy_text
from napari_darlc.widgets.gene_lists.sortable_table import make_plain

if TYPE_CHECKING:
    import pandas as pd

GeneRole = Qt.ItemDataRole.UserRole + 1
SortRole = Qt.ItemDataRole.UserRole + 2
ShareRole = Qt.ItemDataRole.UserRole + 3
#: Longer side of the pictures.
PICTURE = 36
_GENE, _CLUSTER, _FIRST_NUMBER = 0, 1, 2
#: Smallest width of the names; in a narrow dock the table scrolls sideways.
_LEAST_GENE, _NUMBER_WIDTH = 94, 48
#: Around a column's title.
_AROUND = 8
#: A name longer than this is cut.
_WIDEST_CLUSTER = 130


def rate(value: float) -> str:
    """Return a p-value or a false discovery rate as text."""
    return f"{value:.0e}" if value < 0.001 else f"{value:.3f}"


@dataclass(frozen=True)
class Measure:
    """A column of numbers.

    Parameters
    ----------
    title, tip
        Of the column's head.
    form
        What is shown of a number.
    share
        How much of the cell a number's bar fills, in [0, 1]; None draws no bars.
    """

    title: str
    tip: str
    form: Callable[[float], str] = "{:.2f}".format
    share: Callable[[float], float] | None = None


@dataclass(frozen=True, eq=False)
class RankedGene:
    """A row of the table.

    Parameters
    ----------
    gene
        Position among all genes.
    label
        What it is called on the screen.
    numbers
        One for each measure; NaN where there is none.
    picture
        Its denoised view, or its raw view where it has none.
    cluster, colour
        Name and colour of its cluster; empty without one.
    """

    gene: int
    label: str
    numbers: tuple[float, ...]
    picture: QImage
    cluster: str = ""
    colour: str = ""


class _Rows(QAbstractTableModel):
    def __init__(self, measures: Sequence[Measure], parent: QObject) -> None:
        super().__init__(parent)
        self.measures = tuple(measures)
        self.rows: list[RankedGene] = []
        self.ratio = 1.0

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: QModelIndex | QPersistentModelIndex | None = None) -> int:
        return _FIRST_NUMBER + len(self.measures)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation != Qt.Orientation.Horizontal:
            return None
        titles = ["Gene", "Cluster", *(measure.title for measure in self.measures)]
        tips = [
            "Denoised view and name; a gene with too few molecules shows its raw view",
            "Cluster of the gene",
            *(measure.tip for measure in self.measures),
        ]
        if role == Qt.ItemDataRole.DisplayRole:
            return titles[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{tips[section]}\nClick to sort"
        return None

    def data(
        self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        row, column = self.rows[index.row()], index.column()
        if role == GeneRole:
            return row.gene
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"Show {row.label}"
        if column >= _FIRST_NUMBER:
            return self._number(row, column - _FIRST_NUMBER, role)
        if role in (Qt.ItemDataRole.DisplayRole, SortRole):
            return row.label if column == _GENE else row.cluster
        if role == Qt.ItemDataRole.DecorationRole:
            if column == _GENE:
                return row.picture
            return QColor(row.colour) if row.colour else None
        return None

    def _number(self, row: RankedGene, i: int, role: int) -> object:
        number, measure = row.numbers[i], self.measures[i]
        known = number == number
        if role == Qt.ItemDataRole.DisplayRole:
            return measure.form(number) if known else "–"
        if role == SortRole:
            return number if known else -np.inf
        if role == ShareRole:
            share = measure.share
            return None if share is None or not known else min(max(share(number), 0.0), 1.0)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None

    def set_rows(self, rows: list[RankedGene]) -> None:
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def fill(self, measure: int, numbers: Sequence[float]) -> None:
        self.rows = [
            replace(row, numbers=(*row.numbers[:measure], each, *row.numbers[measure + 1 :]))
            for row, each in zip(self.rows, numbers, strict=True)
        ]
        column = _FIRST_NUMBER + measure
        last = self.index(len(self.rows) - 1, column)
        self.dataChanged.emit(self.index(0, column), last)


class _Bars(QStyledItemDelegate):
    """Draws a bar under a number."""

    def paint(
        self,
        painter: QPainter | None,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        super().paint(painter, option, index)
        share = index.data(ShareRole)
        if painter is None or share is None:
            return
        room = option.rect.adjusted(6, 0, -6, -6)
        track = QRect(room.left(), room.bottom() - 2, room.width(), 3)
        assert isinstance(self.parent(), QWidget)
        painter.fillRect(track, text_colour(self.parent(), 0.18))
        track.setWidth(round(track.width() * share))
        painter.fillRect(track, QColor(ACCENT))


class RankedGenes(QTableView):
    """A sortable table of genes; choosing a row shows the gene.

    Parameters
    ----------
    measures
        The columns of numbers.
    parent
        The dock, whose theme the bars follow.
    """

    #: A row was clicked, or Return pressed on it: the gene's position among all genes.
    gene_chosen = Signal(int)

    def __init__(self, measures: Sequence[Measure], parent: QWidget) -> None:
        super().__init__(parent)
        self._rows = _Rows(measures, self)
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self._rows)
        self._sorted.setSortRole(SortRole)
        self._sorted.setSortCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setModel(self._sorted)
        self.setItemDelegate(_Bars(parent))
        make_plain(self)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setWordWrap(False)
        side, head = self.verticalHeader(), self.horizontalHeader()
        assert side is not None and head is not None
        side.setDefaultSectionSize(PICTURE + 8)
        head.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        head.setMinimumSectionSize(_NUMBER_WIDTH)
        head.setHighlightSections(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSortingEnabled(True)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.clicked.connect(self._choose)

    def show_genes(self, rows: list[RankedGene]) -> None:
        """Show other genes, the best first until a head is clicked."""
        self._rows.set_rows(rows)
        self._share_width()
        self.scrollToTop()

    def fill(self, measure: int, numbers: Sequence[float]) -> None:
        """Show the numbers of a measure that were not known yet, in the order of the rows given."""
        self._rows.fill(measure, numbers)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Give the genes' names the room that the numbers leave."""
        super().resizeEvent(event)
        self._share_width()

    def _share_width(self) -> None:
        head = self.horizontalHeader()
        assert head is not None
        taken = 0
        for column in range(_CLUSTER, self._rows.columnCount()):
            title = str(self._rows.headerData(column, Qt.Orientation.Horizontal))
            width = max(head.fontMetrics().horizontalAdvance(title) + _AROUND, _NUMBER_WIDTH)
            if column == _CLUSTER:
                width = min(max(self.sizeHintForColumn(column), width), _WIDEST_CLUSTER)
            self.setColumnWidth(column, width)
            taken += 0 if self.isColumnHidden(column) else width
        self.setColumnWidth(_GENE, max(self.viewport().width() - taken, _LEAST_GENE))

    @property
    def genes(self) -> list[int]:
        """The genes shown, from top to bottom, by position among all genes."""
        shown = range(self._sorted.rowCount())
        return [int(self._sorted.index(row, 0).data(GeneRole)) for row in shown]

    def text(self, row: int, column: int) -> str:
        """Return the text of a cell; rows count from the top as shown."""
        return str(self._sorted.index(row, column).data())

    def mark(self, gene: int) -> None:
        """Select the row of a gene; none where it has none."""
        self.clearSelection()
        if gene in (genes := self.genes):
            self.setCurrentIndex(self._sorted.index(genes.index(gene), 0))

    @property
    def chosen(self) -> list[int]:
        """Rows that are chosen, from the top as they are shown."""
        return sorted({index.row() for index in self.selectionModel().selectedRows()})

    def table(self) -> pd.DataFrame:
        """Return what is listed, in its order: cluster and numbers in full, by gene."""
        import pandas as pd

        order = [
            self._sorted.mapToSource(self._sorted.index(row, 0)).row()
            for row in range(self._sorted.rowCount())
        ]
        rows = [self._rows.rows[row] for row in order]
        columns: dict[str, list[object]] = {"Cluster": [row.cluster for row in rows]}
        for i, measure in enumerate(self._rows.measures):
            if not self.isColumnHidden(_FIRST_NUMBER + i):
                columns[measure.title] = [row.numbers[i] for row in rows]
        return pd.DataFrame(columns)

    def copy_rows(self) -> None:
        """Copy the chosen rows with their heads, separated by tabs."""
        table = self.table()
        table.insert(0, "Gene", [self.text(row, _GENE) for row in range(len(table))])
        copy_text(table.iloc[self.chosen].to_csv(sep="\t", index=False))

    def copy_names(self) -> None:
        """Copy the names of the chosen genes, one a line."""
        copy_lines(self.text(row, _GENE) for row in self.chosen)

    def contextMenuEvent(self, event: QContextMenuEvent | None) -> None:
        """Offer to copy what is chosen."""
        assert event is not None
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Copy rows", self.copy_rows).setShortcut(QKeySequence(COPY))
        menu.addAction("Copy names", self.copy_names)
        menu.popup(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Handle Return like a click; copy with the system's key."""
        if asks_to_copy(event):
            self.copy_rows()
        elif event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def _choose(self, index: QModelIndex) -> None:
        if index.isValid():
            self.gene_chosen.emit(int(index.data(GeneRole)))
