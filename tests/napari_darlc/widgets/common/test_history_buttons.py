"""Undo and redo, with buttons that say what they would do."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_darlc.session.session import Session
from napari_darlc.widgets.common.history_buttons import HistoryButtons

Control, Shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def buttons(session: Session, qtbot: QtBot) -> HistoryButtons:
    dock = QWidget()
    layout = QVBoxLayout(dock)
    buttons = HistoryButtons(session, dock)
    layout.addWidget(buttons)
    qtbot.addWidget(dock)
    dock.resize(500, 60)
    with qtbot.waitExposed(dock):
        dock.show()
    buttons.dock = dock  # type: ignore[attr-defined]
    return buttons


def test_buttons_say_what_they_do(buttons: HistoryButtons, session: Session, qtbot: QtBot) -> None:
    assert not buttons.undo.isEnabled() and "nothing to undo" in buttons.undo.toolTip()
    session.pin(3)
    session.pin(4)
    assert buttons.undo.text() == "Undo: pin Gene4"
    assert buttons.undo.toolTip() == "Undo: pin Gene4 (Ctrl+Z)"
    qtbot.mouseClick(buttons.undo, Qt.MouseButton.LeftButton)
    assert session.pinned == (3,)
    assert buttons.undo.text() == "Undo: pin Gene3" and buttons.redo.text() == "Redo: pin Gene4"
    qtbot.mouseClick(buttons.redo, Qt.MouseButton.LeftButton)
    assert session.pinned == (3, 4)
    assert not buttons.redo.isEnabled() and buttons.redo.text() == "Redo"


def test_keys_do_what_the_buttons_do(
    buttons: HistoryButtons, session: Session, qtbot: QtBot
) -> None:
    session.pin(3)
    dock = buttons.parentWidget()
    dock.activateWindow()
    qtbot.waitUntil(dock.isActiveWindow)
    dock.setFocus()
    qtbot.keyClick(dock, Qt.Key.Key_Z, Control)
    assert session.pinned == ()
    qtbot.keyClick(dock, Qt.Key.Key_Z, Control | Shift)
    assert session.pinned == (3,)


def test_a_narrow_button_says_what_there_is_room_for(
    buttons: HistoryButtons, session: Session, qtbot: QtBot
) -> None:
    session.select([1, 2, 3])
    buttons.parentWidget().resize(160, 60)
    qtbot.waitUntil(lambda: buttons.undo.text().endswith("…"))
    assert buttons.undo.accessibleName() == "Undo: select 3 genes"


def test_without_room_for_the_step_a_button_has_its_verb(
    buttons: HistoryButtons, session: Session, qtbot: QtBot
) -> None:
    session.select([1, 2, 3])
    buttons.undo.resize(50, 24)
    assert buttons.undo.text() == "Undo…" and "select 3 genes" in buttons.undo.toolTip()
    assert buttons.undo.minimumWidth() >= buttons.undo.fontMetrics().horizontalAdvance("Undo…")
