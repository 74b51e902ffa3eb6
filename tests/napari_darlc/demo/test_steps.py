"""Stories go on when what they wait for comes true, and end with what went wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import napari
import numpy as np
import pytest
from napari._qt.dialogs.qt_notification import NapariQtNotification
from napari.utils.notifications import show_error, show_info
from pytestqt.qtbot import QtBot
from qtpy.QtGui import QImage

from darlc.data.dataset import Dataset
from darlc.images.sgep_images import SGEPImages
from darlc.results.result import Result
from napari_darlc.demo.steps import DemoSteps, Steps, photograph, surest_gene
from napari_darlc.session.session import Session
from napari_darlc.workspace import open_workspace


def tell(viewer: napari.Viewer, steps: Steps, qtbot: QtBot, patience: float = 60.0) -> str:
    ends: list[str] = []
    DemoSteps(viewer, steps, patience, ends.append)
    qtbot.waitUntil(lambda: bool(ends))
    qtbot.wait(200)
    assert len(ends) == 1
    return ends[0]


def test_steps_wait_for_conditions_and_seconds(viewer: napari.Viewer, qtbot: QtBot) -> None:
    asked: list[int] = []
    done: list[str] = []

    def third_time() -> bool:
        asked.append(len(asked))
        return len(asked) == 3

    def steps() -> Steps:
        yield third_time
        done.append("condition")
        yield 0.1
        done.append("seconds")

    assert tell(viewer, steps(), qtbot) == ""
    assert done == ["condition", "seconds"] and len(asked) == 3


def test_what_goes_wrong_ends_the_story(viewer: napari.Viewer, qtbot: QtBot) -> None:
    def wait_in_vain() -> Steps:
        yield lambda: False

    def stumble() -> Steps:
        yield 0.0
        raise OSError("no room")

    def complain() -> Steps:
        show_info("all is well")
        yield 0.1
        show_error("training broke off")
        yield lambda: False

    assert "was not met" in tell(viewer, wait_in_vain(), qtbot, patience=0.2)
    assert tell(viewer, stumble(), qtbot) == "OSError: no room"
    assert tell(viewer, complain(), qtbot) == "training broke off"


def test_a_photograph_shows_the_window_and_no_notification(
    viewer: napari.Viewer, qtbot: QtBot, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    open_workspace(viewer)
    path = tmp_path / "window.png"

    def steps() -> Steps:
        show_info("a long sentence over the canvas")
        yield 0.5
        yield from photograph(viewer, path)

    assert tell(viewer, steps(), qtbot) == ""
    picture = QImage(str(path))
    assert picture.size() == viewer.window._qt_window.size()
    assert str(path) in capsys.readouterr().out
    notes = viewer.window._qt_window.findChildren(NapariQtNotification)
    assert not any(note.isVisible() for note in notes)


def test_the_surest_gene_is_bright_and_modelled(
    dataset: Dataset, images: SGEPImages, result: Result
) -> None:
    membership = np.full_like(result.membership, 0.01)
    membership[np.arange(9), np.arange(9) % 3] = 0.98
    membership[[4, 7]] = 1 / 3
    session = Session()
    session.open(dataset, images, replace(result, membership=membership))
    gene = surest_gene(session)
    sure = [0, 1, 2, 3, 5, 6, 8]
    total = np.asarray(images.matrix.sum(axis=0)).ravel()
    assert gene == sure[int(total[sure].argmax())]
