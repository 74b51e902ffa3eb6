"""Trainer: training in another process, whose events reach the Session on the GUI thread."""

from __future__ import annotations

import atexit
import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast
from weakref import WeakSet

from qtpy.QtCore import QThreadPool
from superqt.utils import GeneratorWorker, create_worker, thread_worker

from darlc.config import Config
from darlc.errors import InputError
from darlc.events import Devices, Event, Failed, Finished
from darlc.images.sgep_images import SGEPImages
from darlc.io.parts.training_file import read_summary
from darlc.results.result import Result
from darlc.worker.messages import read_message, write_message
from darlc.worker.wire import decode, pack_request
from napari_darlc.notifications import show_error
from napari_darlc.processes.kept_trainings import KeptTrainings
from napari_darlc.processes.short_collections import short_collections
from napari_darlc.processes.start import start
from napari_darlc.session.session import Session
from napari_darlc.session.signals import Signal

#: ``-P``: nothing is imported from the current folder.
COMMAND = (sys.executable, "-P", "-m", "darlc.worker")
#: Seconds to wait for a thread whose pipe was closed.
_PATIENCE = 5.0
_processes: WeakSet[WorkerProcess] = WeakSet()


class WorkerProcess:
    """The training process, with messages to and from it. Its methods may block.

    Parameters
    ----------
    command
        Command to run.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._writing = threading.Lock()
        self._requested = self._stop_wanted = self._ended = False
        #: Held by the exchange that reads.
        self.reading = threading.Lock()
        self.greeted = False
        _processes.add(self)

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def read(self) -> Event | None:
        """Return the next event; None once the process has ended or sends invalid messages."""
        try:
            message = read_message(cast(BinaryIO, self._process.stdout))
            return None if message is None else decode(*message)
        except (OSError, EOFError, ValueError, KeyError, TypeError):
            return None

    def expect_request(self) -> None:
        """Prepare for a new request: a stop from now on waits until it was sent."""
        self._requested = self._stop_wanted = False

    def request(self, images: SGEPImages, config: Config, state: str, resume: bool) -> None:
        """Request a training; if the process has ended, ``read`` returns None."""
        with self._writing:
            self._write(*pack_request(images, config, state, resume))
            self._requested = True
            if self._stop_wanted:
                self._write({"do": "stop"})

    def ask_to_stop(self) -> None:
        """Request that the training ends early, once the request for it was sent."""
        with self._writing:
            self._stop_wanted = True
            if self._requested:
                self._write({"do": "stop"})

    def _write(self, header: dict[str, Any], arrays: dict[str, Any] | None = None) -> None:
        with contextlib.suppress(OSError, ValueError):
            write_message(cast(BinaryIO, self._process.stdin), header, arrays)

    def end(self) -> int:
        """Kill the process if it runs, and return its exit code."""
        self._process.kill()
        code = self._process.wait()
        _processes.discard(self)
        self._ended = True
        self.close_pipes()
        return code

    def close_pipes(self) -> None:
        """Close the pipes to a process that was ended, unless an exchange still reads.

        The one that reads calls this once it has done so. Without it pipes would be open until
        Python's garbage is collected.
        """
        # Not waiting: a process that the ended one has started may keep the pipe open.
        if self._ended and self.reading.acquire(blocking=False):
            try:
                for pipe in (self._process.stdin, self._process.stdout):
                    # What was not sent is of no use to it.
                    with contextlib.suppress(OSError, ValueError):
                        cast(BinaryIO, pipe).close()
            finally:
                self.reading.release()


class _ExchangeWorker(GeneratorWorker[Event, None, bool]):
    """An exchange of messages in a thread, which is ended when napari quits.

    Parameters
    ----------
    converse
        Generator that sends a request and yields events.
    process
        The process.
    *args
        Further arguments of the generator.
    """

    def __init__(
        self,
        converse: Callable[..., Generator[Event, None, bool]],
        process: WorkerProcess,
        *args: Any,
    ) -> None:
        super().__init__(converse, process, *args)
        self._process = process

    def run(self) -> None:
        """Run the exchange, which mostly waits for the pipe."""
        # All workers share a pool of as many threads as processors. This one waits during a whole
        # training and must not block others: with one processor, even a stop could not be sent.
        pool = QThreadPool.globalInstance()
        pool.releaseThread()
        try:
            super().run()
        finally:
            pool.reserveThread()

    def quit(self) -> None:
        """End the process, which ends the exchange."""
        super().quit()
        self._process.end()


def _exchange(
    process: WorkerProcess, request: Callable[[], None] | None = None
) -> Generator[Event, None, bool]:
    """Read the devices and, if there is a request, send it and yield the events of its answer.

    Returns whether the exchange was completed; it is not if the process ended.
    """
    try:
        with process.reading:
            if not process.greeted:
                if (event := process.read()) is None:
                    return False
                process.greeted = True
                yield event
            if request is None:
                return True
            request()
            while (event := process.read()) is not None:
                yield event
                if isinstance(event, Finished | Failed):
                    return True
        return False
    finally:
        process.close_pipes()


@thread_worker
def _ask_to_stop(process: WorkerProcess) -> None:
    # Off the GUI thread, because the request to train may still be being written.
    process.ask_to_stop()


class Trainer:
    """Training of one Session. All methods are called on the GUI thread and return at once.

    Parameters
    ----------
    session
        Session that receives the events.
    command
        Command of the worker.
    folder
        Where trainings that are interrupted are kept; None to keep none.
    """

    #: The devices that training can use, best first.
    devices_changed = Signal(list)

    def __init__(
        self,
        session: Session,
        command: Sequence[str] = COMMAND,
        folder: Path | None = None,
    ) -> None:
        self.devices: list[str] = []
        self._kept = KeptTrainings(folder)
        self._session = session
        #: The images that are trained on.
        self._images: SGEPImages | None = None
        session.dataset_changed.connect(self._on_dataset)
        session.history_changed.connect(self._on_history)
        session.state_changed.connect(self._on_state)
        self._command = tuple(command)
        self._process: WorkerProcess | None = None
        self._conversations: list[GeneratorWorker[Event, None, bool]] = []
        self._closed = False

    @property
    def pid(self) -> int | None:
        """Number of the worker process; None while there is none."""
        return None if self._process is None else self._process.pid

    def prestart(self) -> None:
        """Start the process ahead of its use, so that the devices are known."""
        if not self._closed and (self._process is None or not self._process.alive):
            self._start_exchange(self._running_process())

    @property
    def interrupted(self) -> Path | None:
        """The file of an interrupted training on the session's images; None where there is none."""
        return None if self._session.running else self._kept.interrupted(self._session.images)

    def resume(self) -> None:
        """Continue the interrupted training, with its settings."""
        if self._idle and (path := self._kept.resume(self._session.images)) is not None:
            try:
                config = Config.from_dict(dict(read_summary(path).config))
            except InputError as error:
                self._kept.leave()
                show_error(str(error))
                return
            self._begin(config, path, resume=True)

    def start(self, config: Config) -> None:
        """Train on the session's images."""
        if self._idle and self._session.images is not None:
            self._begin(config, self._kept.begin(self._session.images), resume=False)

    @property
    def _idle(self) -> bool:
        return not self._closed and self._session.state == "ready"

    def _begin(self, config: Config, state: Path | None, resume: bool) -> None:
        images = self._images = self._session.images
        assert images is not None
        self._session.begin()
        process = self._running_process()
        process.expect_request()
        request = partial(process.request, images, config, str(state or ""), resume)
        self._start_exchange(process, request)

    def stop(self) -> None:
        """Request that training ends early with what it has learned."""
        if self._process is not None and self._session.state in ("starting", "training"):
            self._session.state = "stopping"
            start(_ask_to_stop(self._process))

    def cancel(self) -> None:
        """End training at once; the session is restored to its state before."""
        if self._session.running:
            self._drop_process()
            self._kept.forget()
            self._session.cancel()

    def note_kept(self, result: Result) -> None:
        """Note that a result is in a file from which it would come back after a crash."""
        shown = self._session.result
        # Another training may have ended while the file was written.
        if shown is not None and shown.membership is result.membership:
            self._kept.settle()

    def close(self) -> None:
        """End the process and wait for its threads."""
        self._closed = True
        short_collections.end(self)
        self._drop_process()
        self._kept.leave()
        self._kept.settle()
        deadline = time.monotonic() + _PATIENCE
        while any(each.is_running for each in self._conversations) and time.monotonic() < deadline:
            time.sleep(0.005)
        self._conversations.clear()

    def _running_process(self) -> WorkerProcess:
        """Return the process, started if there is none."""
        if self._process is not None and not self._process.alive:
            self._process.end()
            self._process = None
        if self._process is None:
            self._process = WorkerProcess(self._command)
        return self._process

    def _start_exchange(
        self,
        process: WorkerProcess,
        request: Callable[[], None] | None = None,
    ) -> None:
        conversation = create_worker(_exchange, process, request, _worker_class=_ExchangeWorker)
        conversation.yielded.connect(partial(self._on_event, process))
        conversation.returned.connect(partial(self._end, process))
        conversation.finished.connect(partial(self._exchange_done, conversation))
        self._conversations.append(conversation)
        start(conversation)

    def _exchange_done(self, conversation: GeneratorWorker[Event, None, bool]) -> None:
        if conversation in self._conversations:
            self._conversations.remove(conversation)

    def _on_event(self, process: WorkerProcess, event: Event) -> None:
        # Events of a process may arrive after it was dropped.
        if process is not self._process:
            return
        if isinstance(event, Devices):
            self.devices = list(event.names)
            self.devices_changed.emit(self.devices)
        if isinstance(event, Finished):
            self._kept.end()
        self._session.receive(event)
        if isinstance(event, Finished | Failed):
            self._images = None
        if isinstance(event, Failed):
            self._kept.leave()
            self._session.cancel()
            show_error(event.message)

    def _end(self, process: WorkerProcess, complete: bool) -> None:
        if complete or process is not self._process:
            return
        self._process = self._images = None
        code = process.end()
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        if self._session.running:
            self._kept.leave()
            self._session.cancel()
            show_error(
                f"Training was interrupted: its process {how}, often for lack of memory. "
                + (
                    "Resume continues it; or train again, with fewer genes if necessary."
                    if self.interrupted
                    else "Nothing has changed; train again, with fewer genes if necessary."
                )
            )
        else:
            show_error(f"Training cannot start: its process {how}; see the terminal for details.")

    def _on_dataset(self) -> None:
        """End a training whose dataset is no longer shown; its result was given up."""
        if self._images is not None and self._images is not self._session.images:
            self._drop_process()
            self._kept.leave()
        self._kept.settle()

    def _on_state(self, _state: str) -> None:
        if self._session.running and not self._closed:
            short_collections.ask(self)
        else:
            short_collections.end(self)

    def _on_history(self) -> None:
        if self._session.result is not None and not self._session.unsaved:
            self._kept.settle()

    def _drop_process(self) -> None:
        process, self._process, self._images = self._process, None, None
        if process is not None:
            process.end()


@atexit.register
def _end_all() -> None:
    for process in list(_processes):
        process.end()
