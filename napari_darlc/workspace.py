"""The usual arrangement of docks: training, clusters and genes around the canvas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from weakref import ReferenceType, ref

import napari
from npe2 import PluginManager
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QDockWidget, QWidget

from napari_darlc import PLUGIN
from napari_darlc.napari_private.windows import layer_docks, main_window, unwrapped
from napari_darlc.session.preferences import remember, remembered

if TYPE_CHECKING:
    from napari_darlc.widgets.consensus.consensus_map import ConsensusMap
    from napari_darlc.widgets.gallery.gallery import GeneGallery
    from napari_darlc.widgets.train.training_dock import TrainingDock

#: Sizes of the docks, in pixels; the canvas has the rest.
_LEFT, _RIGHT, _BOTTOM = 300, 350, 290
_EXPLORER = "Explorer"
#: The docks, and their default sides.
_FIRST = {"Train": "right", "Gene gallery": "bottom", "Clusters": "left"}
_SIDES = {
    Qt.DockWidgetArea.LeftDockWidgetArea: "left",
    Qt.DockWidgetArea.RightDockWidgetArea: "right",
    Qt.DockWidgetArea.TopDockWidgetArea: "top",
    Qt.DockWidgetArea.BottomDockWidgetArea: "bottom",
}


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
    """Open all docks in a viewer's window, at their default sides."""
    docks = _open(viewer, _FIRST)
    training, gallery, consensus = (dock.inner_widget() for dock in docks.values())
    return Workspace(training, gallery, consensus)


def open_again(viewer: napari.Viewer) -> None:
    """Open the docks that are not open, at the sides where the user last had them."""
    left = _remembered()
    wanted = {name: left.get(name, side) for name, side in _FIRST.items()}
    there = viewer.window.dock_widgets
    _open(viewer, {name: side for name, side in wanted.items() if _title(name) not in there})
    for name in wanted:
        if (dock := _dock(viewer, name)) is not None:
            dock.show()
    _remember(wanted)


def open_explorer(viewer: napari.Viewer) -> None:
    """Open the dock with all views, or bring it to the front."""
    if (dock := _dock(viewer, _EXPLORER)) is None:
        viewer.window.add_dock_widget(
            _widget(_EXPLORER)(viewer), name=_title(_EXPLORER), add_vertical_stretch=False
        )
        return
    dock.show()
    dock.raise_()


def share_place(viewer: napari.Viewer, widget: QWidget) -> None:
    """Show a widget's dock in front of the training dock, where both are at one side.

    Below one another neither would have the height that it needs.
    """
    window, training = main_window(viewer), _dock(viewer, "Train")
    dock = widget.parentWidget()
    while dock is not None and not isinstance(dock, QDockWidget):
        dock = dock.parentWidget()
    if window is None or training is None or dock is None or training.isFloating():
        return
    if window.dockWidgetArea(dock) == window.dockWidgetArea(training) and training.isVisible():
        window.tabifyDockWidget(training, dock)
        # Once the window has arranged them; before that it has no tab to bring to the front.
        QTimer.singleShot(0, dock.raise_)


def offer_workspace(viewer: napari.Viewer) -> bool:
    """Open the docks for a first dataset, except those that the user closed last time.

    A window with any dock of the plugin is left unchanged. Returns whether any opened.
    """
    arranged = any(name.endswith(f"({PLUGIN})") for name in viewer.window.dock_widgets)
    window = main_window(viewer)
    if arranged or window is None or not window.isVisible():
        return False
    return bool(_open(viewer, _remembered()))


class WorkspaceOpener(QWidget):
    """Opens the docks and removes itself, as a plugin menu entry of napari has to open a dock.

    Parameters
    ----------
    napari_viewer
        Viewer of the window.
    """

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__()
        self._viewer = unwrapped(napari_viewer)
        QTimer.singleShot(0, self._open)

    def _open(self) -> None:
        open_again(self._viewer)
        self._viewer.window.remove_dock_widget(self)


