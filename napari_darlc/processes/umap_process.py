"""UMAP in another process, as its compilation would block the window."""

from __future__ import annotations

import atexit
import contextlib
import subprocess
import sys
from collections.abc import Sequence
from io import BytesIO
from weakref import WeakSet

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QCoreApplication, QObject, QProcess, Signal

from darlc.errors import DarlcError
from darlc.worker.messages import read_message, write_message

#: ``-P``: nothing is imported from the current folder.
COMMAND = (sys.executable, "-P", "-m", "darlc.worker.gene_map_process")
_SEED = 0
#: Milliseconds that the application waits at its end for a killed process.
_PATIENCE_MS = 2000
_processes: WeakSet[QProcess] = WeakSet()


class UmapFailedError(DarlcError):
    """UMAP is not installed, or it failed."""


class UmapProcess(QObject):
    """Arranges one set of genes at a time; a newer request ends the previous one.

    Parameters
    ----------
    parent
        Owner; the process ends with it.
    command
        Command to run.
    """

    #: Positions of the genes, (G, 2).
    arranged = Signal(object)
    #: Why there is no answer, as a sentence.
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
        """Arrange genes by their vectors (G, D), from initial positions (G, 2)."""
        self.stop()
        # The object outlives its owner until the process has ended, as Qt warns if a running
        # process is destroyed. These connections are between Qt's own methods, as a Python function
        # may be deleted together with its object.
        process = self._process = QProcess(QCoreApplication.instance())
        _processes.add(process)
        process.setProcessChannelMode(QProcess.ProcessChannelMode.ForwardedErrorChannel)
        for end in (process.finished, process.errorOccurred):
            end.connect(self._on_end)
        # Not at an error: one that reads its input no more is still running.
        process.finished.connect(process.deleteLater)
        self.destroyed.connect(process.kill)
        process.start(self._command[0], list(self._command[1:]))
        # The channel stays open: the process ends if it is closed before the answer.
        process.write(_question(vectors, start))

    def stop(self) -> None:
        """Drop the request, and end its process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()

    def _on_end(self) -> None:
        # Several signals may be emitted for one end, also of a process that was stopped.
        process = self._process
        if process is None or process.state() != QProcess.ProcessState.NotRunning:
            return
        self._process = None
        process.deleteLater()
        reply = bytes(process.readAllStandardOutput().data())
        try:
            plane = _plane(reply)
        except UmapFailedError as error:
            self.failed.emit(str(error))
        else:
            self.arranged.emit(plane)


def umap_aside(
    vectors: NDArray[np.floating],
    start: NDArray[np.floating],
    command: Sequence[str] = COMMAND,
) -> NDArray[np.float32]:
    """Return positions of genes (G, 2) by UMAP in another process; waits, so call it in a thread.

    Parameters
    ----------
    vectors
        (G, D).
    start
        Initial positions (G, 2).
    command
        Command to run.

    Raises
    ------
    UmapFailedError
        There is no answer.
    """
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(_question(vectors, start))
            process.stdin.flush()
        # Its input stays open until it has answered, as for `UmapProcess`.
        reply = process.stdout.read()
    return _plane(reply)


def _question(vectors: NDArray[np.floating], start: NDArray[np.floating]) -> bytes:
    question = BytesIO()
    write_message(question, {"seed": _SEED}, {"vectors": vectors, "start": start})
    return question.getvalue()


def _plane(reply: bytes) -> NDArray[np.float32]:
    """Return the positions that a process replied."""
    try:
        message = read_message(BytesIO(reply))
    except (EOFError, ValueError):
        message = None
    if message is None:
        raise UmapFailedError("UMAP failed; see the terminal for details.")
    if "error" in message[0]:
        raise UmapFailedError(str(message[0]["error"]))
    plane: NDArray[np.float32] = message[1]["plane"]
    return plane


@atexit.register
def _end_all() -> None:
    for process in list(_processes):
        with contextlib.suppress(RuntimeError):  # Qt has deleted it
            process.kill()
            process.waitForFinished(_PATIENCE_MS)
