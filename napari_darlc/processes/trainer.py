"""Trainer: training in a process of its own, whose events reach the Session on the GUI thread."""

from __future__ import annotations

import atexit
import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Sequence
from functools import partial
from typing import Any, BinaryIO, cast
from weakref import WeakSet

from qtpy.QtCore import QThreadPool
from superqt.utils import GeneratorWorker, create_worker, thread_worker

from darlc.config import Config
from darlc.events import Devices, Event, Extended, Failed, Finished
from darlc.images.sgep_images import SGEPImages
from darlc.worker.messages import read_message, write_message
from darlc.worker.wire import Message, decode, pack_request
from napari_darlc.notifications import complain
from napari_darlc.session.session import Session
from napari_darlc.session.signals import Signal

#: The folder one stands in is no place to import from, hence ``-P``.
COMMAND = (sys.executable, "-P", "-m", "darlc.worker")
#: Seconds to wait for a thread whose pipe has been cut.
_PATIENCE = 5.0
_processes: WeakSet[WorkerProcess] = WeakSet()


class WorkerProcess:
    """The process that trains, and the messages to and from it. Its methods may block.

    Parameters
    ----------
    command
        What to run.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._writing = threading.Lock()
        self._requested = self._stop_wanted = False
        #: Held by the one conversation that may read.
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
        """Return the next event; None once the process is gone or talks nonsense."""
        try:
            message = read_message(cast(BinaryIO, self._process.stdout))
            return None if message is None else decode(*message)
        except (OSError, EOFError, ValueError, KeyError, TypeError):
            return None

    def expect_request(self) -> None:
        """Forget an earlier request; a stop that is asked for from now on waits for the next."""
        self._requested = self._stop_wanted = False

    def request(self, images: SGEPImages, config: Config) -> None:
        """Ask for a training; a process that is gone does not hear it, as ``read`` will tell."""
        with self._writing:
            self._write(*pack_request(images, config))
            self._requested = True
            if self._stop_wanted:
                self._write({"do": "stop"})

    def put(self, message: Message) -> None:
        """Send another request than training; see ``request``."""
        with self._writing:
            self._write(*message)

    def ask_to_stop(self) -> None:
        """Ask the training to finish early, after the request for it has been sent."""
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
        return code


class _ConversationWorker(GeneratorWorker[Event, None, bool]):
    """A conversation that ends with its process when napari asks it to, as when it quits.

    Parameters
    ----------
    converse
        What is said and heard.
    process
        With whom.
    *args
        Further arguments of ``converse``.
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
        """Converse, mostly asleep on the pipe."""
        # All workers share a pool of as many threads as there are processors. One that sleeps for
        # a whole training must not keep others from running: on a single processor, not even the
        # stop would get through.
        pool = QThreadPool.globalInstance()
        pool.releaseThread()
        try:
            super().run()
        finally:
            pool.reserveThread()

    def quit(self) -> None:
        """Abort: without the process there is nothing more to wait for."""
        super().quit()
        self._process.end()


def _converse(
    process: WorkerProcess, request: Callable[[], None] | None = None
) -> Generator[Event, None, bool]:
    """Hear which devices there are and, where there is a request, put it and hear the answer.

    Returns whether the conversation came to its end; it breaks off when the process is gone.
    """
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
            if isinstance(event, Finished | Extended | Failed):
                return True
    return False


@thread_worker
def _ask_to_stop(process: WorkerProcess) -> None:
    # Off the GUI thread, because the request to train may still be on its way down the pipe.
    process.ask_to_stop()


