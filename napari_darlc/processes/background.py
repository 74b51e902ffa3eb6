"""Work off the GUI thread, of which only the newest answer is used."""

from __future__ import annotations

import atexit
from collections.abc import Callable
from typing import Any

from qtpy.QtCore import QObject, QThreadPool, Signal, Slot
from superqt.utils import create_worker

from napari_darlc.processes.start import start

#: Milliseconds that the application waits at its end for running work.
_PATIENCE = 2000


class Background(QObject):
    """Runs one function at a time off the GUI thread; outdated requests are dropped.

    While a function runs, at most one more waits: the newest. The thread belongs to the
    application: a pool of the owner would be waited for when the window closes, and for ever, as
    the function needs the interpreter lock that is held meanwhile.

    Parameters
    ----------
    parent
        Owner; answers after its end are dropped. None where a Python object holds this one.
    """

    #: Key and answer of a request, on the GUI thread.
    answered = Signal(object, object)

    def __init__(self, parent: QObject | None) -> None:
        super().__init__(parent)
        self._key: object = None
        self._busy = False
        self._next: tuple[object, Callable[[], Any]] | None = None

    @property
    def busy(self) -> bool:
        """Whether a function runs."""
        return self._busy

    def ask(self, key: object, question: Callable[[], Any]) -> None:
        """Run ``question()`` off the GUI thread and emit ``answered(key, answer)``."""
        if self._busy:
            self._next = (key, question)
            return
        self._key, self._busy = key, True
        worker = create_worker(question)
        worker.returned.connect(self._deliver)
        # napari shows the error to the user.
        worker.errored.connect(self._go_on)
        start(worker)

    @Slot(object)
    def _deliver(self, answer: object) -> None:
        key = self._key
        self._go_on()
        self.answered.emit(key, answer)

    @Slot(object)
    def _go_on(self, _error: object = None) -> None:
        self._key, self._busy = None, False
        if self._next is not None:
            following, self._next = self._next, None
            self.ask(*following)


@atexit.register
def _wait_for_workers() -> None:
    # Qt's objects are deleted right after this, and a worker that emits then would crash the
    # process.
    if (pool := QThreadPool.globalInstance()) is not None:
        pool.waitForDone(_PATIENCE)
