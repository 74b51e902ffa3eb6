"""Sentences for the user, as notifications of napari that can be read in full."""

from __future__ import annotations

from functools import partial

from napari.utils.notifications import (
    Notification,
    NotificationSeverity,
    notification_manager,
)
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication

from napari_darlc.napari_private.notification_boxes import (
    is_moving,
    is_unfolded,
    keep_for,
    notification_boxes,
    unfold,
)

#: Milliseconds in which a notification slides in, and a little more.
_SLIDING = 350
#: Milliseconds for which it stays: what a slow reader needs for a letter.
_A_LETTER = 70


def tell(sentence: str) -> None:
    """Say what was done or found."""
    _dispatch(sentence, NotificationSeverity.INFO)


def warn(sentence: str) -> None:
    """Say what the user should know before going on."""
    _dispatch(sentence, NotificationSeverity.WARNING)


def complain(sentence: str) -> None:
    """Say what went wrong, and what to do."""
    _dispatch(sentence, NotificationSeverity.ERROR)


def take_back(sentence: str) -> None:
    """Close what says a sentence that holds no more, if it is still there."""
    for box in notification_boxes(sentence):
        box.close()


def _dispatch(sentence: str, severity: NotificationSeverity) -> None:
    notification_manager.dispatch(Notification(sentence, severity=severity))
    if QApplication.instance() is not None:
        QTimer.singleShot(_SLIDING, partial(_unfold, sentence))


def _unfold(sentence: str) -> None:
    """Unfold a notification that shows no more than the beginning, and leave time to read it."""
    for box in notification_boxes(sentence):
        if is_unfolded(box):
            continue
        if is_moving(box):
            QTimer.singleShot(_SLIDING, partial(_unfold, sentence))
            continue
        unfold(box)
        keep_for(box, _A_LETTER * len(sentence))
