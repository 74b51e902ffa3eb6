"""UMAP in a process of its own: what it compiles would stall the window that waited for it."""

from __future__ import annotations

import atexit
import contextlib
import sys
from collections.abc import Sequence
from io import BytesIO
from weakref import WeakSet

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QCoreApplication, QObject, QProcess, Signal

from darlc.worker.messages import read_message, write_message

#: The folder one stands in is no place to import from, hence ``-P``.
COMMAND = (sys.executable, "-P", "-m", "darlc.worker.gene_map_process")
_SEED = 0
#: Milliseconds that the application waits at its end for a process that was killed.
_PATIENCE_MS = 2000
_processes: WeakSet[QProcess] = WeakSet()


class UmapProcess(QObject):
    """Arranges one set of genes at a time; a newer question ends the one before it.

    Parameters
    ----------
    parent
        Owner; its end is that of the process.
    command
        What to run.
    """

    #: Where the genes lie, (G, 2).
    arranged = Signal(object)
    #: Why there is no answer: a sentence.
    failed = Signal(str)

    def __init__(self, parent: QObject, command: Sequence[str] = COMMAND) -> None:
        super().__init__(parent)
        self._command = tuple(command)
        self._process: QProcess | None = None

    @property
    def pid(self) -> int | None:
        """Number of the process; None while there is none."""
        return None if self._process is None else int(self._process.processId())

    def ask(self, vectors: NDArray[np.floating], start: NDArray[np.floating]) -> None:
        """Have genes arranged by their vectors (G, D), from where they lie at first, (G, 2)."""
        self.stop()
        # It outlives its owner by the moment that it takes to die, since Qt complains of a process
        # that is destroyed while it runs. These connections are between Qt's own methods: a Python
        # function may be gone when its object is.
        process = self._process = QProcess(QCoreApplication.instance())
        _processes.add(process)
        process.setProcessChannelMode(QProcess.ProcessChannelMode.ForwardedErrorChannel)
        for end in (process.finished, process.errorOccurred):
            end.connect(self._on_end)
            end.connect(process.deleteLater)
        self.destroyed.connect(process.kill)
        question = BytesIO()
        write_message(question, {"seed": _SEED}, {"vectors": vectors, "start": start})
        process.start(self._command[0], list(self._command[1:]))
        # The channel stays open: where it ends before the answer, the process ends itself.
        process.write(question.getvalue())

    def stop(self) -> None:
        """Forget the question, and end the process that works on it."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()

    def _on_end(self) -> None:
        # Several signals may tell of one end, and a process that was stopped tells of its own.
        process = self._process
        if process is None or process.state() != QProcess.ProcessState.NotRunning:
            return
        self._process = None
        reply = bytes(process.readAllStandardOutput().data())
        try:
            message = read_message(BytesIO(reply))
        except (EOFError, ValueError):
            message = None
        if message is None:
            self.failed.emit("UMAP broke off; see the terminal for why.")
        elif "error" in message[0]:
            self.failed.emit(str(message[0]["error"]))
        else:
            self.arranged.emit(message[1]["plane"])


@atexit.register
def _end_all() -> None:
    for process in list(_processes):
        with contextlib.suppress(RuntimeError):  # Qt has deleted it
            process.kill()
            process.waitForFinished(_PATIENCE_MS)
