"""The legend of the gene map: a colour for each text, or a scale of numbers."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from qtpy.QtGui import QColor, QHelpEvent, QImage, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from qtpy.QtWidgets import QSizePolicy, QToolTip, QWidget

from darlc.wording import counted
from napari_darlc.widgets.common.style import text_colour
from napari_darlc.widgets.map.colours import Entry, PointColours, number_colours

_DOT, _GAP, _PAD = 10, 4, 12
#: Longest label, in characters; the tooltip has all of it.
_LONGEST = 18


class GeneMapLegend(QWidget):
    """What the colours mean. A click on a text singles it out, where that means something."""

    #: The text of an entry that was clicked.
    entry_clicked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._paint: PointColours | None = None
        self._clickable = False
        self._faint: frozenset[str] = frozenset()
        self._places: list[tuple[QRect, Entry]] = []
        self._height = 0
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def explain(
        self,
        paint: PointColours | None,
        clickable: bool = False,
        faint: frozenset[str] = frozenset(),
    ) -> None:
        """Show the legend of some colours, some texts of it faint; None shows nothing."""
        self._paint, self._clickable, self._faint = paint, clickable, faint
        self._lay_out()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The texts that are explained."""
        return () if self._paint is None else self._paint.entries

    @property
    def limits(self) -> tuple[float, float] | None:
        """The numbers at the ends of the scale; None where there is none."""
        return None if self._paint is None else self._paint.limits

    def place(self, label: str) -> QPoint:
        """Return the centre of an entry, in pixels.

        Raises
        ------
        KeyError
            No such text is shown.
        """
        for rect, entry in self._places:
            if entry.label == label:
                return rect.center()
        raise KeyError(label)

    def sizeHint(self) -> QSize:
        """Return the size that the rows need."""
        return QSize(200, self._height)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw dots and labels, or the scale with its ends."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.limits is not None:
            self._draw_scale(painter, *self.limits)
        for rect, entry in self._places:
            painter.setOpacity(0.4 if entry.label in self._faint else 1.0)
            dot = QRect(rect.left(), rect.center().y() - _DOT // 2 + 1, _DOT, _DOT)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(entry.colour))
            painter.drawEllipse(dot)
            painter.setPen(text_colour(self))
            text = rect.adjusted(_DOT + _GAP, 0, 0, 0)
            painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, _short(entry.label))
        painter.end()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Wrap the entries anew."""
        super().resizeEvent(event)
        self._lay_out()

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Tell which entry was clicked."""
        if event is None or not self._clickable:
            return
        for rect, entry in self._places:
            if rect.contains(event.position().toPoint()):
                self.entry_clicked.emit(entry.label)
                return

    def event(self, event: QEvent | None) -> bool:
        """Explain the entry under the mouse."""
        if isinstance(event, QHelpEvent):
            for rect, entry in self._places:
                if rect.contains(event.pos()):
                    more = "\nClick to single it out" if self._clickable else ""
                    genes = counted(entry.count, "gene")
                    QToolTip.showText(event.globalPos(), f"{entry.label}: {genes}{more}", self)
                    return True
        return super().event(event)

    @property
    def _row(self) -> int:
        return self.fontMetrics().height() + 2

    def _lay_out(self) -> None:
        self._places = []
        metrics, x, y = self.fontMetrics(), 0, 0
        for entry in self.entries:
            width = _DOT + _GAP + metrics.horizontalAdvance(_short(entry.label))
            if x and x + width > self.width():
                x, y = 0, y + self._row
            self._places.append((QRect(x, y, width, self._row), entry))
            x += width + _PAD
        rows = 2 if self.limits is not None else y // self._row + 1 if self._places else 0
        self._height = rows * self._row
        self.setFixedHeight(self._height)
        self.update()

    def _draw_scale(self, painter: QPainter, low: float, high: float) -> None:
        table = np.ascontiguousarray(np.rint(255 * number_colours()).astype(np.uint8))
        strip = QImage(table.data, len(table), 1, 3 * len(table), QImage.Format.Format_RGB888)
        painter.drawImage(QRect(0, 3, self.width(), self._row - 6), strip)
        painter.setPen(text_colour(self))
        below = QRect(0, self._row, self.width(), self._row)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, f"{low:.3g}")
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, f"{high:.3g}")


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST else f"{label[: _LONGEST - 1]}…"
