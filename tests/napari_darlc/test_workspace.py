"""All docks in one window: where they are, and that nothing is squeezed."""

from __future__ import annotations

import napari
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QRect
from qtpy.QtWidgets import QWidget

from napari_darlc.workspace import fit_on_screen, open_workspace


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
    qtbot.waitUntil(lambda: (window.width(), window.height()) == size, timeout=20_000)
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
