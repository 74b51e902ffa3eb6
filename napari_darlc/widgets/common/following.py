"""Connect a widget to signals of the Session, and of layers, until the widget is destroyed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from weakref import WeakMethod

from napari.components import LayerList
from psygnal import SignalInstance
from qtpy.QtWidgets import QWidget

#: References to the functions until Qt calls them: the garbage collector may collect widget,
#: session and functions together, and would clear the functions before it destroys the widget.
_waiting: set[Callable[[], None]] = set()


def follow(widget: QWidget, *pairs: tuple[SignalInstance, Callable[..., Any]]) -> None:
    """Connect signals to methods until the widget is destroyed.

    Otherwise a signal would call the Python object of a closed dock, whose Qt object is deleted.

    Parameters
    ----------
    widget
        The widget; connections end with it.
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


def follow_layers(widget: QWidget, layers: LayerList, method: Callable[..., Any]) -> None:
    """Call a method whenever layers come, go or change places, until the widget is destroyed.

    Parameters
    ----------
    widget
        The widget; connections end with it.
    layers
        The viewer's layers.
    method
        Bound method that takes an event.
    """
    for event in (layers.events.inserted, layers.events.removed, layers.events.reordered):
        event.connect(method)
        widget.destroyed.connect(partial(_release, event, WeakMethod(method)))


def _release(event: Any, weak: WeakMethod[Any]) -> None:
    if (method := weak()) is not None:
        event.disconnect(method)
