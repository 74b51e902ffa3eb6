"""Ctrl+C during long work: once to end it early and keep what there is, twice to discard it.

While what was learned is being written there is nothing to end early: it is written first.
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
    """Have the first Ctrl+C of the block ask for a stop, and the second one interrupt.

    Yields
    ------
    Callable
        Returns whether a stop was asked for. Outside the main thread, and where somebody else
        has taken Ctrl+C, it never is.
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
    """Hold Ctrl+C back until the end of the block, which then interrupts.

    Python would drop it within the callbacks of file libraries, and half a file helps nobody.

    Parameters
    ----------
    done
        What to say was done before the interruption; nothing where it does not matter.
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
