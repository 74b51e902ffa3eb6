"""A dot plot of enriched sets: how many genes, how much more than by chance, how surely."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from napari.utils.colormaps import ensure_colormap
from qtpy.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from qtpy.QtWidgets import QSizePolicy, QToolTip, QWidget

from napari_darlc.widgets.common.style import text_colour
from napari_darlc.widgets.sets.hits import Hits

#: Sets that are drawn: the most significant ones.
_MOST_SETS = 14
_LEAST_ROW, _MARGIN, _GAP = 18, 6, 6
#: Radii of dots in pixels, and −log₁₀ FDR at the end of the colours.
_SMALL, _LARGE, _SUREST = 3.0, 8.0, 10.0
#: The part of the panel that names of sets may take.
_NAMES = 0.6
_TICKS = 4


@dataclass(frozen=True)
class Dot:
    """One test.

    Parameters
    ----------
    test
        Its place in the answer.
    at
        Where it lies in the widget.
    radius
        In pixels.
    colour
        By the significance.
    """

    test: int
    at: QPointF
    radius: float
    colour: QColor


class DotPlot(QWidget):
    """A row for each set: by fold where one group was tested, else with a column for each group.

    Dots are as large as the share of the group's genes that are in the set, and the brighter the
    more significant.
    """

    #: A dot was clicked: the test's place in the answer.
    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._hits: Hits | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(6 * _LEAST_ROW)

    def show_hits(self, hits: Hits | None) -> None:
        """Show another answer; None shows nothing."""
        self._hits = hits
        self.update()

    def sizeHint(self) -> QSize:
        """Return a size that shows all rows."""
        return QSize(360, (_MOST_SETS + 3) * _LEAST_ROW)

    @property
    def sets(self) -> list[int]:
        """Sets with a row, from the top: those of the most significant tests."""
        hits = self._hits
        if hits is None:
            return []
        return list(dict.fromkeys(hits.tests[:, 1].tolist()))[:_MOST_SETS]

    @property
    def dots(self) -> list[Dot]:
        """All dots, the most significant last, so that it lies on top."""
        hits, rows = self._hits, {which: i for i, which in enumerate(self.sets)}
        if hits is None or not rows:
            return []
        room, step = self._room(), self._step()
        found, sure = hits.found, hits.significance
        table = ensure_colormap("viridis").map(np.clip(sure / _SUREST, 0, 1))
        share = found.overlap / np.maximum(found.group_sizes[:, None], 1)
        top = max(float(share[:, list(rows)].max()), 1e-9)
        dots = []
        for test, (group, which) in enumerate(hits.tests.tolist()):
            if which not in rows:
                continue
            y = room.top() + (rows[which] + 0.5) * step
            at = QPointF(self._across(group, float(found.fold[group, which])), y)
            radius = _SMALL + (_LARGE - _SMALL) * float(np.sqrt(share[group, which] / top))
            dots.append(Dot(test, at, radius, QColor.fromRgbF(*table[test].tolist())))
        return dots[::-1]

    def dot_at(self, place: QPointF) -> Dot | None:
        """Return the uppermost dot at a place of the widget."""
        near = [
            dot
            for dot in self.dots
            if np.hypot(dot.at.x() - place.x(), dot.at.y() - place.y()) <= dot.radius + 2
        ]
        return near[-1] if near else None

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw names, dots and what the horizontal axis means."""
        hits = self._hits
        if hits is None or not self.sets:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room, step = self._room(), self._step()
        measure = self.fontMetrics()
        painter.setPen(QPen(text_colour(self, 0.15), 1))
        for i in range(len(self.sets)):
            y = room.top() + (i + 0.5) * step
            painter.drawLine(QPointF(room.left(), y), QPointF(room.right(), y))
        painter.setPen(text_colour(self, 0.9))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for i, which in enumerate(self.sets):
            width = room.left() - _GAP - _LARGE
            name = measure.elidedText(
                hits.short_names[which], Qt.TextElideMode.ElideRight, int(width)
            )
            painter.drawText(QRectF(0, room.top() + i * step, width, step), right, name)
        self._write_axis(painter, room)
        for dot in self.dots:
            painter.setPen(QPen(text_colour(self, 0.4), 0.5))
            painter.setBrush(dot.colour)
            painter.drawEllipse(dot.at, dot.radius, dot.radius)
        painter.end()

    def event(self, event: QEvent | None) -> bool:
        """Say what a dot is where the mouse rests on it."""
        if isinstance(event, QHelpEvent) and self._hits is not None:
            dot = self.dot_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), "" if dot is None else self._about(dot.test), self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Choose the dot that was clicked."""
        if event is not None and (dot := self.dot_at(event.position())) is not None:
            self.chosen.emit(dot.test)

    def _about(self, test: int) -> str:
        hits = self._hits
        assert hits is not None
        found, (group, which) = hits.found, hits.tests[test]
        return (
            f"{found.sets[which].name}\n{found.overlap[group, which]} of "
            f"{found.group_sizes[group]} genes of {found.groups[group]}, "
            f"fold {found.fold[group, which]:.1f}, FDR {found.fdr[group, which]:.2g}"
        )

    def _room(self) -> QRectF:
        """Return where dots lie."""
        hits = self._hits
        assert hits is not None
        measure = self.fontMetrics()
        widest = max(measure.horizontalAdvance(hits.short_names[each]) for each in self.sets)
        left = min(widest + _GAP + _LARGE, _NAMES * self.width())
        below = 2 * measure.height() + _GAP
        return QRectF(
            left + _LARGE,
            _MARGIN,
            max(self.width() - left - 2 * _LARGE - _MARGIN, 10.0),
            max(self.height() - below - _MARGIN, 10.0),
        )

    def _step(self) -> float:
        return self._room().height() / max(len(self.sets), 1)

    def _top(self) -> float:
        """Return the fold at the right end of the axis."""
        hits = self._hits
        assert hits is not None
        return max(float(np.nanmax(hits.found.fold[:, self.sets])), 1.0)

    def _across(self, group: int, fold: float) -> float:
        hits, room = self._hits, self._room()
        assert hits is not None
        groups = len(hits.found.groups)
        share = (group + 0.5) / groups if groups > 1 else fold / self._top()
        return room.left() + share * room.width()

    def _write_axis(self, painter: QPainter, room: QRectF) -> None:
        hits = self._hits
        assert hits is not None
        line, groups = self.fontMetrics().height(), hits.found.groups
        centre = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        painter.setPen(text_colour(self, 0.7))
        if len(groups) > 1:
            ticks = [(self._across(k, 0.0), name) for k, name in enumerate(groups)]
            words = "cluster"
        else:
            folds = np.linspace(0, self._top(), _TICKS)
            ticks = [(self._across(0, float(fold)), f"{fold:.2g}") for fold in folds]
            words = "fold over chance"
        last = -np.inf
        for x, text in ticks:
            width = self.fontMetrics().horizontalAdvance(text)
            if x - width / 2 < last + _GAP / 2:
                continue  # it would lie on the one before
            last = x + width / 2
            painter.drawText(QRectF(x - width, room.bottom(), 2 * width, line), centre, text)
        below = QRectF(0, room.bottom() + line, self.width() - _MARGIN, line)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop
        painter.drawText(below, right, f"{words} · large: many genes · bright: low FDR")
