"""Debounced calls: updates that are not urgent run after a pause, to keep switching genes fast."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from superqt.utils import qdebounced

#: Milliseconds without a new call after which pending calls run.
PAUSE = 120


class Debouncer:
    """Calls that wait for a pause; of calls with the same key only the newest is run."""

    def __init__(self) -> None:
        self._due: dict[Hashable, Callable[[], object]] = {}
        self._start = qdebounced(self.flush, timeout=PAUSE)

    def schedule(self, key: Hashable, task: Callable[[], object]) -> None:
        """Run a task once nothing was scheduled for ``PAUSE``."""
        self._due[key] = task
        self._start()

    def flush(self) -> None:
        """Run all pending tasks now."""
        due, self._due = self._due, {}
        for task in due.values():
            task()
