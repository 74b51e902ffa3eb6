"""A question is answered once, by the button that was clicked."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QAbstractButton, QMessageBox, QWidget

from napari_darlc.saving.questions import open_question


@pytest.mark.parametrize("text", ["Yes", "No"])
def test_the_button_that_was_clicked_is_the_answer(text: str, qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    box = QMessageBox(window)
    box.addButton(QMessageBox.StandardButton.Yes)
    box.addButton(QMessageBox.StandardButton.No)
    answers: list[QAbstractButton | None] = []
    open_question(box, answers.append)
    assert box.isVisible() and answers == []
    clicked = next(each for each in box.buttons() if each.text().replace("&", "") == text)
    clicked.click()
    assert answers == [clicked]
    qtbot.waitUntil(lambda: not window.findChildren(QMessageBox))


def test_it_is_answered_once(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    box = QMessageBox(window)
    box.addButton(QMessageBox.StandardButton.Cancel)
    answers: list[QAbstractButton | None] = []
    open_question(box, answers.append)
    box.reject()
    box.reject()
    assert answers == [None]
