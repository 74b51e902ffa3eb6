"""Work off the GUI thread: the newest answer counts, and nobody ever waits for one."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QObject

from napari_darlc.processes.background import Background

#: Ends its owner while a question is being answered, with the interpreter held throughout.
CLOSE_WHILE_WORKING = """
import threading, time
from qtpy import API_NAME
from qtpy.QtCore import QCoreApplication, QObject
from napari_darlc.processes.background import Background
if API_NAME == "PySide6":
    from shiboken6 import delete
else:
    from PyQt6.sip import delete

app = QCoreApplication([])
owner, asked, go_on = QObject(), threading.Event(), threading.Event()
background = Background(owner)
background.answered.connect(lambda *_: print("an answer for nobody"))

def question():
    asked.set()
    go_on.wait()

background.ask("key", question)
asked.wait()
delete(owner)
go_on.set()
time.sleep(0.2)
app.processEvents()
print("closed")
"""


@pytest.fixture
def owner(qapp: object) -> QObject:
    return QObject()


def test_only_the_newest_question_waits(owner: QObject, qtbot: QtBot) -> None:
    background = Background(owner)
    answers: list[tuple[object, object]] = []
    background.answered.connect(lambda key, answer: answers.append((key, answer)))
    go_on = threading.Event()

    def first() -> str:
        go_on.wait(10)
        return threading.current_thread().name

    background.ask(0, first)
    for key in (1, 2, 3):
        background.ask(key, lambda key=key: key * 10)  # type: ignore[misc]
    assert background.busy and not answers
    go_on.set()
    qtbot.waitUntil(lambda: len(answers) == 2)
    assert not background.busy
    assert answers[0][0] == 0 and answers[0][1] != threading.main_thread().name
    assert answers[1] == (3, 30)


def test_a_question_that_fails_does_not_block_the_next(owner: QObject, qtbot: QtBot) -> None:
    background = Background(owner)
    answers: list[tuple[object, object]] = []
    background.answered.connect(lambda key, answer: answers.append((key, answer)))

    def fail() -> None:
        raise ValueError("no answer")

    with qtbot.captureExceptions() as raised:
        background.ask(0, fail)
        background.ask(1, lambda: "fine")
        qtbot.waitUntil(lambda: bool(answers))
    assert answers == [(1, "fine")]
    assert [str(error) for _, error, _ in raised] == ["no answer"]


def test_ending_the_owner_waits_for_no_answer() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CLOSE_WHILE_WORKING], capture_output=True, text=True, timeout=100
    )
    assert done.stdout.split("\n") == ["closed", ""], done.stderr
