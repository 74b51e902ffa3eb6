"""What lies over the points of the gene map: marks with names, and the line being drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF
from qtpy.QtWidgets import QWidget

from napari_darlc.widgets.common.style import ACCENT, text_colour

#: Rings around the current gene, around pinned ones and around the one under the mouse.
_WIDTHS = {"current": 2.5, "pinned": 1.5, "hovered": 1.5}
_PAD = 3.0


@dataclass(frozen=True)
class Mark:
    """A ring around a gene, with its name.

    Parameters
    ----------
    row
        The gene's row on the map.
    kind
        ``"current"``, ``"pinned"`` or ``"hovered"``.
    label
        Written beside the ring; may be empty.
    """

    row: int
    kind: str
    label: str = ""


class GeneMapOverlay(QWidget):
    """Painted by Qt: names are as sharp as all other text, and no point is drawn again for them.

    Parameters
    ----------
    parent
        The canvas that it covers.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._marks: Sequence[Mark] = ()
        self._places = np.zeros((0, 2))
        self._radii = np.zeros(0)
        self._line = np.zeros((0, 2))

    @property
    def marks(self) -> tuple[Mark, ...]:
        """What is marked."""
        return tuple(self._marks)

    @property
    def line(self) -> NDArray[np.float64]:
        """Corners of the closed line that is shown, (m, 2), in pixels; empty for none."""
        return self._line

    def mark(
        self, marks: Sequence[Mark], places: NDArray[np.float64], radii: NDArray[np.floating]
    ) -> None:
        """Show marks at places (n, 2) with radii (n,), in pixels."""
        self._marks, self._places, self._radii = marks, places, np.asarray(radii)
        self.update()

    def draw_line(self, corners: NDArray[np.float64]) -> None:
        """Show a closed line through corners (m, 2), in pixels; none where it is empty."""
        self._line = corners
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the marks and the line."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        # The current one comes first: the others' names make way for its own.
        taken: list[QRectF] = []
        for i in sorted(range(len(self._marks)), key=lambda i: self._marks[i].kind != "current"):
            mark, (x, y) = self._marks[i], self._places[i].tolist()
            radius = float(self._radii[i]) + (4 if mark.kind == "current" else 2.5)
            self._draw_ring(painter, mark, QPointF(x, y), radius)
            if mark.label and (box := self._room(mark, x, y, radius, taken)) is not None:
                taken.append(box)
                self._write(painter, mark, box)
        if len(self._line) > 1:
            fill = QColor(ACCENT)
            fill.setAlphaF(0.15)
            painter.setBrush(fill)
            painter.setPen(QPen(QColor(ACCENT), 1.5, Qt.PenStyle.DashLine))
            painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in self._line]))
        painter.end()

    def _draw_ring(self, painter: QPainter, mark: Mark, at: QPointF, radius: float) -> None:
        current = mark.kind == "current"
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if current:
            # Reads on points of any colour.
            painter.setPen(QPen(text_colour(self, 0.0), _WIDTHS["current"] + 2))
            painter.drawEllipse(at, radius, radius)
        ring = QColor(ACCENT) if current else text_colour(self, 0.85)
        painter.setPen(QPen(ring, _WIDTHS[mark.kind]))
        painter.drawEllipse(at, radius, radius)

    def _room(
        self, mark: Mark, x: float, y: float, radius: float, taken: list[QRectF]
    ) -> QRectF | None:
        """Return where a name can stand beside its ring; None where all places are taken."""
        metrics = QFontMetricsF(self._font(mark))
        width, height = metrics.horizontalAdvance(mark.label) + 2 * _PAD, metrics.height()
        away = radius + 3
        corners = (
            (x + away, y - height / 2),
            (x - away - width, y - height / 2),
            (x - width / 2, y - away - height),
            (x - width / 2, y + away),
        )
        for left, top in corners:
            box = QRectF(left, top, width, height)
            if QRectF(self.rect()).contains(box) and not any(map(box.intersects, taken)):
                return box
        return None

    def _font(self, mark: Mark) -> QFont:
        font = QFont(self.font())
        font.setBold(mark.kind == "current")
        return font

    def _write(self, painter: QPainter, mark: Mark, box: QRectF) -> None:
        ground = text_colour(self, 0.0)
        ground.setAlphaF(0.75)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(box, 3, 3)
        painter.setFont(self._font(mark))
        painter.setPen(text_colour(self))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, mark.label)
