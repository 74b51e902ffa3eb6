from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from weakref import ref

import napari
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QWidget

from darlc.data.dataset import Dataset
from darlc.events import Finished
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.results.result import Result
from napari_darlc.viewer_session import session_of
from napari_darlc.widgets.explorer import PAGES, Explorer, Page
from napari_darlc.widgets.train.training_dock import TrainingDock


def label(text: str) -> Page:
    return Page(text, f"tip of {text}", lambda viewer: QLabel(text))


def test_a_view_is_built_when_it_is_first_looked_at(viewer: napari.Viewer, qtbot: QtBot) -> None:
    made: list[str] = []

    def make(viewer: napari.Viewer) -> QWidget:
        made.append("second")
        return QLabel("the second view")

    explorer = Explorer(viewer, [label("First"), Page("Second", "tip", make)])
    qtbot.addWidget(explorer)
    explorer.show()
    assert not made
    assert explorer.tabs["Second"].toolTip() == "tip"
    qtbot.mouseClick(explorer.tabs["Second"], Qt.MouseButton.LeftButton)
    assert made == ["second"]
    view = explorer.open("Second")
    assert isinstance(view, QLabel) and view.isVisible() and view.text() == "the second view"
    explorer.open("First")
    explorer.open("Second")
    assert made == ["second"]


def test_the_tab_is_there_again_after_a_restart(viewer: napari.Viewer, qtbot: QtBot) -> None:
    pages = [label("First"), label("Second")]
    explorer = Explorer(viewer, pages)
    qtbot.addWidget(explorer)
    qtbot.mouseClick(explorer.tabs["Second"], Qt.MouseButton.LeftButton)
    again = Explorer(viewer, pages)
    qtbot.addWidget(again)
    assert again.current == "Second"
    # A tab that this version does not have.
    other = Explorer(viewer, [label("Third"), label("Fourth")])
    qtbot.addWidget(other)
    assert other.current == "Third"


def test_an_unknown_tab_is_refused(viewer: napari.Viewer, qtbot: QtBot) -> None:
    explorer = Explorer(viewer, [label("First")])
    qtbot.addWidget(explorer)
    with pytest.raises(KeyError, match="First"):
        explorer.open("Tenth")


def test_no_tab_is_out_of_sight_in_a_narrow_dock(viewer: napari.Viewer, qtbot: QtBot) -> None:
    explorer = Explorer(viewer, [label(page.name) for page in PAGES])
    qtbot.addWidget(explorer)
    explorer.resize(340, 600)
    explorer.show()
    qtbot.waitUntil(explorer.isVisible)
    rows = set()
    for tab in explorer.tabs.values():
        assert tab.isVisible() and tab.width() >= tab.sizeHint().width()
        where = tab.mapTo(explorer, tab.rect().bottomRight())
        assert explorer.rect().contains(where)
        rows.add(where.y())
    assert len(rows) > 1
    front = explorer.open("Train")
    assert front.mapTo(explorer, front.rect().topLeft()).y() >= max(rows)


def test_every_view_opens_in_one_dock_from_the_menu(viewer: napari.Viewer) -> None:
    dock, explorer = viewer.window.add_plugin_dock_widget("napari-darlc", "Explorer")
    assert isinstance(explorer, Explorer)
    for page in PAGES:
        view = explorer.open(page.name)
        assert view.isVisible() or not dock.isVisible()
    assert isinstance(explorer.open("Train"), TrainingDock)


def test_preset_and_device_are_there_again_after_a_restart(
    viewer: napari.Viewer, qtbot: QtBot
) -> None:
    dock = TrainingDock(viewer)
    qtbot.addWidget(dock)
    dock.parameters.widgets["preset"].value = "quick"
    again = TrainingDock(viewer)
    qtbot.addWidget(again)
    assert again.parameters.config().preset == "quick"
    assert again.parameters.config().train == dock.parameters.config().train


def test_another_dataset_frees_the_one_before_it(
    viewer: napari.Viewer,
    dataset: Dataset,
    make_result: Callable[[SGEPImages], Result],
    qtbot: QtBot,
) -> None:
    explorer = Explorer(viewer)
    viewer.window.add_dock_widget(explorer)
    session = session_of(viewer)

    def show(name: str, trainings: int) -> list[ref[object]]:
        adata = dataset.adata.copy()
        images = rasterize(adata)
        session.open(Dataset(adata, Path(name), "h5ad"), images)
        for _ in range(trainings):
            session.begin()
            session.receive(Finished(make_result(images)))
        session.mark_saved()
        return [ref(adata), ref(images)]

    gone = show("first.h5ad", trainings=2)
    for page in PAGES:
        explorer.open(page.name)
        qtbot.wait(200)
    show("second.h5ad", trainings=0)

    def freed() -> None:
        gc.collect()
        assert all(each() is None for each in gone)

    qtbot.waitUntil(freed)
