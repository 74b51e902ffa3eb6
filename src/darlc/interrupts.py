"""Ctrl+C during long work: once to end it early and keep the result so far, twice to discard it.

A result that is being written is completed first.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stoppable() -> Iterator[Callable[[], bool]]:
    """Make the first Ctrl+C in the block request a stop, and the second one interrupt.

    Yields
    ------
    Callable
        Returns whether a stop was requested. Outside the main thread, and where another handler
        of Ctrl+C is installed, it never is.
    """
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield lambda: False
        return
    asked = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        asked.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        print(
            "darlc: stopping; what was learned so far is kept. Ctrl+C again discards it.",
            file=sys.stderr,
            flush=True,
        )

    signal.signal(signal.SIGINT, on_signal)
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def finishing(done: str = "") -> Iterator[None]:
    """Delay Ctrl+C until the end of the block, which then interrupts.

    File libraries lose an interrupt that comes in their callbacks, and half a file is useless.

    Parameters
    ----------
    done
        What was completed before the interruption, for the message; empty to leave it out.
    """
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    pressed: list[int] = []
    signal.signal(signal.SIGINT, lambda number, frame: pressed.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if pressed:
        raise KeyboardInterrupt(f"interrupted; {done}" if done else "interrupted")
