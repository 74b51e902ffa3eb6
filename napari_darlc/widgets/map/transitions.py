"""Animated transitions of points to new positions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QElapsedTimer, QObject, QTimer, Signal

#: Milliseconds of a transition, and between two frames; a slow machine shows fewer frames.
_JOURNEY_MS, _FRAME_MS = 700, 25


class Transition(QObject):
    """Moves points to new positions, accelerating and decelerating smoothly.

    Parameters
    ----------
    parent
        Owner.
    """

    #: Where the points are now, (n, 2).
    moved = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._start = self._goal = np.zeros((0, 2), dtype=np.float32)
        self._clock = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setInterval(_FRAME_MS)
        self._timer.timeout.connect(self._go_on)

    @property
    def active(self) -> bool:
        """Whether points are on their way."""
        return self._timer.isActive()

    @property
    def goal(self) -> NDArray[np.float32]:
        """Where the points go, or have arrived, (n, 2)."""
        return self._goal

    def begin(self, start: NDArray[np.float32], goal: NDArray[np.float32]) -> None:
        """Go from places to others, (n, 2) each; at once where these are the same."""
        self._start, self._goal = start, goal
        if np.array_equal(start, goal):
            self._timer.stop()
            self.moved.emit(goal)
            return
        self._clock.start()
        self._timer.start()
        self.moved.emit(start)

    def _go_on(self) -> None:
        share = min(self._clock.elapsed() / _JOURNEY_MS, 1.0)
        if share >= 1:
            self._timer.stop()
            self.moved.emit(self._goal)
            return
        eased = share * share * (3 - 2 * share)
        self.moved.emit((self._start + eased * (self._goal - self._start)).astype(np.float32))
