"""The canvas of the gene map: points under a mouse that pans, zooms, picks and encloses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QEvent, QPoint, QPointF, QSize, Qt, Signal
from qtpy.QtGui import QKeyEvent, QMouseEvent, QResizeEvent, QWheelEvent
from qtpy.QtWidgets import QApplication, QWidget

from darlc.explore.polygons import within
from napari_darlc.widgets.common.style import text_colour
from napari_darlc.widgets.map.overlay import GeneMapOverlay, Mark
from napari_darlc.widgets.map.picking import in_rectangle, point_at
from napari_darlc.widgets.map.points import PointCloud
from napari_darlc.widgets.map.transitions import Transition
from napari_darlc.widgets.map.viewport import MapView

Tool = Literal["move", "lasso", "rectangle"]
#: Largest distance of the mouse from a point, in pixels, to pick it.
_REACH = 8.0
#: Zoom of one step of the wheel (120 units of Qt) and of one key.
_WHEEL, _KEY = 1.2, 1.4
#: A corner of the lasso less than this far from the last adds nothing.
_LASSO_STEP = 2.0


class GeneMapCanvas(QWidget):
    """Points that stand for genes, by row.

    The left button moves the map or, with another tool or with Shift, draws around genes; the
    other buttons always move it, the wheel zooms, a double click shows all.
    """

    #: A gene was clicked: its row.
    clicked = Signal(int)
    #: Genes were enclosed: their rows, (n,), maybe none.
    enclosed = Signal(object)
    #: The mouse is on a gene, by row, at a place of the canvas; row -1 when it left.
    hovered = Signal(int, QPoint)
    #: Escape was pressed, and no line was being drawn.
    escaped = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.tool: Tool = "move"
        self._points = np.zeros((0, 2), dtype=np.float32)
        self._colours = np.zeros((0, 4), dtype=np.float32)
        self._sizes = np.zeros(0, dtype=np.float32)
        self._pickable = np.zeros(0, dtype=bool)
        self._order = np.zeros(0, dtype=np.int64)
        self._marks: tuple[Mark, ...] = ()
        self._hovered = -1
        #: Whether the user chose the visible part, which is then kept.
        self.sight_chosen = False
        self._pressed: QPointF | None = None
        self._last = QPointF()
        self._tool_at_hand: Tool = "move"
        self._dragging = False
        self._line: list[tuple[float, float]] = []
        self._view = MapView(1, 1)
        self.cloud = PointCloud()
        self.cloud.setParent(self)
        self.cloud.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.overlay = GeneMapOverlay(self)
        self._travel = Transition(self)
        self._travel.moved.connect(self._on_moved)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(160, 140)
        self._follow_theme()

    @property
    def view(self) -> MapView:
        """What is in sight."""
        return self._view

    @property
    def points(self) -> NDArray[np.float32]:
        """Final positions of the genes, (n, 2)."""
        return self._travel.goal

    @property
    def shown_points(self) -> NDArray[np.float32]:
        """Current positions of the genes, (n, 2)."""
        return self._points

    @property
    def travelling(self) -> bool:
        """Whether points are moving to new positions."""
        return self._travel.active

    @property
    def colours(self) -> NDArray[np.float32]:
        """Colours of the points, (n, 4)."""
        return self._colours

    @property
    def sizes(self) -> NDArray[np.float32]:
        """Diameters of the points in pixels, (n,)."""
        return self._sizes

    def sizeHint(self) -> QSize:
        """Return a size in which clusters can be told apart."""
        return QSize(380, 380)

    def place(self, row: int) -> QPoint:
        """Return where a gene lies on the canvas, in pixels."""
        return QPointF(*self._view.to_screen(self._points[row])).toPoint()

    def put(self, start: NDArray[np.float32], goal: NDArray[np.float32]) -> None:
        """Have genes go from places to others, (n, 2) each; at once where these are the same.

        Colours and sizes of a number of genes that changed must follow.
        """
        if len(goal) != len(self._points):
            self._colours = np.zeros((len(goal), 4), dtype=np.float32)
            self._sizes = np.ones(len(goal), dtype=np.float32)
            self._pickable = np.ones(len(goal), dtype=bool)
            self._order = np.arange(len(goal))
            self._marks, self._hovered = (), -1
        self._travel.begin(start if self.isVisible() else goal, goal)

    def paint(
        self,
        colours: NDArray[np.float32],
        sizes: NDArray[np.float32],
        strong: NDArray[np.bool_],
        pickable: NDArray[np.bool_],
    ) -> None:
        """Colour the points.

        Parameters
        ----------
        colours, sizes
            (n, 4) in [0, 1], and (n,) diameters in pixels.
        strong
            (n,) points that lie on top of the others.
        pickable
            (n,) points that the mouse can mean.
        """
        self._colours, self._sizes, self._pickable = colours, sizes, pickable
        self._order = np.argsort(strong, kind="stable")
        self._draw()

    def mark(self, marks: Sequence[Mark]) -> None:
        """Show rings and names."""
        self._marks = tuple(marks)
        self._draw_marks()

    def show_all(self) -> None:
        """Bring the whole map in sight."""
        self.sight_chosen = False
        self._show()

    def zoom(self, factor: float) -> None:
        """Magnify what lies in the middle."""
        self._choose_sight(self._view.zoomed(factor, (self.width() / 2, self.height() / 2)))

    # ---------------------------------------------------------------- drawing

    def _on_moved(self, points: NDArray[np.float32]) -> None:
        self._points = points
        self._show()

    def _show(self) -> None:
        if self.sight_chosen:
            self._look(self._view)
        else:
            self._look(MapView.fit(self._points, self.width(), self.height()))
        self._draw()

    def _look(self, view: MapView) -> None:
        self._view = view
        self.cloud.look(view)
        self._draw_marks()

    def _choose_sight(self, view: MapView) -> None:
        self.sight_chosen = True
        self._look(view)

    def _draw(self) -> None:
        order = self._order
        self.cloud.draw(self._points[order], self._colours[order], self._sizes[order])

    def _draw_marks(self) -> None:
        marks = [mark for mark in self._marks if mark.row < len(self._points)]
        if 0 <= self._hovered < len(self._points):
            marks.append(Mark(self._hovered, "hovered"))
        rows = np.array([mark.row for mark in marks], dtype=np.int64)
        places = self._view.to_screen(self._points[rows]).reshape(-1, 2)
        self.overlay.mark(marks, places, self._sizes[rows] / 2)

    def _follow_theme(self) -> None:
        self.cloud.set_ground(text_colour(self, 0.0))
        self.overlay.update()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Keep the sight."""
        super().resizeEvent(event)
        self.cloud.setGeometry(self.rect())
        self.overlay.setGeometry(self.rect())
        self.overlay.raise_()
        self._view = self._view.resized(self.width(), self.height())
        self._show()

    def changeEvent(self, event: QEvent | None) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event is not None and event.type() in (
            QEvent.Type.StyleChange,
            QEvent.Type.PaletteChange,
        ):
            self._follow_theme()

    # ---------------------------------------------------------------- mouse and keys

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Begin to drag, or to click."""
        if event is None or self._pressed is not None:
            return
        self.setFocus()
        self._pressed = self._last = event.position()
        tool = self.tool if event.button() == Qt.MouseButton.LeftButton else "move"
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and tool == "move":
            tool = "lasso"
        self._tool_at_hand = tool
        self._line = [(self._last.x(), self._last.y())]

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Move the map, draw the line, or tell which gene the mouse is on."""
        if event is None:
            return
        here = event.position()
        if self._pressed is None:
            self._hover(here)
            return
        if not self._dragging:
            moved = (here - self._pressed).manhattanLength()
            if moved < QApplication.startDragDistance():
                return
            self._dragging = True
            self._hover(None)
        if self._tool_at_hand == "move":
            step = here - self._last
            self._choose_sight(self._view.panned(step.x(), step.y()))
        else:
            self._lengthen(here)
        self._last = here

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """End the drag or the click."""
        if event is None or self._pressed is None:
            return
        dragged, self._dragging, self._pressed = self._dragging, False, None
        if not dragged:
            row = self._row_at(event.position())
            if row >= 0 and event.button() == Qt.MouseButton.LeftButton:
                self.clicked.emit(row)
        elif self._tool_at_hand != "move":
            self._lengthen(event.position())
            rows = self._rows_within()
            self._forget_line()
            self.enclosed.emit(rows)

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """Bring the whole map in sight, unless a gene is meant."""
        if event is not None and self._row_at(event.position()) < 0:
            self.show_all()

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Zoom at the mouse."""
        if event is None:
            return
        at = event.position()
        factor = _WHEEL ** (event.angleDelta().y() / 120)
        self._choose_sight(self._view.zoomed(factor, (at.x(), at.y())))
        event.accept()

    def leaveEvent(self, event: QEvent | None) -> None:
        """Forget the gene under the mouse."""
        super().leaveEvent(event)
        self._hover(None)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Escape gives up, plus and minus zoom, Home shows all."""
        if event is None:
            return
        if event.key() == Qt.Key.Key_Escape:
            if self._dragging and self._tool_at_hand != "move":
                self._dragging, self._pressed = False, None
                self._forget_line()
            else:
                self.escaped.emit()
        elif event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(_KEY)
        elif event.key() == Qt.Key.Key_Minus:
            self.zoom(1 / _KEY)
        elif event.key() == Qt.Key.Key_Home:
            self.show_all()
        else:
            super().keyPressEvent(event)

    def _hover(self, at: QPointF | None) -> None:
        row = -1 if at is None else self._row_at(at)
        if row != self._hovered:
            self._hovered = row
            self._draw_marks()
            self.setCursor(
                Qt.CursorShape.PointingHandCursor if row >= 0 else Qt.CursorShape.ArrowCursor
            )
        elif row < 0:
            return
        self.hovered.emit(row, QPoint() if at is None else at.toPoint())

    def _row_at(self, at: QPointF) -> int:
        rows = np.flatnonzero(self._pickable)
        found = point_at(
            self._points[rows],
            self._view.to_plane((at.x(), at.y())),
            _REACH / self._view.scale,
        )
        return -1 if found < 0 else int(rows[found])

    def _lengthen(self, to: QPointF) -> None:
        here = (to.x(), to.y())
        if self._tool_at_hand == "rectangle":
            (left, top), (right, bottom) = self._line[0], here
            self._line = [self._line[0], (right, top), here, (left, bottom)]
        elif np.hypot(*np.subtract(here, self._line[-1])) >= _LASSO_STEP:
            self._line.append(here)
        self.overlay.draw_line(np.array(self._line))

    def _forget_line(self) -> None:
        self._line = []
        self.overlay.draw_line(np.zeros((0, 2)))

    def _rows_within(self) -> NDArray[np.int64]:
        corners = self._view.to_plane(np.array(self._line))
        inside = (
            in_rectangle(self._points, corners[[0, 2]])
            if self._tool_at_hand == "rectangle"
            else within(self._points, [[corners]])
        )
        rows: NDArray[np.int64] = np.flatnonzero(inside & self._pickable)
        return rows
