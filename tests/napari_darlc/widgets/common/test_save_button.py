"""What is said of the result's whereabouts, beside the button that saves it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from darlc.data.dataset import Dataset
from darlc.images.sgep_images import SGEPImages
from darlc.results.result import Result
from napari_darlc.session.session import Session
from napari_darlc.widgets.common.save_button import SaveBar, saved_state
from napari_darlc.widgets.common.style import UNSAVED


@pytest.fixture
def bar(session: Session, qtbot: QtBot) -> SaveBar:
    bar = SaveBar(session)
    qtbot.addWidget(bar)
    bar.resize(400, 40)
    bar.show()
    return bar


def test_a_result_that_was_opened_is_that_of_its_file(
    bar: SaveBar, session: Session, dataset: Dataset, images: SGEPImages, result: Result
) -> None:
    assert bar.label.text() == "" and not bar.button.isEnabled()
    session.open(dataset, images, result)
    assert bar.label.text() == "As in hexagonal.h5ad" and bar.button.isEnabled()
    assert session.clusters is not None
    session.edit("rename", session.clusters.renamed(0, "x"))
    assert bar.label.text() == "● Edited, not saved" and UNSAVED in bar.label.styleSheet()
    session.undo()
    assert bar.label.text() == "As in hexagonal.h5ad" and not bar.label.styleSheet()


def test_what_was_saved_says_where_and_since_when(
    bar: SaveBar, session: Session, result: Result, learn: Callable[[Session, Result], None]
) -> None:
    from darlc.events import Finished

    learn(session, result)
    assert bar.label.text() == ""
    session.receive(Finished(result))
    assert bar.label.text() == "● Not saved yet"
    path = Path("/results/cortex.h5ad")
    session.mark_saved(path=path)
    assert session.saved is not None and session.saved.when is not None
    assert bar.label.text() == f"Saved to cortex.h5ad at {session.saved.when:%H:%M}"
    assert str(path) in bar.label.toolTip()
    assert session.clusters is not None
    session.edit("rename", session.clusters.renamed(0, "x"))
    assert bar.label.text() == "● Edited, not saved"
    session.mark_saved()
    assert saved_state(session) == "Saved", "to a file that is not known"
    assert session.saved.when <= datetime.now()


def test_in_a_narrow_dock_the_state_has_a_line_of_its_own(
    bar: SaveBar,
    session: Session,
    dataset: Dataset,
    images: SGEPImages,
    result: Result,
    qtbot: QtBot,
) -> None:
    session.open(dataset, images, result)
    assert session.clusters is not None
    session.edit("rename", session.clusters.renamed(0, "x"))
    for width, below in ((260, True), (520, False), (260, True)):
        bar.resize(width, 60)
        qtbot.waitUntil(
            lambda below=below: (bar.button.y() >= bar.label.geometry().bottom()) == below
        )  # type: ignore[misc]
        needed = bar.label.fontMetrics().horizontalAdvance("● Edited, not saved")
        assert bar.label.width() >= needed
