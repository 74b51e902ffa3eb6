"""The view of the gallery: genes in columns that fill the width, grouped under heads."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QItemSelection, QModelIndex, QPoint, QRect, Qt, Signal
from qtpy.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QRegion, QResizeEvent
from qtpy.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyleOptionViewItem,
    QWidget,
)

from napari_darlc.widgets.gallery.delegate import GeneDelegate
from napari_darlc.widgets.gallery.layout import GalleryLayout, Part
from napari_darlc.widgets.gallery.model import GeneListModel
from napari_darlc.widgets.gene_lists.copying import asks_to_copy

_Action = QAbstractItemView.CursorAction
_Hint = QAbstractItemView.ScrollHint


class GeneView(QAbstractItemView):
    """Genes in columns; only those in view are drawn, and 20,000 are laid out at once.

    Qt's own wrapping list has no heads, and lays its items out one by one.

    Parameters
    ----------
    parent
        The dock, whose theme the cells follow.
    """

    #: The current gene is to be pinned, or let go.
    pin_asked = Signal()
    #: Something was typed that is not for the view: a search.
    typed = Signal(str)
    #: A row was clicked with Ctrl held: it joins the selection, or leaves it.
    toggled = Signal(int)
    #: Rows from one to another were asked for, with Shift held.
    spanned = Signal(int, int)
    #: Names are to be copied.
    copy_asked = Signal()
    #: The selection is to end.
    escaped = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.genes = GeneDelegate(parent)
        self._layout = GalleryLayout((), self.genes.cell, 1, self.genes.head_height)
        self.setItemDelegate(self.genes)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setStyleSheet("QAbstractItemView { background: transparent; }")
        # The view paints its own ground, so that scrolling moves what is drawn already.
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setToolTip(
            "Click a gene, or walk with the arrow keys, to show it on the canvas.\n"
            "Space pins it; Ctrl and Shift with a click select several; Escape selects none."
        )

    # ---------------------------------------------------------------- the layout

    def fit_columns(self) -> None:
        """Lay the genes out again: as many columns as there is room for, and these as wide."""
        width = self.viewport().width() - 1
        columns = max(1, width // self.genes.least_width)
        self.genes.cell_width = width // columns
        model = self.model()
        groups = model.groups if isinstance(model, GeneListModel) else ()
        parts = [Part(group.count, bool(group.label)) for group in groups]
        self._layout = GalleryLayout(parts, self.genes.cell, columns, self.genes.head_height)
        self.updateGeometries()
        self.viewport().update()

    def reset(self) -> None:
        """Lay out what the model holds now."""
        super().reset()
        self.fit_columns()

    def dataChanged(
        self, top_left: QModelIndex, bottom_right: QModelIndex, roles: Sequence[int] = ()
    ) -> None:
        """Draw again what is in view; Qt would ask for the place of every item."""
        self.viewport().update()

    def updateGeometries(self) -> None:
        """Let the scroll bar cover all genes."""
        bar, height = self.verticalScrollBar(), self.viewport().height()
        bar.setRange(0, max(0, self._layout.height - height))
        bar.setPageStep(height)
        bar.setSingleStep(max(self._layout.cell.height() // 3, 1))
        super().updateGeometries()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Share the width out among the columns; a current gene in view stays there."""
        current = self.currentIndex()
        # The columns are not updated yet, so only the height is used.
        place = self.visualRect(current)
        height = self.height() if event is None else max(event.oldSize().height(), 0)
        seen = current.isValid() and place.bottom() >= 0 and place.top() < height
        super().resizeEvent(event)
        self.fit_columns()
        if seen:
            self.scrollTo(current)

    # ---------------------------------------------------------------- what Qt asks of a view

    def visualRect(self, index: QModelIndex) -> QRect:
        """Return where an item lies in the viewport."""
        if not index.isValid() or index.row() >= self._layout.n_cells:
            return QRect()
        return self._layout.rect(index.row()).translated(0, -self.verticalOffset())

    def indexAt(self, point: QPoint) -> QModelIndex:
        """Return the item at a point of the viewport."""
        row = self._layout.row_at(point.x(), point.y() + self.verticalOffset())
        return self.model().index(row, 0) if row >= 0 else QModelIndex()

    def first_in_view(self) -> QModelIndex:
        """Return the first item that can be seen as a whole, else the first of which anything."""
        top = self.verticalOffset()
        rows = self._layout.rows_between(top, top + self.viewport().height())
        if not rows:
            return QModelIndex()
        whole = (row for row in rows if self._layout.rect(row).top() >= top)
        return self.model().index(next(whole, rows[0]), 0)

    def scrollTo(
        self, index: QModelIndex, hint: QAbstractItemView.ScrollHint = _Hint.EnsureVisible
    ) -> None:
        """Bring an item into view, with its head if it is the first under one."""
        if not index.isValid() or index.row() >= self._layout.n_cells:
            return
        place = self._layout.rect(index.row())
        head = self._layout.head_rect(self._layout.part_of(index.row()))
        if head.bottom() + 1 == place.top():
            place.setTop(head.top())
        bar, height = self.verticalScrollBar(), self.viewport().height()
        if hint == _Hint.PositionAtCenter:
            bar.setValue(place.center().y() - height // 2)
        elif hint == _Hint.PositionAtTop or place.top() < bar.value():
            bar.setValue(place.top())
        elif hint == _Hint.PositionAtBottom or place.bottom() >= bar.value() + height:
            bar.setValue(place.bottom() + 1 - height)

    def moveCursor(
        self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        """Return the item that a key leads to."""
        if not self._layout.n_cells:
            return QModelIndex()
        row, last = self.currentIndex().row(), self._layout.n_cells - 1
        if row < 0:
            return self.first_in_view()
        page = max(1, self.viewport().height() // self._layout.cell.height())
        lines = {
            _Action.MoveUp: -1, _Action.MoveDown: 1,
            _Action.MovePageUp: -page, _Action.MovePageDown: page,
        }  # fmt: skip
        if action in lines:
            row = self._layout.below(row, lines[action])
        elif action in (_Action.MoveLeft, _Action.MovePrevious):
            row -= 1
        elif action in (_Action.MoveRight, _Action.MoveNext):
            row += 1
        elif action in (_Action.MoveHome, _Action.MoveEnd):
            row = 0 if action == _Action.MoveHome else last
        return self.model().index(min(max(row, 0), last), 0)

    def horizontalOffset(self) -> int:
        """Return 0: there is nothing to the sides."""
        return 0

    def verticalOffset(self) -> int:
        """Return how far the view is scrolled."""
        return self.verticalScrollBar().value()

    def isIndexHidden(self, index: QModelIndex) -> bool:
        """Return False: what is in the model is shown."""
        return False

    def setSelection(self, rect: QRect, command: object) -> None:
        """Mark the item at a place."""
        self.selectionModel().select(self.indexAt(rect.center()), command)

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        """Return the places of items."""
        region = QRegion()
        for index in selection.indexes():
            region = region.united(QRegion(self.visualRect(index)))
        return region

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Move what is drawn; only what comes into view is drawn anew."""
        self.viewport().scroll(dx, dy)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the heads and cells in view."""
        model = self.model()
        if event is None:
            return
        painter = QPainter(self.viewport())
        area, offset = event.rect(), self.verticalOffset()
        self.genes.begin()
        painter.fillRect(area, self.genes.ground)
        if not isinstance(model, GeneListModel) or not self._layout.n_cells:
            return
        top, bottom = area.top() + offset, area.bottom() + 1 + offset
        for part in self._layout.parts_between(top, bottom):
            head = self._layout.head_rect(part)
            if not head.isEmpty():
                self.genes.paint_head(painter, head.translated(0, -offset), model.groups[part])
        option = QStyleOptionViewItem()
        self.initViewItemOption(option)
        current = self.currentIndex().row()
        for row in self._layout.rows_between(top, bottom):
            place = self._layout.rect(row).translated(0, -offset)
            if place.intersects(area):
                option.rect = place
                option.state = QStyle.StateFlag.State_Enabled
                if row == current:
                    option.state |= QStyle.StateFlag.State_Selected
                self.genes.paint(painter, option, model.index(row))

    # ---------------------------------------------------------------- mouse and keyboard

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Show a gene; with Ctrl or Shift held, select."""
        assert event is not None
        index = self.indexAt(event.position().toPoint())
        held = event.modifiers()
        if index.isValid() and held & Qt.KeyboardModifier.ControlModifier:
            self.toggled.emit(index.row())
        elif index.isValid() and held & Qt.KeyboardModifier.ShiftModifier:
            self.spanned.emit(max(self.currentIndex().row(), 0), index.row())
        else:
            super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Pin with Space, end the selection with Escape; letters go to the search."""
        assert event is not None
        plain = event.modifiers() in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.ShiftModifier,
        )
        if asks_to_copy(event):
            self.copy_asked.emit()
        elif event.key() == Qt.Key.Key_Space:
            self.pin_asked.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
        elif plain and event.text().isprintable() and event.text():
            self.typed.emit(event.text())
        else:
            super().keyPressEvent(event)

    def is_in_view(self, index: QModelIndex) -> bool:
        """Return whether a part of an item is visible."""
        return self.viewport().rect().intersects(self.visualRect(index))
