"""The widgets of a viewer's window: napari's public `Window` shows none of them."""

from __future__ import annotations

from typing import Any

from napari._qt.qt_viewer import QtViewer
from napari.viewer import ViewerModel
from qtpy.QtWidgets import QDockWidget, QMainWindow, QWidget
from vispy.scene import SceneCanvas


def main_window(viewer: ViewerModel | None) -> QMainWindow | None:
    """Return the window of a viewer; None where it has none, or none any more.

    Parents of dialogs, events that close the window and corners of docks need it.
    """
    window: QMainWindow | None = getattr(getattr(viewer, "window", None), "_qt_window", None)
    return window


def viewer_widget(viewer: ViewerModel | None) -> QtViewer | None:
    """Return the widget that holds the canvas; None where there is none."""
    widget: QtViewer | None = getattr(main_window(viewer), "_qt_viewer", None)
    return widget


def scene_canvas(viewer: ViewerModel | None) -> SceneCanvas | None:
    """Return what is drawn on, whose widget is its ``native``; None where there is none.

    Napari's public canvas has a size and colours; it neither tells of a drawing nor holds one back.
    """
    widget = viewer_widget(viewer)
    return None if widget is None else widget.canvas._scene_canvas


def layer_docks(viewer: ViewerModel) -> list[QDockWidget]:
    """Return the docks of napari's own: layer controls, then the list of layers.

    ``viewer.window.dock_widgets`` holds those that were added to it only.
    """
    widget = viewer_widget(viewer)
    return [] if widget is None else [widget.dockLayerControls, widget.dockLayerList]


def go_on_closing(window: QWidget) -> None:
    """Close a window whose closing was held back, as the user had asked for.

    The application ends with its window where the user chose to quit; no event says so.
    """
    quitting: dict[str, Any] = {"quit_app": True} if getattr(window, "_quit_app", False) else {}
    window.close(**quitting)


def unwrapped(viewer: ViewerModel) -> ViewerModel:
    """Return the viewer behind the proxy that napari hands to widgets of plugins.

    The proxy is another object at every call and hides the widgets of the window.
    """
    itself: ViewerModel = getattr(viewer, "__wrapped__", viewer)
    return itself


def viewer_shown_by(widget: object) -> ViewerModel | None:
    """Return the viewer that a widget holds the canvas and the dialogs of; None for others."""
    viewer: ViewerModel | None = widget.viewer if isinstance(widget, QtViewer) else None
    return viewer