class Trainer:
    """Training of one Session. All methods are called on the GUI thread and return at once.

    Parameters
    ----------
    session
        Told of all that happens.
    command
        What to run as the worker.
    """

    #: The devices that training can use, best first.
    devices_changed = Signal(list)

    def __init__(self, session: Session, command: Sequence[str] = COMMAND) -> None:
        self.devices: list[str] = []
        self._session = session
        #: What is trained on.
        self._images: SGEPImages | None = None
        session.dataset_changed.connect(self._on_dataset)
        self._command = tuple(command)
        self._process: WorkerProcess | None = None
        self._conversations: list[GeneratorWorker[Event, None, bool]] = []
        self._closed = False

    @property
    def pid(self) -> int | None:
        """Number of the worker process; None while there is none."""
        return None if self._process is None else self._process.pid

    def warm(self) -> None:
        """Start the process ahead of its use, so that the devices become known."""
        if not self._closed and (self._process is None or not self._process.alive):
            self._talk(self._at_hand())

    def start(self, config: Config) -> None:
        """Train on the session's images."""
        if self._closed or self._session.state != "ready" or self._session.images is None:
            return
        self._images = self._session.images
        self._session.begin()
        process = self._at_hand()
        process.expect_request()
        self._talk(process, partial(process.request, self._session.images, config))

    def ask(
        self,
        request: Callable[[], Message],
        hear: Callable[[Event], None],
        broke: Callable[[str], None],
    ) -> None:
        """Put another request than training; it waits while the process is at work.

        Parameters
        ----------
        request
            Makes the message, off the GUI thread.
        hear
            Called on the GUI thread with what is answered.
        broke
            Called instead of the end of the answer, with how the process ended: in words, none
            where it was dropped on purpose.
        """
        if self._closed:
            return
        process = self._at_hand()
        self._talk(process, lambda: process.put(request()), hear, broke)

    def stop(self) -> None:
        """Ask training to finish early with what it has learned."""
        if self._process is not None and self._session.state in ("starting", "training"):
            self._session.state = "stopping"
            _ask_to_stop(self._process).start()

    def cancel(self) -> None:
        """End training at once; the session is as it was before."""
        if self._session.running:
            self._drop_process()
            self._session.cancel()

    def close(self) -> None:
        """End the process and wait until no thread listens to it any more."""
        self._closed = True
        self._drop_process()
        deadline = time.monotonic() + _PATIENCE
        while any(each.is_running for each in self._conversations) and time.monotonic() < deadline:
            time.sleep(0.005)
        self._conversations.clear()

    def _at_hand(self) -> WorkerProcess:
        """Return the process, started where there is none."""
        if self._process is None or not self._process.alive:
            self._process = WorkerProcess(self._command)
        return self._process

    def _talk(
        self,
        process: WorkerProcess,
        request: Callable[[], None] | None = None,
        hear: Callable[[Event], None] | None = None,
        broke: Callable[[str], None] | None = None,
    ) -> None:
        conversation = create_worker(_converse, process, request, _worker_class=_ConversationWorker)
        conversation.yielded.connect(partial(self._hear, process, hear))
        conversation.returned.connect(partial(self._end, process, broke))
        conversation.finished.connect(partial(self._conversations_done, conversation))
        self._conversations.append(conversation)
        conversation.start()

    def _conversations_done(self, conversation: GeneratorWorker[Event, None, bool]) -> None:
        if conversation in self._conversations:
            self._conversations.remove(conversation)

    def _hear(
        self, process: WorkerProcess, hear: Callable[[Event], None] | None, event: Event
    ) -> None:
        # What a process said before it was dropped may arrive after that.
        if process is not self._process:
            return
        if isinstance(event, Devices):
            self.devices = list(event.names)
            self.devices_changed.emit(self.devices)
        elif hear is not None:
            hear(event)
            return
        self._session.receive(event)
        if isinstance(event, Finished | Failed):
            self._images = None
        if isinstance(event, Failed):
            self._session.cancel()
            complain(event.message)

    def _end(
        self, process: WorkerProcess, broke: Callable[[str], None] | None, complete: bool
    ) -> None:
        if complete:
            return
        if process is not self._process:
            if broke is not None:
                broke("")
            return
        self._process = self._images = None
        code = process.end()
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        training = self._session.running
        if broke is not None:
            broke("" if training else how)
        if training:
            # Also where it waited for another answer of the process.
            self._session.cancel()
            complain(
                f"Training broke off: its process {how}, often for want of memory. "
                "Everything is as it was before; train again, with fewer genes if need be."
            )
        elif broke is None:
            complain(f"Training is not at hand: its process {how}; see the terminal for why.")

    def _on_dataset(self) -> None:
        """End a training whose dataset is not shown any more."""
        if self._images is not None and self._images is not self._session.images:
            self._drop_process()

    def _drop_process(self) -> None:
        process, self._process, self._images = self._process, None, None
        if process is not None:
            process.end()


@atexit.register
def _end_all() -> None:
    for process in list(_processes):
        process.end()
