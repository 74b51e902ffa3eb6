"""Ctrl+C, or a request to end, during long work: the result so far is kept, or written completely.

Once ends the work early, twice discards it. A scheduler's request to end (SIGTERM), which precedes
the end of a job's time, counts like Ctrl+C. A result that is being written is completed first.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

#: What each signal does where nobody has chosen otherwise.
_DEFAULTS: dict[signal.Signals, Callable[[int, FrameType | None], Any] | signal.Handlers] = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGTERM: signal.SIG_DFL,
}


@contextmanager
def stoppable() -> Iterator[Callable[[], bool]]:
    """Make the first signal in the block request a stop, and the second one end the work.

    Yields
    ------
    Callable
        Returns whether a stop was requested. Outside the main thread, and for a signal with
        another handler, it never is.
    """
    asked = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        asked.set()
        _restore(ours)
        print(
            "darlc: stopping; what was learned so far is kept. Ctrl+C again discards it.",
            file=sys.stderr,
            flush=True,
        )

    ours = _handle(on_signal)
    try:
        yield asked.is_set
    finally:
        _restore(ours)


@contextmanager
def finishing(done: str = "") -> Iterator[None]:
    """Delay signals until the end of the block, which then interrupts.

    File libraries lose an interrupt that comes in their callbacks, and half a file is useless.

    Parameters
    ----------
    done
        What was completed before the interruption, for the message; empty to leave it out.
    """
    received: list[int] = []
    ours = _handle(lambda number, frame: received.append(number))
    try:
        yield
    finally:
        _restore(ours)
    if received:
        raise KeyboardInterrupt(f"interrupted; {done}" if done else "interrupted")


def _handle(on_signal: Callable[[int, FrameType | None], None]) -> tuple[signal.Signals, ...]:
    """Handle the signals that nobody else handles; return them. None outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        return ()
    ours = tuple(each for each, usual in _DEFAULTS.items() if signal.getsignal(each) is usual)
    for each in ours:
        signal.signal(each, on_signal)
    return ours


def _restore(handled: tuple[signal.Signals, ...]) -> None:
    for each in handled:
        signal.signal(each, _DEFAULTS[each])
