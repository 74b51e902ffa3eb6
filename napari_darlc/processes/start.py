"""How workers start, so that nothing is left of them once they have ended."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from functools import partial
from threading import Event
from typing import Any

from qtpy.QtCore import QObject, Qt, QThread, QTimer, Slot
from superqt.utils import WorkerBase

#: Seconds that a worker waits at most for the call that started it.
_PATIENCE = 1.0


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
    # With PySide6 a worker that ends before the call that started it returns stays in memory for
    # ever, with all that it worked on: the call adds a reference at its end, and the worker's end
    # takes it away.
    returned = Event()
    in_its_thread = Qt.ConnectionType.DirectConnection
    worker.started.connect(partial(returned.wait, _PATIENCE), in_its_thread)
    worker.start()
    if QThread.currentThread().loopLevel():
        # superqt starts it by a timer, which was there before this one.
        QTimer.singleShot(1, returned.set)
    else:
        returned.set()
