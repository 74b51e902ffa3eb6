"""The engine's process: ``python -m darlc.worker``, driven by messages over its pipes.

It sends the available devices, then serves requests until its standard input ends, which also
happens when its parent process ends, on every operating system.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Protocol

from darlc.config import Config
from darlc.errors import DarlcError
from darlc.events import Devices, Event, Failed
from darlc.images.sgep_images import SGEPImages
from darlc.worker.messages import Arrays, read_message, write_message
from darlc.worker.wire import encode, unpack_request


class Train(Protocol):
    """A training function: a generator of events that ends early once ``stop()`` is true."""

    def __call__(
        self, images: SGEPImages, config: Config, *, stop: Callable[[], bool], **kept: Any
    ) -> Iterator[Event]:
        """Train, and yield events; ``kept`` is ``state`` and ``resume`` of `train`, or nothing."""


def serve(
    requests: BinaryIO,
    replies: BinaryIO,
    train: Train,
    devices: Callable[[], tuple[str, ...]],
    at_end: Callable[[], None],
) -> None:
    """Answer requests until there are no more.

    Parameters
    ----------
    requests, replies
        Streams of messages.
    train
        Called for ``{"do": "train"}``; its ``stop`` turns true with ``{"do": "stop"}``.
    devices
        Returns the names of the devices; called once at the start.
    at_end
        Called on the reading thread when the requests end, also during training.
    """
    waiting: queue.SimpleQueue[tuple[dict[str, Any], Arrays] | None] = queue.SimpleQueue()
    stop = threading.Event()

    def listen() -> None:
        try:
            while (message := read_message(requests)) is not None:
                if message[0].get("do") == "stop":
                    stop.set()
                else:
                    # Reset here, so that a stop that is sent right after the request is not lost.
                    stop.clear()
                    waiting.put(message)
        except (OSError, EOFError, ValueError):
            traceback.print_exc()
        at_end()
        waiting.put(None)

    threading.Thread(target=listen, name="requests", daemon=True).start()
    write_message(replies, *encode(Devices(devices())))
    while (message := waiting.get()) is not None:
        for event in _answer(message, train, stop.is_set):
            write_message(replies, *encode(event))


def _answer(
    message: tuple[dict[str, Any], Arrays],
    train: Train,
    stop: Callable[[], bool],
) -> Iterator[Event]:
    try:
        images, config, kept = unpack_request(*message)
        yield from train(images, config, stop=stop, **kept)
    except DarlcError as error:
        yield Failed(str(error))
    except Exception as error:  # any error is reported to the user, who may train again
        traceback.print_exc()
        lines = str(error).strip().splitlines() or ["no details are known"]
        yield Failed(f"Training failed with {type(error).__name__}: {lines[0]}")


def available_devices() -> tuple[str, ...]:
    """Return the devices that training can use, best first."""
    from darlc.learn import devices

    return devices.available_devices()


def _train(
    images: SGEPImages, config: Config, *, stop: Callable[[], bool], **kept: Any
) -> Iterator[Event]:
    from darlc.learn.train.run import train

    return train(images, config, stop=stop, **kept)


def main() -> None:
    """Serve the requests of the parent process."""
    # Output of libraries must not mix with the stream of messages.
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    # Ctrl+C in the terminal is handled by the viewer.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        # When requests end, the parent process has ended, and the result is not needed.
        serve(
            sys.stdin.buffer,
            replies,
            _train,
            available_devices,
            at_end=lambda: os._exit(0),
        )
    except BrokenPipeError:
        os._exit(0)