def _open(viewer: napari.Viewer, arrangement: Mapping[str, str]) -> dict[str, QDockWidget]:
    window = main_window(viewer)
    assert window is not None, "what opens docks is part of a window"
    # Side docks extend to the bottom, so that the gallery is as wide as the canvas.
    window.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea)
    window.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
    docks = {name: _add(viewer, name, side) for name, side in arrangement.items()}
    for side, size, way in (
        ("left", _LEFT, Qt.Orientation.Horizontal),
        ("right", _RIGHT, Qt.Orientation.Horizontal),
        ("bottom", _BOTTOM, Qt.Orientation.Vertical),
    ):
        these = [docks[name] for name, where in arrangement.items() if where == side]
        window.resizeDocks(these, [size] * len(these), way)
    lower = [docks[name] for name, where in arrangement.items() if where == "left"]
    above = layer_docks(viewer)
    window.resizeDocks([*above, *lower], [200, 150, *[2000] * len(lower)], Qt.Orientation.Vertical)
    return docks


def _add(viewer: napari.Viewer, name: str, side: str) -> QDockWidget:
    # With napari's name for it, so that the Plugins menu shows it as open.
    dock = viewer.window.add_dock_widget(
        _widget(name)(viewer), name=_title(name), area=side, add_vertical_stretch=False
    )
    dock.dockLocationChanged.connect(partial(_on_moved, name))
    dock.toggleViewAction().toggled.connect(partial(_on_shown, ref(viewer), name))
    return dock


def _widget(name: str) -> Callable[[napari.Viewer], QWidget]:
    """Return the factory of a dock, by its name in the manifest, as napari does.

    So this module need not import the docks, which import what opens them.
    """
    docks = PluginManager.instance().get_manifest(PLUGIN).contributions.widgets or []
    make: Callable[[napari.Viewer], QWidget] = next(
        dock.get_callable() for dock in docks if dock.display_name == name
    )
    return make


def _on_moved(name: str, area: Qt.DockWidgetArea) -> None:
    if name in (left := _remembered()) and area in _SIDES:
        _remember({**left, name: _SIDES[area]})


def _on_shown(viewer: ReferenceType[napari.Viewer], name: str, _shown: bool) -> None:
    # Closing the window hides its docks, too, so check afterwards.
    QTimer.singleShot(0, partial(_note_closed, viewer, name))


def _note_closed(viewer: ReferenceType[napari.Viewer], name: str) -> None:
    there = viewer()
    window = main_window(there)
    if there is None or window is None or not window.isVisible():
        return
    left, dock = _remembered(), _dock(there, name)
    if dock is None or dock.isHidden():
        left.pop(name, None)
    else:
        left.setdefault(name, _SIDES.get(window.dockWidgetArea(dock), _FIRST[name]))
    _remember(left)


def _dock(viewer: napari.Viewer, name: str) -> QDockWidget | None:
    """Return a dock by its name; None where it is not open, or the viewer has no window."""
    if main_window(viewer) is None:
        return None
    widget = viewer.window.dock_widgets.get(_title(name))
    while widget is not None and not isinstance(widget, QDockWidget):
        widget = widget.parentWidget()
    return widget


def _title(name: str) -> str:
    return f"{name} ({PLUGIN})"


def _remembered() -> dict[str, str]:
    """Return the last sides of the docks, without closed ones."""
    pairs = (each.rpartition(" ") for each in str(remembered("explorer", "docks")).split(", "))
    known = {name: side for name, _, side in pairs if name in _FIRST and side in _SIDES.values()}
    return {name: known[name] for name in _FIRST if name in known}


def _remember(arrangement: Mapping[str, str]) -> None:
    remember("explorer", "docks", ", ".join(f"{n} {side}" for n, side in arrangement.items()))


def fit_on_screen(viewer: napari.Viewer, width: int, height: int) -> None:
    """Resize a window, at most to the size of its screen."""
    window = main_window(viewer)
    if window is None:
        return
    if (screen := window.screen()) is not None:
        room = screen.availableGeometry()
        width, height = min(width, room.width()), min(height, room.height())
        window.move(room.topLeft())
    window.resize(width, height)
