"""The boxes that napari shows notifications in: sentences can be sent publicly, boxes not seen."""

from __future__ import annotations

from napari._qt.dialogs.qt_notification import NapariQtNotification
from qtpy.QtWidgets import QApplication


def notification_boxes(sentence: str | None = None) -> list[NapariQtNotification]:
    """Return the boxes on the screen, of all windows.

    Parameters
    ----------
    sentence
        What they say; any sentence where it is left out.
    """
    if QApplication.instance() is None:
        return []
    there = {
        box
        for window in QApplication.topLevelWidgets()
        for box in window.findChildren(NapariQtNotification)
    }
    return [box for box in there if sentence is None or box.message.text() == sentence]


def is_unfolded(box: NapariQtNotification) -> bool:
    """Return whether a box shows all that it says."""
    return bool(box.property("expanded"))


def is_moving(box: NapariQtNotification) -> bool:
    """Return whether a box still slides in or grows."""
    return bool(box.geom_anim.state() == box.geom_anim.State.Running)


def unfold(box: NapariQtNotification) -> None:
    """Show the whole sentence of a box, where it shows no more than the beginning."""
    if box.message.sizeHint().height() > box.message.height():
        box.expand()
        # Qt breaks lines a little earlier than napari expects.
        line = box.message.fontMetrics().height()
        box.geom_anim.setEndValue(box.geom_anim.endValue().adjusted(0, -line, 0, 0))


def hide_source(box: NapariQtNotification) -> None:
    """Hide where in the code a notification came from: what a user reads is the sentence."""
    box.source_label.hide()


def keep_for(box: NapariQtNotification, milliseconds: int) -> None:
    """Leave a box on the screen for a time, or for as long as napari does where that is longer."""
    box.timer.setInterval(max(box.DISMISS_AFTER, milliseconds))
