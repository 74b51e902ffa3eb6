"""The button that writes the result file."""

from __future__ import annotations

from qtpy.QtWidgets import QPushButton

from napari_darlc.saving import ask_where, save_result
from napari_darlc.session import Session
from napari_darlc.widgets.following import follow


class SaveButton(QPushButton):
    """Asks for a name and has the session's result written there.

    Parameters
    ----------
    session
        Whose result is saved.
    """

    def __init__(self, session: Session) -> None:
        super().__init__("Save result …")
        self._session = session
        self.clicked.connect(self._on_clicked)
        follow(
            self,
            (session.result_changed, self._refresh),
            (session.dataset_changed, self._refresh),
            (session.state_changed, self._refresh),
        )
        self._refresh()

    def _refresh(self) -> None:
        there = self._session.result is not None and self._session.state == "ready"
        self.setEnabled(there)
        self.setToolTip(
            "Write dataset and result to a new .h5ad or .zarr file"
            if there
            else "There is no result to save yet: train first"
        )

    def _on_clicked(self) -> None:
        if self._session.result is not None and (path := ask_where(self, self._session)):
            save_result(self._session, path)
