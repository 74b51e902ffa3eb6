"""How workers start: Python's warnings are shown as before once they have ended."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from typing import Any

from qtpy.QtCore import QObject, Slot
from superqt.utils import WorkerBase


class _Hook(QObject):
    """Puts back what shows warnings, which workers replace while they run.

    Each of superqt's workers remembers what there was at its start, and puts that back at its end.
    Of two that overlap, the one that ends last puts back the other's: every later warning goes to
    a worker that has ended, and the worker stays in memory with all that it worked on.
    """

    def __init__(self) -> None:
        super().__init__()
        self._running = 0
        self._before: Callable[..., Any] = warnings.showwarning

    def begin(self) -> None:
        """Remember what shows warnings, unless workers are running."""
        if not self._running:
            self._before = warnings.showwarning
        self._running += 1

    @Slot()
    def end(self) -> None:
        """Put it back after the last worker, where a worker's is left."""
        self._running -= 1
        if not self._running and _is_of_worker(warnings.showwarning):
            warnings.showwarning = self._before


def _is_of_worker(shown_by: Callable[..., Any]) -> bool:
    return inspect.getmodule(shown_by) is inspect.getmodule(WorkerBase)


_hook = _Hook()


def start(worker: WorkerBase[Any]) -> None:
    """Start a worker; to be called on the GUI thread, for every worker of the plugin."""
    _hook.begin()
    worker.finished.connect(_hook.end)
    worker.start()
