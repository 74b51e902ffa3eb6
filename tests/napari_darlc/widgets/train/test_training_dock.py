"""The training dock in a real window."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import napari
import numpy as np
import pytest
from napari.utils.notifications import Notification
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog, QMessageBox, QPushButton

from darlc import estimate
from darlc.config import Config
from darlc.data.dataset import Dataset
from darlc.data.keys import RESULT
from darlc.events import Failed, Finished, Losses, Progress, Started
from darlc.images.sgep_images import SGEPImages
from darlc.results.result import Result
from napari_darlc.session.session import Session
from napari_darlc.widgets.common import save_button
from napari_darlc.widgets.train.progress import time_left_text
from napari_darlc.widgets.train.training_dock import TrainingDock

Learn = Callable[[Session, Result], None]
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def dock(session: Session, trainer: Any, qtbot: QtBot) -> TrainingDock:
    """Return a training dock on the screen whose trainer only takes notes."""
    window = cast(napari.Viewer, None)
    dock = TrainingDock(window, session, trainer, ask=lambda deed, go: go())
    qtbot.addWidget(dock)
    dock.show()
    qtbot.waitUntil(dock.isVisible)
    return dock


def enabled(dock: TrainingDock) -> dict[str, bool]:
    buttons = {"train": dock.train, "stop": dock.stop, "cancel": dock.cancel, "save": dock.save}
    return {name: button.isEnabled() for name, button in buttons.items()}


def only(*names: str) -> dict[str, bool]:
    return {name: name in names for name in ("train", "stop", "cancel", "save")}


def test_in_a_window_without_a_dataset_it_says_what_to_do(
    viewer: napari.Viewer, qtbot: QtBot
) -> None:
    dock = TrainingDock(viewer)
    viewer.window.add_dock_widget(dock)
    qtbot.waitUntil(dock.isVisible)
    assert "Drop a Visium folder" in dock.summary.facts.text()
    assert not dock.summary.more.isVisible() and not dock.progress.isVisible()
    assert enabled(dock) == only()
    assert "open a dataset first" in dock.train.toolTip()


def test_the_dataset_is_summed_up(dock: TrainingDock, images: SGEPImages, session: Session) -> None:
    text = dock.summary.facts.text()
    assert session.dataset is not None
    assert "<b>hexagonal</b>" in text
    assert f"{session.dataset.adata.n_obs} observations × 12 genes" in text
    assert f"{images.n_pixels} in tissue" in text and "read as counts" in text
    assert images.notes[0] in dock.summary.notes.text()
    assert dock.summary.more.text() == f"Notes ({len(images.notes)})"


def test_buttons_follow_the_state(
    dock: TrainingDock, session: Session, result: Result, learn: Learn
) -> None:
    assert enabled(dock) == only("train")
    session.begin()
    assert enabled(dock) == only("cancel")
    assert not dock.parameters.isEnabled()
    session.receive(Started("cpu", np.arange(9)))
    assert enabled(dock) == only("stop", "cancel")
    session.state = "stopping"
    assert enabled(dock) == only("cancel")
    session.receive(Finished(result))
    assert enabled(dock) == only("train", "save")
    assert dock.parameters.isEnabled()


def test_buttons_reach_the_trainer(
    dock: TrainingDock, session: Session, trainer: Any, qtbot: QtBot
) -> None:
    dock.parameters.widgets["preset"].value = "quick"
    dock.parameters.widgets["include"].value = "gene3, Gene11"
    qtbot.mouseClick(dock.train, LEFT)
    session.begin()
    session.receive(Started("cpu", np.arange(9)))
    qtbot.mouseClick(dock.stop, LEFT)
    qtbot.mouseClick(dock.cancel, LEFT)
    expected = Config.from_preset("quick", include=("Gene3", "Gene11"))
    assert trainer.asked == ["devices", expected, "stop", "cancel"]


def test_training_again_does_not_push_unsaved_edits_aside(
    viewer: napari.Viewer, window_session: Session, result: Result, trainer: Any, qtbot: QtBot
) -> None:
    dock = TrainingDock(viewer, trainer=trainer)
    viewer.window.add_dock_widget(dock)
    qtbot.waitUntil(dock.isVisible)
    session, window = window_session, viewer.window._qt_window

    def answer(text: str) -> None:
        (box,) = (each for each in window.findChildren(QMessageBox) if each.isVisible())
        assert "The edited clusters of hexagonal are not saved yet" in box.text()
        assert box.informativeText() == "Train again, and replace them?"
        next(each for each in box.buttons() if each.text().replace("&", "") == text).click()

    session.begin()
    session.receive(Finished(result))
    session.mark_saved()
    qtbot.mouseClick(dock.train, LEFT)
    assert len(trainer.asked) == 2  # all is in a file, nothing is asked
    assert session.clusters is not None
    session.edit("rename", session.clusters.renamed(0, "myelin"))
    qtbot.mouseClick(dock.train, LEFT)
    answer("Cancel")
    assert len(trainer.asked) == 2
    assert session.clusters.names[0] == "myelin" and session.unsaved
    qtbot.mouseClick(dock.train, LEFT)
    answer("Discard")
    assert len(trainer.asked) == 3 and isinstance(trainer.asked[2], Config)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("genes", 1, "genes must be at least 2, not 1."),
        ("train.mask", 1.0, "train.mask must be less than 1, not 1.0."),
        ("include", "Gene1 Nope", "include: Nope is not among the genes of the dataset"),
    ],
)
def test_an_invalid_value_is_explained(
    dock: TrainingDock, field: str, value: Any, sentence: str
) -> None:
    widget = dock.parameters.widgets[field]
    good = widget.value
    widget.value = value
    assert dock.parameters.error.isVisible()
    assert dock.parameters.error.text().startswith(sentence)
    assert not dock.train.isEnabled()
    widget.value = good
    assert not dock.parameters.error.isVisible()
    assert dock.train.isEnabled()


def test_stage_steps_time_and_device(dock: TrainingDock, session: Session) -> None:
    session.begin()
    session.receive(Started("cuda", np.arange(9)))
    session.receive(Progress("pretrain", 3, 8, 95.0))
    progress = dock.progress
    assert progress.stages.current == "pretrain"
    assert progress.stages.done == ("rasterize", "denoise")
    assert (progress.bar.value(), progress.bar.maximum()) == (3, 8)
    assert progress.bar.text() == "pretrain 3 of 8"
    assert progress.time_left.text() == "about 2 min left"
    assert progress.status.text() == "Training 9 genes on cuda"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (float("nan"), ""),
        (3, "a few seconds left"),
        (41, "about 50 s left"),
        (600, "about 10 min left"),
        (9000, "about 2.5 h left"),
    ],
)
def test_time_in_words(seconds: float, words: str) -> None:
    assert time_left_text(seconds) == words


def test_the_end_of_training(dock: TrainingDock, session: Session, result: Result) -> None:
    session.begin()
    session.receive(Finished(result))
    assert dock.progress.status.text() == "9 genes in 3 clusters, trained on cpu"
    assert dock.progress.stages.done[-1] == "assign"
    assert dock.losses.values("joint", "total").tolist() == [2.0, 1.5, 1.2]
    assert dock.parameters.config() == result.config


def test_losses_are_drawn_as_they_come(dock: TrainingDock, session: Session) -> None:
    assert not dock.losses.isVisible()
    session.begin()
    session.receive(Started("cpu", np.arange(9)))
    session.receive(Losses("denoise", 0, {"total": 2.0}))
    session.receive(Losses("denoise", 1, {"total": 1.0}))
    assert dock.losses.isVisible()
    assert dock.losses.line("total").tolist() == [[0.0, 1.0], [1.0, 0.0]]


def test_cancel_leaves_nothing_behind(
    dock: TrainingDock, session: Session, result: Result, learn: Learn
) -> None:
    learn(session, result)
    session.receive(Losses("joint", 0, {"total": 2.0}))
    session.cancel()
    assert not dock.losses.isVisible()
    assert dock.progress.stages.current is None
    assert dock.progress.status.text() == "Press Train to find genes that share a pattern."
    assert enabled(dock) == only("train")


def test_why_training_failed_stays_on_the_screen(dock: TrainingDock, session: Session) -> None:
    session.begin()
    session.receive(Failed("fewer genes than clusters."))
    session.cancel()
    assert dock.progress.status.text() == "Training ended: fewer genes than clusters."


def test_devices_arrive(dock: TrainingDock, trainer: Any) -> None:
    trainer.devices_changed.emit(["cuda", "cpu"])
    assert dock.parameters.widgets["device"].choices == ("auto", "cuda", "cpu")


def test_every_button_has_a_tooltip(dock: TrainingDock) -> None:
    assert not [b.text() for b in dock.findChildren(QPushButton) if not b.toolTip()]


def test_it_fits_a_small_screen(dock: TrainingDock) -> None:
    assert dock.minimumSizeHint().width() <= 400
    assert dock.minimumSizeHint().height() <= 500


@pytest.mark.parametrize(
    ("typed", "written"), [("out.h5ad", "out.h5ad"), ("out.zarr", "out.zarr"), ("out", "out.h5ad")]
)
def test_save_asks_for_a_name(
    dock: TrainingDock,
    session: Session,
    result: Result,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    typed: str,
    written: str,
) -> None:
    session.begin()
    session.receive(Finished(result))
    saved: list[Path] = []
    monkeypatch.setattr(save_button, "save_result", lambda session, path: saved.append(path))
    answer = (str(tmp_path / typed), "AnnData, HDF5 (*.h5ad)")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args: answer)
    qtbot.mouseClick(dock.save, LEFT)
    assert saved == [tmp_path / written]


def test_the_dataset_is_never_overwritten(
    dock: TrainingDock,
    session: Session,
    dataset: Dataset,
    result: Result,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    notifications: list[Notification],
) -> None:
    session.begin()
    session.receive(Finished(result))
    monkeypatch.setattr(save_button, "save_result", lambda *args: pytest.fail("it was written"))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args: (str(dataset.path), ""))
    qtbot.mouseClick(dock.save, LEFT)
    assert [told.message for told in notifications] == [
        "The dataset itself is never written to: choose another name."
    ]


def test_a_result_that_was_opened_again_is_saved_to_its_own_file(
    dock: TrainingDock,
    session: Session,
    dataset: Dataset,
    result: Result,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session.begin()
    session.receive(Finished(result))
    monkeypatch.setitem(dataset.adata.uns, RESULT, {})
    saved: list[Path] = []
    suggested: list[str] = []

    def choose(parent: object, title: str, name: str, filters: str) -> tuple[str, str]:
        suggested.append(name)
        return name, ""

    monkeypatch.setattr(save_button, "save_result", lambda session, path: saved.append(path))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)
    qtbot.mouseClick(dock.save, LEFT)
    assert saved == [dataset.path] and suggested == [str(dataset.path)]


def test_an_interrupted_training_is_offered(
    dock: TrainingDock, session: Session, trainer: Any, qtbot: QtBot, tmp_path: Path
) -> None:
    assert not dock.resume.isVisible()
    trainer.interrupted = tmp_path / "a.training"
    session.begin()
    assert not dock.resume.isVisible()
    session.cancel()
    assert dock.resume.isVisible()
    qtbot.mouseClick(dock.resume, LEFT)
    assert trainer.asked[-1] == "resume"


def test_what_training_needs_is_shown_and_refused_where_there_is_too_little(
    dock: TrainingDock, trainer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = dock.needs.line
    assert line.isVisible() and re.match(r"Training needs about 0\.\d GiB .* one core", line.text())
    assert dock.train.isEnabled()
    monkeypatch.setattr(estimate, "machine_memory", lambda: 2**27)
    dock.parameters.changed.emit()
    assert not dock.train.isEnabled()
    assert "this machine has 0.1 GiB" in dock.parameters.error.text()
    assert dock.train.toolTip() == dock.parameters.error.text()
    trainer.devices = ["cuda", "cpu"]
    dock.parameters.changed.emit()
    assert not line.isVisible() and dock.train.isEnabled(), "not known for other devices"
