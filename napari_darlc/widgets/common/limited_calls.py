"""Calls of a widget's method that are held back: often asked for, and seldom made."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtWidgets import QWidget
from superqt.utils import QSignalDebouncer, QSignalThrottler

#: Milliseconds between two refreshes of a view, which events of training may ask for at any rate.
REFRESH_MS = 250


def throttled(
    widget: QWidget, method: Callable[[], object], milliseconds: int = REFRESH_MS
) -> QSignalThrottler:
    """Return what calls a method at most once in an interval, however often it is asked to.

    Parameters
    ----------
    widget
        Whose method it is; nothing is called any more once it is destroyed.
    method
        Called at the first request, and after the interval where there were more.
    milliseconds
        The interval.

    Returns
    -------
    QSignalThrottler
        Its ``throttle`` asks for a call.
    """
    limited = QSignalThrottler(parent=widget)
    limited.setTimeout(milliseconds)
    limited.triggered.connect(method)
    return limited


def debounced(widget: QWidget, method: Callable[[], object], milliseconds: int) -> QSignalDebouncer:
    """Return what calls a method once it was not asked to for a while.

    Parameters
    ----------
    widget
        Whose method it is; nothing is called any more once it is destroyed.
    method
        Called after the pause.
    milliseconds
        The pause.

    Returns
    -------
    QSignalDebouncer
        Its ``throttle`` asks for a call.
    """
    limited = QSignalDebouncer(parent=widget)
    limited.setTimeout(milliseconds)
    limited.triggered.connect(method)
    return limited
