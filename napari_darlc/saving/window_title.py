"""The window's title: the dataset, and whether it holds something that no file does."""

from __future__ import annotations

from weakref import ref

from napari.viewer import ViewerModel
from qtpy.QtCore import QObject
from qtpy.QtWidgets import QWidget

from napari_darlc.session.session import Session

#: Where Qt puts the sign for unsaved changes, each system its own.
_SIGN = "[*]"


class WindowTitle(QObject):
    """Puts the dataset's name before a window's own title.

    Parameters
    ----------
    window
        Its end is the title's.
    viewer
        Whose title is shown in it; held weakly.
    session
        What is named.
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
