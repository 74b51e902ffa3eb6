"""One Session for each viewer, with what draws it and what trains it."""

from __future__ import annotations

from pathlib import Path
from weakref import WeakKeyDictionary

import napari
from napari.qt.threading import thread_worker
from napari.utils.notifications import show_error, show_info
from napari.viewer import ViewerModel

from darlc.data.result import Result
from darlc.errors import DarlcError
from napari_darlc.direct_opening import open_datasets_directly
from napari_darlc.layers import SessionLayers
from napari_darlc.session import Session
from napari_darlc.training import Trainer


class ViewerSession:
    """A viewer's Session, its layers and its trainer.

    Parameters
    ----------
    viewer
        Where the session is shown.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        #: How many datasets were asked for; only the last one is shown.
        self.openings = 0
        self.session = Session()
        self.layers = SessionLayers(viewer, self.session)
        self.trainer = Trainer(self.session)
        self._window = getattr(viewer, "window", None)
        self._destroyed = False
        if self._window is not None:
            self._window._qt_window.destroyed.connect(self._on_destroyed)
            open_datasets_directly(self._window._qt_viewer)

    @property
    def closed(self) -> bool:
        """Whether the window is gone; what was still on its way to it is for nobody."""
        return self._destroyed or not (self._window is None or hasattr(self._window, "_qt_window"))

    def _on_destroyed(self) -> None:
        self._destroyed = True
        self.trainer.close()


_sessions: WeakKeyDictionary[ViewerModel, ViewerSession] = WeakKeyDictionary()


def of(viewer: napari.Viewer | ViewerModel) -> ViewerSession:
    """Return what belongs to a viewer, created on first use."""
    # Widgets are handed a proxy that hides the viewer's private parts.
    viewer = getattr(viewer, "__wrapped__", viewer)
    if viewer not in _sessions:
        _sessions[viewer] = ViewerSession(viewer)
    return _sessions[viewer]


def session_of(viewer: napari.Viewer | ViewerModel) -> Session:
    """Return the Session of a viewer."""
    return of(viewer).session


def trainer_of(viewer: napari.Viewer | ViewerModel) -> Trainer:
    """Return the Trainer of a viewer."""
    return of(viewer).trainer


def layers_of(viewer: napari.Viewer | ViewerModel) -> SessionLayers:
    """Return what draws the Session of a viewer."""
    return of(viewer).layers


def save_result(session: Session, path: str | Path) -> None:
    """Write the session's result file off the GUI thread and say where it is."""
    if session.result is None:
        show_error("There is no result to save yet: train first.")
        return
    worker = _save(session.result, Path(path))
    worker.returned.connect(_tell_saved)
    worker.start()


@thread_worker(progress={"desc": "Saving the result", "total": 0})
def _save(result: Result, path: Path) -> Path | str:
    try:
        return result.save(path)
    except (DarlcError, OSError) as error:
        return f"{path.name} could not be saved: {error}"


def _tell_saved(outcome: Path | str) -> None:
    if isinstance(outcome, Path):
        show_info(f"The result is saved in {outcome}")
    else:
        show_error(outcome)
