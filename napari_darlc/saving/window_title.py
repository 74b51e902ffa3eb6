"""The window's title: name of the dataset, and a sign for unsaved changes."""

from __future__ import annotations

from weakref import ref

from napari.viewer import ViewerModel
from qtpy.QtCore import QObject
from qtpy.QtWidgets import QWidget

from napari_darlc.session.session import Session

#: Placeholder that Qt replaces by the system's sign for unsaved changes.
_SIGN = "[*]"


class WindowTitle(QObject):
    """Prefixes a window's title with the dataset's name.

    Parameters
    ----------
    window
        The window; this object ends with it.
    viewer
        Viewer with the original title; held weakly.
    session
        Session of the dataset.
    """

    def __init__(self, window: QWidget, viewer: ViewerModel, session: Session) -> None:
        super().__init__(window)
        self._window, self._viewer, self._session = window, ref(viewer), session
        self._own = viewer.title
        session.dataset_changed.connect(self._refresh)
        session.result_changed.connect(self._refresh)
        session.history_changed.connect(self._refresh)

    def _refresh(self) -> None:
        viewer, dataset = self._viewer(), self._session.dataset
        if viewer is None or dataset is None:
            return
        title = f"{dataset.name}{_SIGN} – {self._own}"
        if viewer.title != title:
            viewer.title = title
        self._window.setWindowModified(self._session.unsaved)
