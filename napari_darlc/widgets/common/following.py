"""Tie a widget to the Session's signals for as long as the widget lives, and no longer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakMethod

from psygnal import SignalInstance
from qtpy.QtWidgets import QWidget

#: Held from here until Qt calls them: the garbage collector may come upon widget, session and
#: these functions together, and would take the functions apart before it destroys the widget.
_waiting: set[Callable[[], None]] = set()


def follow(widget: QWidget, *pairs: tuple[SignalInstance, Callable[..., Any]]) -> None:
    """Connect signals to methods until the widget is destroyed.

    Without it a signal would reach the Python half of a closed dock, whose Qt half is gone.

    Parameters
    ----------
    widget
        Its end is the end of the connections.
    *pairs
        Signal and bound method.
    """
    kept = []
    for signal, method in pairs:
        signal.connect(method)
        kept.append((signal, WeakMethod(method)))

    def release() -> None:
        _waiting.discard(release)
        for signal, weak in kept:
            if (method := weak()) is not None:
                signal.disconnect(method, missing_ok=True)

    _waiting.add(release)
    widget.destroyed.connect(release)
