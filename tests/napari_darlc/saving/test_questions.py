"""A question is answered once, and then keeps nothing of the window that asked it."""

from __future__ import annotations

import gc
from weakref import ref

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


def test_what_an_answer_needed_is_let_go_before_the_dialog_is_deleted(qtbot: QtBot) -> None:
    class Needed:
        pass

    def ask(window: QWidget, needed: Needed) -> QMessageBox:
        box = QMessageBox(window)
        open_question(box, lambda _clicked: setattr(needed, "window", window))
        return box

    window, needed = QWidget(), Needed()
    qtbot.addWidget(window)
    box, held = ask(window, needed), ref(needed)
    del needed
    assert held() is not None
    box.reject()
    gc.collect()
    assert held() is None
