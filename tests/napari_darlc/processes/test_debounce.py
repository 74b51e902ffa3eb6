"""What may wait is done once, after a pause, and then as it was asked for last."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from napari_darlc.processes.debounce import PAUSE, Debouncer


def test_of_tasks_with_one_key_the_newest_is_done_and_once(qtbot: QtBot) -> None:
    done: list[str] = []
    debouncer = Debouncer()
    for task in ("old", "new"):
        debouncer.schedule("picture", lambda task=task: done.append(task))  # type: ignore[misc]
    debouncer.schedule("words", lambda: done.append("words"))
    assert done == [], "it waits"
    qtbot.waitUntil(lambda: done == ["new", "words"])
    qtbot.wait(2 * PAUSE)
    assert done == ["new", "words"]


def test_it_waits_for_as_long_as_there_is_news(qtbot: QtBot) -> None:
    done: list[int] = []
    debouncer = Debouncer()
    for step in range(8):
        debouncer.schedule("picture", lambda step=step: done.append(step))  # type: ignore[misc]
        qtbot.wait(PAUSE // 4)
    qtbot.waitUntil(lambda: done == [7])


def test_what_waits_can_be_done_at_once(qtbot: QtBot) -> None:
    done: list[str] = []
    debouncer = Debouncer()
    debouncer.schedule("picture", lambda: done.append("picture"))
    debouncer.flush()
    assert done == ["picture"]
    qtbot.wait(2 * PAUSE)
    assert done == ["picture"]
