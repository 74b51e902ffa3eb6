"""What is found of a viewer's window, and that nothing is found where there is none."""

from __future__ import annotations

import napari
import pytest
from napari.utils._proxies import PublicOnlyProxy
from napari.viewer import ViewerModel
from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QWidget

from napari_darlc.napari_private.windows import (
    go_on_closing,
    layer_docks,
    main_window,
    scene_canvas,
    unwrapped,
    viewer_shown_by,
    viewer_widget,
)


def test_the_widgets_of_a_window_are_found(viewer: napari.Viewer) -> None:
    window, widget, canvas = main_window(viewer), viewer_widget(viewer), scene_canvas(viewer)
    assert window is not None and widget is not None and canvas is not None
    assert window.isAncestorOf(widget) and widget.isAncestorOf(canvas.native)
    assert viewer_shown_by(widget) is viewer
    assert viewer_shown_by(canvas.native) is None
    controls, layers = layer_docks(viewer)
    assert (controls.windowTitle(), layers.windowTitle()) == ("layer controls", "layer list")


def test_without_a_window_there_is_none() -> None:
    model = ViewerModel()
    assert main_window(model) is viewer_widget(model) is scene_canvas(model) is None
    assert main_window(None) is None
    assert layer_docks(model) == []


def test_a_closed_window_is_none(qtbot: QtBot) -> None:
    viewer = napari.Viewer(show=False)
    assert main_window(viewer) is not None
    viewer.close()
    assert main_window(viewer) is viewer_widget(viewer) is None


def test_a_proxy_is_taken_off_and_a_viewer_stays_itself(viewer: napari.Viewer) -> None:
    assert unwrapped(PublicOnlyProxy(viewer)) is viewer
    assert unwrapped(viewer) is viewer


@pytest.mark.parametrize("quitting", [False, True])
def test_a_closing_goes_on_as_it_was_asked_for(quitting: bool, qtbot: QtBot) -> None:
    class Window(QWidget):
        _quit_app = quitting
        how: bool | None = None

        def close(self, quit_app: bool = False) -> bool:
            self.how = quit_app
            return True

    window = Window()
    qtbot.addWidget(window)
    go_on_closing(window)
    assert window.how is quitting
