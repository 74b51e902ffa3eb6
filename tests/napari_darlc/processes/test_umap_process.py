"""UMAP beside the window: its answer, its failures, its end. Something quick stands in for it."""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import psutil
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QObject

from napari_darlc.processes.umap_process import UmapFailedError, UmapProcess, umap_aside

VECTORS = np.arange(30.0).reshape(10, 3).astype(np.float32)
START = np.arange(20.0).reshape(10, 2).astype(np.float32)
ANSWER = """
import sys
from darlc.worker.messages import read_message, write_message
header, arrays = read_message(sys.stdin.buffer)
write_message(sys.stdout.buffer, {}, {"plane": arrays["vectors"][:, :2] + arrays["start"]})
"""
REFUSE = """
import sys
from darlc.worker.messages import read_message, write_message
read_message(sys.stdin.buffer)
write_message(sys.stdout.buffer, {"error": "it is missing: install it."})
"""
WAIT = "import sys; sys.stdin.buffer.read()"

Make = Callable[[str], UmapProcess]


@pytest.fixture
def owner(qapp: object) -> QObject:
    return QObject()


@pytest.fixture
def make(owner: QObject) -> Make:
    """Return what makes a process that runs a script."""
    return lambda script: UmapProcess(owner, (sys.executable, "-c", script))


def test_the_answer_of_the_process(make: Make, qtbot: QtBot) -> None:
    process = make(ANSWER)
    with qtbot.waitSignal(process.arranged) as answer:
        process.ask(VECTORS, START)
        assert process.pid is not None
    np.testing.assert_array_equal(answer.args[0], VECTORS[:, :2] + START)
    assert process.pid is None


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        (REFUSE, "it is missing: install it."),
        ("raise SystemExit(3)", "UMAP failed; see the terminal for details."),
        ("import os; os.close(0); import time; time.sleep(.2)", "UMAP failed"),
        ("print('no message at all, but long enough')", "UMAP failed"),
    ],
)
def test_what_went_wrong_is_said(make: Make, script: str, sentence: str, qtbot: QtBot) -> None:
    process = make(script)
    with qtbot.waitSignal(process.failed) as failure:
        process.ask(VECTORS, START)
    assert failure.args[0].startswith(sentence)
    assert process.pid is None


def test_the_answer_can_be_waited_for() -> None:
    plane = umap_aside(VECTORS, START, (sys.executable, "-c", ANSWER))
    np.testing.assert_array_equal(plane, VECTORS[:, :2] + START)
    with pytest.raises(UmapFailedError, match="it is missing"):
        umap_aside(VECTORS, START, (sys.executable, "-c", REFUSE))
    with pytest.raises(UmapFailedError, match="see the terminal"):
        umap_aside(VECTORS, START, (sys.executable, "-c", "raise SystemExit(3)"))


def test_a_program_that_is_not_there(owner: QObject, qtbot: QtBot) -> None:
    process = UmapProcess(owner, ("no such program",))
    with qtbot.waitSignal(process.failed):
        process.ask(VECTORS, START)


def test_a_new_question_ends_the_old_one(make: Make, qtbot: QtBot) -> None:
    process = make(WAIT)
    heard: list[object] = []
    process.arranged.connect(heard.append)
    process.failed.connect(heard.append)
    process.ask(VECTORS, START)
    first = process.pid
    process.ask(VECTORS, START)
    assert first is not None and process.pid != first
    qtbot.waitUntil(lambda: not psutil.pid_exists(first))
    process.stop()
    assert process.pid is None
    qtbot.wait(50)
    assert not heard


def test_it_ends_with_its_owner(
    make: Make, owner: QObject, qtbot: QtBot, capfd: pytest.CaptureFixture[str]
) -> None:
    process = make(WAIT)
    process.ask(VECTORS, START)
    pid = process.pid
    assert pid is not None
    owner.deleteLater()
    qtbot.waitUntil(lambda: not psutil.pid_exists(pid))
    assert "QProcess" not in capfd.readouterr().err
