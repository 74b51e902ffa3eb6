"""Signals whose listeners do not depend on one another: one that fails stops none of the rest."""

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
    """What went wrong in listeners: each kind is logged once, and told once to who wants to know.

    A view that fails does so at every change, and would fill the log with one and the same line.
    """

    def __init__(self) -> None:
        self._seen: set[tuple[str, str, int]] = set()
        self._tellers: list[Callable[[str], None]] = []

    def tell(self, teller: Callable[[str], None]) -> None:
        """Have sentences about failures told to the user by this function, too."""
        if teller not in self._tellers:
            self._tellers.append(teller)

    def forget(self) -> None:
        """Tell anew of everything that goes wrong from now on."""
        self._seen.clear()

    def note(self, listener: str, error: Exception) -> None:
        """Take note of an error that a listener raised.

        Parameters
        ----------
        listener
            Its name, such as ``"GeneTable._on_dataset"``.
        error
            What it raised.
        """
        frames = extract_tb(error.__traceback__)
        kind = listener, type(error).__name__, (frames[-1].lineno or 0) if frames else 0
        if kind in self._seen:
            return
        self._seen.add(kind)
        _logger.error("%s failed", listener, exc_info=error)
        sentence = (
            f"A part of the window could not follow ({listener}: {type(error).__name__}: {error}). "
            "The others did: close its dock and open it again, and please report it."
        )
        for teller in self._tellers:
            teller(sentence)


#: Of all signals of the plugin.
failures = Failures()


class _Instance(SignalInstance):
    """Calls every listener, whatever the others raise."""

    def _run_emit_loop(self, args: tuple[Any, ...]) -> None:
        for slot in list(self._slots):
            # An earlier listener may have closed the dock of a later one.
            if slot not in self._slots or not slot._is_alive():
                continue
            try:
                slot.cb(args)
            except Exception as error:
                failures.note(slot.slot_repr(), error)


def Signal(*types: Any) -> PsygnalSignal:
    """Return a psygnal signal whose listeners do not depend on one another.

    Parameters
    ----------
    *types
        Of what is sent along.
    """
    return PsygnalSignal(*types, signal_instance_class=_Instance)
