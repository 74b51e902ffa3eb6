"""All docks in one window: where they are, and that nothing is squeezed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import napari
import pytest
from napari.viewer import ViewerModel
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QRect, Qt
from qtpy.QtWidgets import QDockWidget, QWidget

from darlc.data.dataset import Dataset
from darlc.images.sgep_images import rasterize
from napari_darlc import PLUGIN
from napari_darlc.session.preferences import remember, remembered
from napari_darlc.viewer_session import open_path, session_of
from napari_darlc.widgets.explorer import Explorer
from napari_darlc.workspace import fit_on_screen, open_workspace, share_place


def place(viewer: napari.Viewer, widget: QWidget) -> QRect:
    window = viewer.window._qt_window
    return QRect(widget.mapTo(window, widget.rect().topLeft()), widget.size())


@pytest.mark.parametrize("size", [(1600, 1000), (1280, 800)])
def test_docks_surround_the_canvas(
    size: tuple[int, int], viewer: napari.Viewer, qtbot: QtBot
) -> None:
    window = viewer.window._qt_window
    room = window.screen().availableGeometry()
    if room.width() < size[0] or room.height() < size[1]:
        pytest.skip(f"needs a screen of {size[0]} × {size[1]} pixels")
    qtbot.wait(500)  # the screen has its say on the first size
    fit_on_screen(viewer, *size)
    docks = open_workspace(viewer)
    qtbot.waitUntil(lambda: (window.width(), window.height()) == size)
    qtbot.wait(300)
    canvas = place(viewer, viewer.window._qt_viewer.canvas.native)
    training, gallery, consensus = (
        place(viewer, dock) for dock in (docks.training, docks.gallery, docks.consensus)
    )
    assert training.left() > canvas.right() and consensus.right() < canvas.left()
    assert gallery.top() > canvas.bottom()
    assert gallery.left() > consensus.right() and gallery.right() < training.left()
    assert canvas.width() > 0.4 * size[0] and canvas.height() > 0.4 * size[1]
    for dock, where in zip(
        (docks.training, docks.gallery, docks.consensus),
        (training, gallery, consensus),
        strict=True,
    ):
        assert where.width() >= dock.minimumWidth() and where.height() >= dock.minimumHeight()
        assert window.rect().contains(where)


def test_the_plugins_menu_knows_that_they_are_open(viewer: napari.Viewer) -> None:
    docks = open_workspace(viewer)
    for name, widget in (
        ("Train", docks.training),
        ("Gene gallery", docks.gallery),
        ("Clusters", docks.consensus),
    ):
        assert viewer.window.add_plugin_dock_widget("napari-darlc", name)[1] is widget


def shown(viewer: napari.Viewer) -> dict[str, str]:
    """Return the sides of the docks that can be seen."""
    sides = {}
    for title in viewer.window.dock_widgets:
        dock = dock_of(viewer, title)
        if title.endswith(f"({PLUGIN})") and not dock.isHidden():
            area = viewer.window._qt_window.dockWidgetArea(dock)
            sides[title.removesuffix(f" ({PLUGIN})")] = area.name.removesuffix("DockWidgetArea")
    return sides


def dock_of(viewer: napari.Viewer, title: str) -> QDockWidget:
    widget = viewer.window.dock_widgets[title]
    while not isinstance(widget, QDockWidget):
        widget = widget.parentWidget()
    return widget


def test_it_comes_with_a_dataset_and_as_the_user_left_it(
    make_napari_viewer: Callable[..., napari.Viewer],
    dataset: Dataset,
    tmp_path: Path,
    qtbot: QtBot,
) -> None:
    remember("explorer", "docks", "Gene gallery bottom, Clusters left")
    path = tmp_path / "tissue.h5ad"
    dataset.adata.write_h5ad(path)

    def opened() -> napari.Viewer:
        viewer = make_napari_viewer(show=True)
        open_path(viewer, path)
        qtbot.waitUntil(lambda: bool(shown(viewer)))
        return viewer

    viewer = opened()
    assert shown(viewer) == {"Gene gallery": "Bottom", "Clusters": "Left"}
    # One is closed, the other moved; what the window's end does to them is no wish of the user's.
    viewer.window.remove_dock_widget(dock_of(viewer, "Gene gallery (napari-darlc)"))
    right = Qt.DockWidgetArea.RightDockWidgetArea
    viewer.window._qt_window.addDockWidget(right, dock_of(viewer, "Clusters (napari-darlc)"))
    qtbot.waitUntil(lambda: remembered("explorer", "docks") == "Clusters right")
    viewer.close()
    qtbot.wait(100)
    assert remembered("explorer", "docks") == "Clusters right"
    viewer = opened()
    assert shown(viewer) == {"Clusters": "Right"}
    # The menu brings back what is missing, and is no dock itself.
    viewer.window.add_plugin_dock_widget(PLUGIN, "Workspace")
    whole = {"Train": "Right", "Gene gallery": "Bottom", "Clusters": "Right"}
    qtbot.waitUntil(lambda: shown(viewer) == whole)
    qtbot.waitUntil(lambda: "Train right" in remembered("explorer", "docks"))


def test_a_window_that_is_arranged_already_stays_so(
    viewer: napari.Viewer, dataset: Dataset, tmp_path: Path, qtbot: QtBot
) -> None:
    remember("explorer", "docks", "Train right, Gene gallery bottom, Clusters left")
    viewer.window.add_plugin_dock_widget(PLUGIN, "Gene table")
    path = tmp_path / "tissue.h5ad"
    dataset.adata.write_h5ad(path)
    open_path(viewer, path)
    qtbot.waitUntil(lambda: "raw view" in viewer.layers)
    assert list(shown(viewer)) == ["Gene table"]


def test_the_explorer_stands_in_front_of_the_training_dock_and_is_opened_from_it(
    viewer: napari.Viewer, dataset: Dataset, qtbot: QtBot
) -> None:
    docks = open_workspace(viewer)
    window = viewer.window._qt_window
    assert not docks.training.explore.isVisible(), "there is nothing to view yet"
    session = session_of(viewer)
    session.open(dataset, rasterize(dataset.adata))
    height = docks.training.height()
    for _ in range(2):  # the second time it comes to the front again
        qtbot.waitUntil(docks.training.explore.isVisible)
        qtbot.mouseClick(docks.training.explore, Qt.MouseButton.LeftButton)
        dock = dock_of(viewer, f"Explorer ({PLUGIN})")
        training = dock_of(viewer, f"Train ({PLUGIN})")
        qtbot.waitUntil(lambda: training in window.tabifiedDockWidgets(dock))  # noqa: B023
        explorer = viewer.window.dock_widgets[f"Explorer ({PLUGIN})"]
        qtbot.waitUntil(lambda: not explorer.visibleRegion().isEmpty())  # noqa: B023
        assert explorer.height() > 0.8 * height
        training.raise_()


def test_a_viewer_without_a_window_has_no_place_to_share(qtbot: QtBot) -> None:
    """Scripts show the explorer by itself."""
    viewer = ViewerModel()
    explorer = Explorer(viewer)
    qtbot.addWidget(explorer)
    share_place(viewer, explorer)
    with qtbot.waitExposed(explorer):
        explorer.show()
    assert explorer.isVisible()
