"""Sentences for the user, as notifications of napari that can be read in full."""

from __future__ import annotations

from functools import partial

from napari._qt.dialogs.qt_notification import NapariQtNotification
from napari.utils.notifications import (
    Notification,
    NotificationSeverity,
    notification_manager,
)
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication

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
    if QApplication.instance() is not None:
        for window in QApplication.topLevelWidgets():
            for shown in window.findChildren(NapariQtNotification):
                if shown.message.text() == sentence:
                    shown.close()


def _dispatch(sentence: str, severity: NotificationSeverity) -> None:
    notification_manager.dispatch(Notification(sentence, severity=severity))
    if QApplication.instance() is not None:
        QTimer.singleShot(_SLIDING, partial(_unfold, sentence))


def _unfold(sentence: str) -> None:
    """Unfold a notification that shows no more than the beginning, and leave time to read it."""
    for window in QApplication.topLevelWidgets():
        for shown in window.findChildren(NapariQtNotification):
            if shown.message.text() != sentence or shown.property("expanded"):
                continue
            if shown.geom_anim.state() == shown.geom_anim.State.Running:
                QTimer.singleShot(_SLIDING, partial(_unfold, sentence))
                continue
            if shown.message.sizeHint().height() > shown.message.height():
                shown.expand()
                # Qt breaks lines a little earlier than napari reckons.
                line = shown.message.fontMetrics().height()
                shown.geom_anim.setEndValue(shown.geom_anim.endValue().adjusted(0, -line, 0, 0))
            shown.timer.setInterval(max(shown.DISMISS_AFTER, _A_LETTER * len(sentence)))
