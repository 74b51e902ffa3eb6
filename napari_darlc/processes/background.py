"""Work off the GUI thread whose newest answer is the only one that counts."""

from __future__ import annotations

import atexit
from collections.abc import Callable
from typing import Any

from qtpy.QtCore import QObject, QThreadPool, Signal, Slot
from superqt.utils import create_worker

#: Milliseconds that the application waits at its end for questions at hand.
_PATIENCE = 2000


class Background(QObject):
    """Answers one question at a time off the GUI thread; stale ones are dropped.

    While a question is worked on, at most one more waits: the newest. The thread belongs to the
    application: a pool of the owner's own would make whoever closes the window wait for it, and
    wait for ever, since the question needs the interpreter that is being held meanwhile.

    Parameters
    ----------
    parent
        Owner; an answer that comes after its end is dropped. None where a Python object keeps it.
    """

    #: Key and answer of a question, on the GUI thread.
    answered = Signal(object, object)

    def __init__(self, parent: QObject | None) -> None:
        super().__init__(parent)
        self._key: object = None
        self._busy = False
        self._next: tuple[object, Callable[[], Any]] | None = None

    @property
    def busy(self) -> bool:
        """Whether a question is worked on."""
        return self._busy

    def ask(self, key: object, question: Callable[[], Any]) -> None:
        """Answer ``question()`` off the GUI thread and emit ``answered(key, answer)``."""
        if self._busy:
            self._next = (key, question)
            return
        self._key, self._busy = key, True
        worker = create_worker(question)
        worker.returned.connect(self._deliver)
        # napari tells the user of it.
        worker.errored.connect(self._go_on)
        worker.start()

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
    # Qt's objects go right after this, and a worker that then speaks would bring the process down.
    if (pool := QThreadPool.globalInstance()) is not None:
        pool.waitForDone(_PATIENCE)
