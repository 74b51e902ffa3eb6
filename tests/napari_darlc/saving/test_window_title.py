"""The title of a window, as the system's own frame shows it."""

from __future__ import annotations

from collections.abc import Callable

from napari.viewer import ViewerModel
from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QMainWindow

from darlc.data.dataset import Dataset
from darlc.images.sgep_images import SGEPImages
from darlc.results.result import Result
from napari_darlc.saving.window_title import WindowTitle
from napari_darlc.session.session import Session


def test_the_title_names_the_dataset_and_marks_what_no_file_holds(
    dataset: Dataset, images: SGEPImages, result: Result, qtbot: QtBot
) -> None:
    viewer, session, window = ViewerModel(title="mine"), Session(), QMainWindow()
    qtbot.addWidget(window)
    show: Callable[[object], None] = lambda _: window.setWindowTitle(viewer.title)  # noqa: E731
    viewer.events.title.connect(show)
    WindowTitle(window, viewer, session)
    assert viewer.title == "mine", "before there is a dataset"
    session.open(dataset, images, result)
    assert window.windowTitle() == "hexagonal[*] – mine" and not window.isWindowModified()
    assert session.clusters is not None
    session.edit("rename", session.clusters.renamed(0, "x"))
    assert window.isWindowModified()
    session.undo()
    assert not window.isWindowModified()
    session.redo()
    session.mark_saved()
    assert not window.isWindowModified()
    session.open(dataset, images)
    assert window.windowTitle() == "hexagonal[*] – mine", "it does not grow"
