"""A small canvas with lines in the unit square."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QPointF
from qtpy.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from qtpy.QtWidgets import QWidget

from napari_darlc.widgets.style import text_colour

Curve = tuple[NDArray[np.float64], str, float]
_MARGIN = 8


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

    def draw(self, curves: Mapping[str, Curve]) -> None:
        """Show curves: points in [0, 1], (n, 2), colour and width; later ones lie on top."""
        self._curves = dict(curves)
        self.update()

    def points(self, name: str) -> NDArray[np.float64]:
        """Return the points of a line that is shown."""
        return self._curves[name][0]

    def place(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where points of the unit square lie in the widget, (n, 2), in pixels."""
        size = np.array([self.width() - 2 * _MARGIN, self.height() - 2 * _MARGIN])
        return np.asarray([0, 1] + points * [1, -1]) * size + _MARGIN

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw ground and lines."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), text_colour(self, 0.05))
        painter.setPen(QPen(text_colour(self, 0.15), 1))
        for y in (0.0, 0.5, 1.0):
            (left, height), (right, _) = self.place(np.array([[0, y], [1, y]]))
            painter.drawLine(QPointF(left, height), QPointF(right, height))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for points, colour, width in self._curves.values():
            painter.setPen(QPen(QColor(colour), width))
            painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in self.place(points)]))
        painter.end()
