"""Signals with independent listeners: an error in one does not stop the others."""

from __future__ import annotations

import logging
from collections.abc import Callable
from traceback import extract_tb
from typing import Any

from psygnal import Signal as PsygnalSignal
from psygnal import SignalInstance

__all__ = ["Failures", "Signal", "failures"]

_logger = logging.getLogger(__name__)


class Failures:
    """Errors in listeners: each kind is logged once, and reported once to the user.

    A view that fails does so at every change, and would fill the log.
    """

    def __init__(self) -> None:
        self._seen: set[tuple[str, str, int]] = set()
        self._tellers: list[Callable[[str], None]] = []

    def report_to(self, report: Callable[[str], None]) -> None:
        """Call this function, too, with sentences about failures."""
        if report not in self._tellers:
            self._tellers.append(report)

    def forget(self) -> None:
        """Report all kinds of errors again from now on."""
        self._seen.clear()

    def note(self, listener: str, error: Exception) -> None:
        """Log and report an error of a listener.

        Parameters
        ----------
        listener
            Its name, such as ``"GeneTable._on_dataset"``.
        error
            The exception.
        """
        frames = extract_tb(error.__traceback__)
        kind = listener, type(error).__name__, (frames[-1].lineno or 0) if frames else 0
        if kind in self._seen:
            return
        self._seen.add(kind)
        _logger.error("%s failed", listener, exc_info=error)
        sentence = (
            f"A part of the window failed to update ({listener}: {type(error).__name__}: {error}). "
            "The others are up to date: close its dock and open it again, and please report this."
        )
        for report in self._tellers:
            report(sentence)


#: Failures of all signals of the plugin.
failures = Failures()


class _Instance(SignalInstance):
    """Calls every listener, whatever errors others raise."""

    def _run_emit_loop(self, args: tuple[Any, ...]) -> None:
        for slot in list(self._slots):
            # An earlier listener may have closed the dock of a later one.
            if slot not in self._slots or slot.dereference() is None:
                continue
            try:
                slot.cb(args)
            except Exception as error:
                failures.note(slot.slot_repr(), error)


def Signal(*types: Any) -> PsygnalSignal:
    """Return a psygnal signal with independent listeners.

    Parameters
    ----------
    *types
        Types of the arguments.
    """
    return PsygnalSignal(*types, signal_instance_class=_Instance)
