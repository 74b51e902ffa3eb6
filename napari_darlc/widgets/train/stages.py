"""The line of stages: which are done, which one runs."""

from __future__ import annotations

from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from qtpy.QtWidgets import QWidget

from darlc.events import STAGES, Stage
from napari_darlc.widgets.common.style import ACCENT, text_colour

_RADIUS = 5.0
#: Pixels between two names.
_APART = 5


class StageLine(QWidget):
    """A dot for each stage, and its name; the current stage is marked."""

    def __init__(self) -> None:
        super().__init__()
        self._current: Stage | None = None
        self._finished = False
        self.setMinimumWidth(280)
        self.setFixedHeight(self.fontMetrics().height() + 26)
        self.setToolTip(
            "rasterize: observations become SGEP images\n"
            "denoise: the GAT denoiser cleans them\n"
            "pretrain: the network learns what the images mean\n"
            "search: how many clusters there are, and which genes they hold\n"
            "joint: embedding and clusters are learned together\n"
            "assign: every gene gets its memberships"
        )

    @property
    def current(self) -> Stage | None:
        """The stage that runs; None where none does."""
        return self._current

    @property
    def done(self) -> tuple[Stage, ...]:
        """The stages that are complete."""
        if self._finished:
            return STAGES
        return () if self._current is None else STAGES[: STAGES.index(self._current)]

    def show_stage(self, stage: Stage | None) -> None:
        """Mark a stage as the current one, those before it as done."""
        self._current, self._finished = stage, False
        self.update()

    def show_finished(self) -> None:
        """Mark all stages as done."""
        self._current, self._finished = None, True
        self.update()

    def sizeHint(self) -> QSize:
        """Return a size in which the names do not touch."""
        return QSize(320, self.height())

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw line, dots and names."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        step = self.width() / len(STAGES)
        y = 4 + _RADIUS + 2
        accent, faint = QColor(ACCENT), text_colour(self, 0.35)
        font = self.font()
        font.setBold(True)
        widest = max(QFontMetrics(font).horizontalAdvance(stage) for stage in STAGES)
        # In a narrow dock smaller names still stand apart.
        font.setPointSizeF(font.pointSizeF() * min(1.0, (step - _APART) / widest))
        for i, stage in enumerate(STAGES):
            centre = QPointF((i + 0.5) * step, y)
            done, current = stage in self.done, stage == self._current
            if i + 1 < len(STAGES):
                painter.setPen(QPen(accent if done else faint, 2))
                far = QPointF((i + 1.5) * step - _RADIUS - 3, y)
                painter.drawLine(QPointF(centre.x() + _RADIUS + 3, y), far)
            painter.setPen(QPen(accent if done or current else faint, 2))
            painter.setBrush(accent if done else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(centre, _RADIUS, _RADIUS)
            if current:
                painter.setBrush(accent)
                painter.drawEllipse(centre, _RADIUS / 2.5, _RADIUS / 2.5)
            font.setBold(current)
            painter.setFont(font)
            painter.setPen(text_colour(self, 1.0 if current else 0.8 if done else 0.55))
            below = QRectF(i * step, y + _RADIUS + 3, step, self.height() - y - _RADIUS - 3)
            painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, stage)
        painter.end()
