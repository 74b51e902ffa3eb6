"""A small canvas with lines in the unit square, and what its sides mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from qtpy.QtWidgets import QWidget

from napari_darlc.widgets.common.style import text_colour

Curve = tuple[NDArray[np.float64], str, float]
#: Corners of a filled shape, and its colour.
Band = tuple[NDArray[np.float64], str]
#: A place on a side of the unit square, and what stands there.
Tick = tuple[float, str]
_MARGIN, _TICK, _SPACE = 8, 3, 4
#: Size of the words beside that of other text.
_SMALL = 0.85
#: Opacity of bands.
_PALE = 0.25


class CurveCanvas(QWidget):
    """Lines by name.

    Painted by Qt: an OpenGL canvas in a dock loses what it drew when the dock is floated.

    Parameters
    ----------
    height
        Height in pixels; the width is the dock's.
    """

    def __init__(self, height: int) -> None:
        super().__init__()
        self.setFixedHeight(height)
        self._curves: dict[str, Curve] = {}
        self._bands: tuple[Band, ...] = ()
        self._across: tuple[Tick, ...] = ()
        self._upwards: tuple[Tick, ...] = ()
        self._unit = ""
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * _SMALL)
        self.setFont(font)

    def draw(self, curves: Mapping[str, Curve], bands: Sequence[Band] = ()) -> None:
        """Show curves: points in [0, 1], (n, 2), colour and width; later ones lie on top.

        Parameters
        ----------
        curves
            By name.
        bands
            Filled shapes below the curves, pale.
        """
        self._curves, self._bands = dict(curves), tuple(bands)
        self.update()

    def label(self, across: Sequence[Tick], upwards: Sequence[Tick], unit: str) -> None:
        """Say what the sides mean: ticks of both, and what is counted from left to right."""
        self._across, self._upwards, self._unit = tuple(across), tuple(upwards), unit
        self.update()

    @property
    def ticks(self) -> tuple[str, ...]:
        """What stands under the lines, from left to right."""
        return tuple(words for _, words in self._across)

    def points(self, name: str) -> NDArray[np.float64]:
        """Return the points of a line that is shown."""
        return self._curves[name][0]

    def place(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where points of the unit square lie in the widget, (n, 2), in pixels."""
        left, below = self._sides()
        corner = np.array([left, _MARGIN])
        size = np.array([self.width() - _MARGIN, self.height() - below]) - corner
        return np.asarray([0, 1] + points * [1, -1]) * size + corner

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw ground, ticks and lines."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), text_colour(self, 0.05))
        painter.setPen(QPen(text_colour(self, 0.15), 1))
        for y in (0.0, 0.5, 1.0):
            (left, height), (right, _) = self.place(np.array([[0, y], [1, y]]))
            painter.drawLine(QPointF(left, height), QPointF(right, height))
        self._write(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        for corners, colour in self._bands:
            pale = QColor(colour)
            pale.setAlphaF(_PALE)
            painter.setBrush(pale)
            painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in self.place(corners)]))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for points, colour, width in self._curves.values():
            painter.setPen(QPen(QColor(colour), width))
            painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in self.place(points)]))
        painter.end()

    def _sides(self) -> tuple[int, int]:
        """Return the room that words take, to the left and below, in pixels."""
        measure = self.fontMetrics()
        words = [self._unit, *(words for _, words in self._upwards)]
        widest = max(measure.horizontalAdvance(each) for each in words)
        left = widest + 2 * _SPACE + _TICK if widest else _MARGIN
        return left, measure.height() + _SPACE + _TICK if self._across else _MARGIN

    def _write(self, painter: QPainter) -> None:
        line = self.fontMetrics().height()
        left, below = self._sides()
        painter.setPen(text_colour(self, 0.7))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for y, words in self._upwards:
            ((_, height),) = self.place(np.array([[0, y]]))
            # The lowest stands above its line: below it is the unit.
            room = QRectF(0, height - line * (1 - y / 2), left - _SPACE - _TICK, line)
            painter.drawText(room, right, words)
        foot = self.height() - below
        painter.drawText(QRectF(0, foot + _TICK, left - _SPACE - _TICK, line), right, self._unit)
        for x, words in self._across:
            ((at, _),) = self.place(np.array([[x, 0]]))
            painter.drawLine(QPointF(at, foot), QPointF(at, foot + _TICK))
            width = self.fontMetrics().horizontalAdvance(words)
            start = min(at - width / 2, self.width() - width - 1)
            painter.drawText(QPointF(start, foot + _TICK + self.fontMetrics().ascent()), words)
