"""Messages to the user, as napari notifications that show the whole text."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from napari.utils.notifications import (
    Notification,
    NotificationSeverity,
    notification_manager,
)
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication

from napari_darlc.napari_private.notification_boxes import (
    hide_source,
    is_moving,
    is_unfolded,
    keep_for,
    notification_boxes,
    unfold,
)

#: Milliseconds until a notification has appeared.
_SLIDING = 350
#: Milliseconds that it stays, for each letter.
_A_LETTER = 70


def show_info(sentence: str, *actions: tuple[str, Callable[[], object]]) -> None:
    """Show what was done or found.

    Parameters
    ----------
    sentence
        What it says.
    *actions
        Text of a button in it, and what a click on the button does.
    """
    _dispatch(sentence, NotificationSeverity.INFO, actions)


def show_warning(sentence: str) -> None:
    """Show a warning."""
    _dispatch(sentence, NotificationSeverity.WARNING)


def show_error(sentence: str) -> None:
    """Show what went wrong, and what to do."""
    _dispatch(sentence, NotificationSeverity.ERROR)


def withdraw(sentence: str) -> None:
    """Close the notification of a message that is no longer true, if it is still shown."""
    for box in notification_boxes(sentence):
        box.close()


def _dispatch(
    sentence: str,
    severity: NotificationSeverity,
    actions: tuple[tuple[str, Callable[[], object]], ...] = (),
) -> None:
    # napari calls them with the notification's box.
    buttons = [(text, partial(_call, do)) for text, do in actions]
    notification_manager.dispatch(Notification(sentence, severity=severity, actions=buttons))
    if QApplication.instance() is not None:
        QTimer.singleShot(_SLIDING, partial(_expand, sentence))


def _call(do: Callable[[], object], *_box: object) -> None:
    do()


def _expand(sentence: str) -> None:
    """Expand a notification with truncated text, and leave time to read it."""
    for box in notification_boxes(sentence):
        if is_unfolded(box):
            continue
        if is_moving(box):
            QTimer.singleShot(_SLIDING, partial(_expand, sentence))
            continue
        hide_source(box)
        unfold(box)
        keep_for(box, _A_LETTER * len(sentence))
