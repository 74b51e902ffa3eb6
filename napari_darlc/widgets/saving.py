"""The button that writes the result file."""

from __future__ import annotations

from pathlib import Path

from napari.utils.notifications import show_error
from qtpy.QtWidgets import QFileDialog, QPushButton

from napari_darlc.session import Session
from napari_darlc.viewer_session import save_result
from napari_darlc.widgets.following import follow

_FILTERS = {"AnnData, HDF5 (*.h5ad)": ".h5ad", "AnnData, Zarr (*.zarr)": ".zarr"}


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
        result, dataset = self._session.result, self._session.dataset
        if result is None:
            return
        folder = Path.cwd() if dataset is None or dataset.path is None else dataset.path.parent
        name = "result" if dataset is None else f"{dataset.name}_darlc"
        chosen, filter_ = QFileDialog.getSaveFileName(
            self, "Save result", str(folder / f"{name}.h5ad"), ";;".join(_FILTERS)
        )
        if not chosen:
            return
        path = Path(chosen)
        if path.suffix not in _FILTERS.values():
            path = path.with_name(path.name + _FILTERS.get(filter_, ".h5ad"))
        if dataset is not None and dataset.path is not None and _same(path, dataset.path):
            show_error("The dataset itself is never written to: choose another name.")
            return
        save_result(self._session, path)


def _same(a: Path, b: Path) -> bool:
    return a.resolve() == b.resolve()
