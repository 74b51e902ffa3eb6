"""Sentences in a real window: a long one can be read in full."""

from __future__ import annotations

import napari
from napari._qt.dialogs.qt_notification import NapariQtNotification
from napari.utils.notifications import Notification
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QPushButton

from napari_darlc.notifications import show_error, show_info, show_warning

LONG = (
    "a_dataset_with_a_long_name.h5ad could not be saved: the folder that was named is on a disk "
    "that is full: remove some files or choose another folder."
)


def shown(viewer: napari.Viewer, sentence: str) -> list[NapariQtNotification]:
    found = viewer.window._qt_window.findChildren(NapariQtNotification)
    return [each for each in found if each.message.text() == sentence]


def test_a_long_sentence_is_unfolded_and_a_short_one_is_not(
    viewer: napari.Viewer, qtbot: QtBot, notifications: list[Notification]
) -> None:
    show_error(LONG)
    show_info("Done.")
    qtbot.waitUntil(
        lambda: len(shown(viewer, LONG)) == 1 and bool(shown(viewer, LONG)[0].property("expanded"))
    )
    (long,), (short,) = shown(viewer, LONG), shown(viewer, "Done.")
    qtbot.waitUntil(lambda: long.message.height() >= long.message.sizeHint().height())
    assert long.timer.interval() > short.timer.interval() == short.DISMISS_AFTER
    assert not short.property("expanded")
    assert [told.severity.value for told in notifications] == ["error", "info"]


def test_a_button_does_what_it_says(viewer: napari.Viewer, qtbot: QtBot) -> None:
    opened: list[str] = []
    show_info("The page is saved.", ("Open it", lambda: opened.append("page")))
    qtbot.waitUntil(lambda: len(shown(viewer, "The page is saved.")) == 1)
    (box,) = shown(viewer, "The page is saved.")
    (button,) = [each for each in box.findChildren(QPushButton) if each.text() == "Open it"]
    qtbot.waitUntil(button.isVisible)
    qtbot.waitUntil(lambda: not box.source_label.isVisible())  # the name of a class of napari's
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert opened == ["page"]


def test_without_a_window_it_is_said_all_the_same(notifications: list[Notification]) -> None:
    show_warning("Nobody looks.")
    assert [told.message for told in notifications] == ["Nobody looks."]
