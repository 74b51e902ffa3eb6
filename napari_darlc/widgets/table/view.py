"""The view of the gene table, with keyboard navigation, selection and copying."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QItemSelectionModel, Qt, Signal
from qtpy.QtGui import QKeyEvent, QKeySequence
from qtpy.QtWidgets import QAbstractItemView, QMenu, QTableView, QWidget

from napari_darlc.genes.columns import GeneColumn, table_of
from napari_darlc.widgets.common.style import ACCENT
from napari_darlc.widgets.gene_lists.copying import COPY, asks_to_copy, copy_lines, copy_text
from napari_darlc.widgets.table.header import FilterHeader
from napari_darlc.widgets.table.model import GENE, GeneTableModel

_Flag = QItemSelectionModel.SelectionFlag


class GeneTableView(QTableView):
    """Rows of genes.

    Parameters
    ----------
    model
        The genes.
    parent
        The dock.
    """

    #: The selection is to end.
    escaped = Signal()

    def __init__(self, model: GeneTableModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._genes = model
        self.setModel(model)
        self.header = FilterHeader(model, self)
        self.setHorizontalHeader(self.header)
        self.header.entered.connect(self._look_at_column)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        # The theme's own colour of chosen rows is hardly seen.
        self.setStyleSheet(
            f"QTableView {{ selection-background-color: {ACCENT}; selection-color: white; }}"
            f"QTableView::item:selected {{ background: {ACCENT}; color: white; }}"
        )
        rows = self.verticalHeader()
        rows.hide()
        rows.setDefaultSectionSize(self.fontMetrics().height() + 6)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._show_menu)

    @property
    def chosen(self) -> NDArray[np.int64]:
        """Positions of the genes whose rows are chosen, from the top."""
        ranges = [
            np.arange(each.top(), each.bottom() + 1) for each in self.selectionModel().selection()
        ]
        rows = np.unique(np.concatenate(ranges)) if ranges else np.empty(0, dtype=np.int64)
        return self._genes.genes[rows]

    @property
    def shown_columns(self) -> list[GeneColumn]:
        """Columns that are not hidden, as they stand from the left."""
        order = [self.header.logicalIndex(i) for i in range(self.header.count())]
        return [self._genes.columns[i] for i in order if not self.isColumnHidden(i)]

    def show_gene(self, gene: int) -> None:
        """Make a gene's row the current one, without scrolling; or none, if it is not listed."""
        row = self._genes.row_of(gene)
        index = self._genes.index(row, max(self.currentIndex().column(), 0))
        # Without auto-scroll the view stays where it is.
        self.setAutoScroll(False)
        self.selectionModel().setCurrentIndex(index, _Flag.ClearAndSelect | _Flag.Rows)
        self.setAutoScroll(True)

    def look_at(
        self, row: int, hint: QTableView.ScrollHint = QTableView.ScrollHint.EnsureVisible
    ) -> None:
        """Scroll to a row; the columns in view stay in view."""
        across = self.horizontalScrollBar()
        assert across is not None
        before = across.value()
        self.scrollTo(self._genes.index(row, 0), hint)
        across.setValue(before)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Take the filters along with their columns."""
        super().scrollContentsBy(dx, dy)
        # Qt moves the header's sections without notifying the header.
        if dx:
            self.header.place_fields()

    def _look_at_column(self, name: str) -> None:
        """Scroll sideways to a column."""
        row = max(self.rowAt(0), 0)
        self.scrollTo(self._genes.index(row, self._genes.column_of(name)))

    def copy_rows(self) -> None:
        """Copy the chosen rows with their heads, separated by tabs."""
        table = table_of(self.shown_columns, self.chosen)
        copy_text(table.to_csv(sep="\t", index=False))

    def copy_names(self) -> None:
        """Copy the names of the chosen genes, one a line."""
        names = self._genes.columns[self._genes.column_of(GENE)].values
        copy_lines(names[self.chosen])

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Copy rows with the system's key; end the selection with Escape."""
        assert event is not None
        if asks_to_copy(event):
            self.copy_rows()
        elif event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
        else:
            super().keyPressEvent(event)

    def keyboardSearch(self, search: str | None) -> None:
        """Type into the filter of names: looking row by row would take long."""
        field = self.header.fields.get(GENE)
        if field is not None and search:
            field.setFocus()
            field.insert(search)

    def _show_menu(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        copy = menu.addAction("Copy rows", self.copy_rows)
        copy.setShortcut(QKeySequence(COPY))
        menu.addAction("Copy names", self.copy_names)
        menu.popup(self.cursor().pos())
