"""Work off the GUI thread whose newest answer is the only one that counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy.QtCore import QObject, QRunnable, QThreadPool, Signal, Slot


class _Speaker(QObject):
    """Carries an answer to the GUI thread; a QRunnable has no signals of its own."""

    answered = Signal(object, object)


class _Job(QRunnable):
    def __init__(self, key: object, question: Callable[[], Any]) -> None:
        super().__init__()
        self.key, self.question = key, question
        self.speaker = _Speaker()

    def run(self) -> None:
        """Answer the question, off the GUI thread."""
        self.speaker.answered.emit(self.key, self.question())


class Background(QObject):
    """One background thread that answers questions; stale ones are dropped.

    While a question is worked on, at most one more waits: the newest.

    Parameters
    ----------
    parent
        Owner; with it the thread ends, after the question at hand.
    """

    #: Key and answer of a question, on the GUI thread.
    answered = Signal(object, object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
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
        self._busy = True
        job = _Job(key, question)
        job.speaker.answered.connect(self._deliver)
        self._pool.start(job)

    @Slot(object, object)
    def _deliver(self, key: object, answer: object) -> None:
        self._busy = False
        if self._next is not None:
            (next_key, question), self._next = self._next, None
            self.ask(next_key, question)
        self.answered.emit(key, answer)
