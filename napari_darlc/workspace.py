"""All docks in one window: canvas, training, clusters and genes are seen at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import napari
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDockWidget, QWidget

from napari_darlc import PLUGIN
from napari_darlc.widgets.consensus import ConsensusMap
from napari_darlc.widgets.gallery import GeneGallery
from napari_darlc.widgets.training_dock import TrainingDock

#: Sides of the docks, in pixels; the canvas gets the rest.
_LEFT, _RIGHT, _BOTTOM = 300, 350, 290
_Dock = TypeVar("_Dock", bound=QWidget)


@dataclass(frozen=True, eq=False)
class Workspace:
    """The docks of one window.

    Parameters
    ----------
    training
        On the right.
    gallery
        Under the canvas.
    consensus
        On the left, under the list of layers.
    """

    training: TrainingDock
    gallery: GeneGallery
    consensus: ConsensusMap


def open_workspace(viewer: napari.Viewer) -> Workspace:
    """Open all docks in a viewer's window."""
    window = viewer.window._qt_window
    # The sides reach down to the bottom, so that the gallery is as wide as the canvas.
    window.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea)
    window.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
    training, right = _add(viewer, TrainingDock(viewer), "Train", "right")
    gallery, below = _add(viewer, GeneGallery(viewer), "Gene gallery", "bottom")
    consensus, left = _add(viewer, ConsensusMap(viewer), "Clusters", "left")
    window.resizeDocks([left, right], [_LEFT, _RIGHT], Qt.Orientation.Horizontal)
    window.resizeDocks([below], [_BOTTOM], Qt.Orientation.Vertical)
    controls, layers = (
        viewer.window._qt_viewer.dockLayerControls,
        viewer.window._qt_viewer.dockLayerList,
    )
    window.resizeDocks([controls, layers, left], [200, 150, 2000], Qt.Orientation.Vertical)
    return Workspace(training, gallery, consensus)


def _add(viewer: napari.Viewer, widget: _Dock, name: str, area: str) -> tuple[_Dock, QDockWidget]:
    # By the name that napari gives it, so that the Plugins menu knows that it is open.
    dock = viewer.window.add_dock_widget(
        widget, name=f"{name} ({PLUGIN})", area=area, add_vertical_stretch=False
    )
    return widget, dock


def fit_on_screen(viewer: napari.Viewer, width: int, height: int) -> None:
    """Give a window a size, as far as its screen has room."""
    window = viewer.window._qt_window
    if (screen := window.screen()) is not None:
        room = screen.availableGeometry()
        width, height = min(width, room.width()), min(height, room.height())
        window.move(room.topLeft())
    window.resize(width, height)
