"""Unsaved work is never lost without a question: at the window's end, and for another dataset."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import napari
import numpy as np
import pytest
from napari.utils.notifications import Notification
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QFileDialog, QMessageBox, QWidget

import darlc
from darlc.data.dataset import Dataset
from darlc.events import Finished, Started
from darlc.images.sgep_images import SGEPImages
from darlc.results.result import Result
from napari_darlc.saving.close_guard import ask_before, would_be_lost
from napari_darlc.session.session import Session
from napari_darlc.viewer_session import open_path, session_of, trainer_of


@pytest.fixture
def unsaved(session_with_tissue: Session, result: Result) -> Session:
    """Return a session with a result that no file holds."""
    session_with_tissue.begin()
    session_with_tissue.receive(Finished(result))
    return session_with_tissue


def question(parent: QWidget, qtbot: QtBot) -> QMessageBox:
    """Return the question that a window asks."""

    def asked() -> None:
        assert any(box.isVisible() for box in parent.findChildren(QMessageBox))

    qtbot.waitUntil(asked)
    return next(box for box in parent.findChildren(QMessageBox) if box.isVisible())


def answer(box: QMessageBox, text: str) -> None:
    next(each for each in box.buttons() if each.text().replace("&", "") == text).click()


def buttons(box: QMessageBox) -> set[str]:
    return {each.text().replace("&", "") for each in box.buttons()}


def test_what_is_at_stake(
    session_with_tissue: Session, result: Result, dataset: Dataset, images: SGEPImages
) -> None:
    session = session_with_tissue
    assert would_be_lost(session) == ()
    session.begin()
    session.receive(Started("cpu", np.arange(9)))
    (sentence,) = would_be_lost(session)
    assert sentence.startswith("Training on hexagonal is running")
    session.receive(Finished(result))
    assert would_be_lost(session) == ("The clusters of hexagonal are not saved yet.",)
    session.mark_saved()
    assert would_be_lost(session) == ()
    assert session.clusters is not None
    session.edit("rename", session.clusters.renamed(0, "myelin"))
    assert would_be_lost(session) == ("The edited clusters of hexagonal are not saved yet.",)
    session.begin()
    assert len(would_be_lost(session)) == 2
    session.open(dataset, images)
    assert would_be_lost(session) == ()


def test_without_anything_at_stake_it_is_done_at_once(
    session_with_tissue: Session, qtbot: QtBot
) -> None:
    done: list[int] = []
    parent = QWidget()
    qtbot.addWidget(parent)
    assert ask_before(parent, session_with_tissue, "?", lambda: done.append(1)) is None
    assert done == [1]


def test_the_answers(
    unsaved: Session,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    notifications: list[Notification],
) -> None:
    done: list[int] = []
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.show()

    def ask() -> QMessageBox:
        box = ask_before(parent, unsaved, "Close the window?", lambda: done.append(1))
        assert box is not None and buttons(box) == {"Save …", "Discard", "Cancel"}
        assert box.informativeText() == "Close the window?"
        return box

    answer(ask(), "Cancel")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args: ("", ""))
    answer(ask(), "Save …")  # and then no name is given
    assert not done
    missing = tmp_path / "missing" / "out.h5ad"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args: (str(missing), ""))
    answer(ask(), "Save …")
    qtbot.waitUntil(lambda: len(notifications) == 1)
    assert notifications[0].severity.value == "error" and not done and unsaved.unsaved
    path = tmp_path / "out.h5ad"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args: (str(path), ""))
    answer(ask(), "Save …")
    qtbot.waitUntil(lambda: bool(done))
    assert darlc.load(path).n_clusters == 3 and not unsaved.unsaved
    unsaved.mark_saved()


class Closings(QObject):
    """Counts what would close a window, and lets it live for the test's end."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.count = 0
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is None or event.type() != QEvent.Type.Close:
            return False
        self.count += 1
        event.ignore()
        return True


def test_closing_a_window_asks(
    viewer: napari.Viewer,
    dataset: Dataset,
    images: SGEPImages,
    result: Result,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    window = viewer.window._qt_window
    closings = Closings(window)  # before the session's: filters are asked last one first
    session = session_of(viewer)
    session.open(dataset, images, result)
    window.close()
    assert closings.count == 1  # all is saved, nothing is asked
    assert session.clusters is not None
    session.edit("rename", session.clusters.renamed(0, "myelin"))
    assert not window.close()
    box = question(window, qtbot)
    assert "edited clusters of hexagonal" in box.text()
    assert not window.close()  # asked once
    assert [each for each in window.findChildren(QMessageBox) if each.isVisible()] == [box]
    answer(box, "Cancel")
    assert closings.count == 1 and session.edited
    path = tmp_path / "edited.h5ad"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args: (str(path), ""))
    window.close()
    answer(question(window, qtbot), "Save …")
    qtbot.waitUntil(lambda: closings.count == 2)
    window.removeEventFilter(closings)
    edited = darlc.load(path).edited
    assert edited is not None and edited.names[0] == "myelin"


def test_a_script_that_closes_is_not_asked(
    make_napari_viewer: Callable[..., napari.Viewer],
    dataset: Dataset,
    images: SGEPImages,
    result: Result,
) -> None:
    viewer = make_napari_viewer(show=True)
    session = session_of(viewer)
    session.open(dataset, images)
    session.receive(Finished(result))
    window = viewer.window._qt_window
    viewer.close()
    assert not window.isVisible()


def test_another_dataset_does_not_push_unsaved_work_aside(
    viewer: napari.Viewer,
    dataset: Dataset,
    images: SGEPImages,
    result: Result,
    tmp_path: Path,
    qtbot: QtBot,
) -> None:
    paths = [tmp_path / "second.h5ad", tmp_path / "third.h5ad"]
    for path in paths:
        dataset.adata[:, :5].copy().write_h5ad(path)
    session, window = session_of(viewer), viewer.window._qt_window
    session.open(dataset, images)
    session.receive(Finished(result))
    open_path(viewer, paths[0])
    box = question(window, qtbot)
    assert box.informativeText() == "Open second in its place?"
    answer(box, "Cancel")
    assert session.dataset is dataset and session.result is not None
    # Training runs, too: its end is asked for along with the rest.
    session.begin()
    open_path(viewer, paths[0])
    box = question(window, qtbot)
    assert "Training on hexagonal is running" in box.text() and "not saved" in box.text()
    # A later drop takes the question back: it is about another dataset now.
    with qtbot.waitSignal(box.finished):
        open_path(viewer, paths[1])
    box = question(window, qtbot)
    assert session.state == "starting" and box.informativeText() == "Open third in its place?"
    answer(box, "Discard")
    assert session.dataset is not None and session.dataset.name == "third"
    assert session.state == "ready" and session.result is None
    assert trainer_of(viewer).pid is None


def test_training_alone_can_be_stopped_for_another_dataset(
    session_with_tissue: Session, qtbot: QtBot
) -> None:
    session_with_tissue.begin()
    done: list[int] = []
    parent = QWidget()
    qtbot.addWidget(parent)
    box = ask_before(parent, session_with_tissue, "?", lambda: done.append(1))
    assert box is not None and buttons(box) == {"Stop training", "Cancel"}
    answer(box, "Stop training")
    assert done == [1]
