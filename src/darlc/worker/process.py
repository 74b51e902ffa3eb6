"""The engine's process: ``python -m darlc.worker``, driven by messages over its pipes.

It says which devices there are, then serves requests until its standard input ends, which is
also how it learns that its parent is gone: no operating system leaves it behind as an orphan.
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
from darlc.events import Devices, Event, Extended, Failed, Progress
from darlc.images.sgep_images import SGEPImages
from darlc.results.added_genes import AddedGenes
from darlc.worker.messages import Arrays, read_message, write_message
from darlc.worker.wire import encode, unpack_extension, unpack_request


class Train(Protocol):
    """What trains: a generator of events that ends early once ``stop()`` is true."""

    def __call__(
        self, images: SGEPImages, config: Config, *, stop: Callable[[], bool]
    ) -> Iterator[Event]:
        """Train and say how it goes."""


class Extend(Protocol):
    """What denoises and embeds genes outside a model, some at a time."""

    def __call__(self, weights: bytes, config: Config, images: SGEPImages) -> Iterator[AddedGenes]:
        """Yield the genes in their order."""


def serve(
    requests: BinaryIO,
    replies: BinaryIO,
    train: Train,
    extend: Extend,
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
    extend
        Called for ``{"do": "extend"}``.
    devices
        Names of the devices, asked once at the start.
    at_end
        Called on the reading thread when the requests end, also in the middle of a training.
    """
    waiting: queue.SimpleQueue[tuple[dict[str, Any], Arrays] | None] = queue.SimpleQueue()
    stop = threading.Event()

    def listen() -> None:
        try:
            while (message := read_message(requests)) is not None:
                if message[0].get("do") == "stop":
                    stop.set()
                else:
                    # Here and not where training starts: a stop sent right after must count.
                    stop.clear()
                    waiting.put(message)
        except (OSError, EOFError, ValueError):
            traceback.print_exc()
        at_end()
        waiting.put(None)

    threading.Thread(target=listen, name="requests", daemon=True).start()
    write_message(replies, *encode(Devices(devices())))
    while (message := waiting.get()) is not None:
        for event in _answer(message, train, extend, stop.is_set):
            write_message(replies, *encode(event))


def _answer(
    message: tuple[dict[str, Any], Arrays],
    train: Train,
    extend: Extend,
    stop: Callable[[], bool],
) -> Iterator[Event]:
    extends = message[0].get("do") == "extend"
    try:
        if extends:
            yield from _extension(message, extend)
        else:
            images, config = unpack_request(*message)
            yield from train(images, config, stop=stop)
    except DarlcError as error:
        yield Failed(str(error))
    except Exception as error:  # whatever it is, the user must hear of it and may train again
        traceback.print_exc()
        lines = str(error).strip().splitlines() or ["no more is known"]
        what = "Denoising" if extends else "Training"
        yield Failed(f"{what} broke off with {type(error).__name__}: {lines[0]}")


def _extension(message: tuple[dict[str, Any], Arrays], extend: Extend) -> Iterator[Event]:
    images, weights, config = unpack_extension(*message)
    parts: list[AddedGenes] = []
    done = 0
    for part in extend(weights, config, images):
        parts.append(part)
        done += part.n_genes
        yield Progress("denoise", done, images.n_genes)
    yield Extended(parts[0].and_then(parts[1:]))


def available_devices() -> tuple[str, ...]:
    """Return the devices that training can use here, best first."""
    from darlc.learn import devices

    return devices.available_devices()


def _train(images: SGEPImages, config: Config, *, stop: Callable[[], bool]) -> Iterator[Event]:
    from darlc.learn.train.run import train

    return train(images, config, stop=stop)


def _extend(weights: bytes, config: Config, images: SGEPImages) -> Iterator[AddedGenes]:
    from darlc.learn.encode.outside_genes import extending

    return extending(weights, config, images)


def main() -> None:
    """Serve the process that started this one."""
    # A library that prints must not write into the stream of messages.
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    # Ctrl+C in the viewer's terminal is the viewer's business.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        # At the end of the requests the parent is gone: what is being learned is for nobody.
        serve(
            sys.stdin.buffer,
            replies,
            _train,
            _extend,
            available_devices,
            at_end=lambda: os._exit(0),
        )
    except BrokenPipeError:
        os._exit(0)
