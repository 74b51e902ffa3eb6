"""Keep unsaved results in recovery files beside napari's settings, and offer them after a crash."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from napari.settings import get_settings
from qtpy.QtCore import QObject, QStandardPaths, QTimer, Signal
from qtpy.QtWidgets import QAbstractButton, QMessageBox, QWidget

from darlc.data.dataset import Dataset
from darlc.errors import DarlcError
from darlc.io.recovery_file import keep
from darlc.results.result import Result
from napari_darlc.notifications import show_warning
from napari_darlc.processes.background import Background
from napari_darlc.processes.kept_files import Kept, reserve, unclaimed
from napari_darlc.saving.questions import open_question
from napari_darlc.session.session import Session

_FOLDER, _SUFFIX = "napari-darlc-recovery", ".h5ad"
#: Milliseconds without another change before a recovery file is written.
DELAY = 3000


class Recovery(QObject):
    """Keeps a session's unsaved result in a file until it is saved or discarded.

    Parameters
    ----------
    window
        The window; recovery ends with it.
    session
        Session whose result is kept.
    folder
        Folder of the files; beside napari's settings by default.
    delay
        Milliseconds to wait for the next change.
    """

    #: Emitted with a result once the file holds it.
    kept = Signal(object)

    def __init__(
        self, window: QWidget, session: Session, folder: Path | None = None, delay: int = DELAY
    ) -> None:
        super().__init__(window)
        self._session = session
        self._folder = recovery_folder() if folder is None else folder
        self._kept: Kept | None = None
        self._over = threading.Event()
        self._complained = False
        self._work = Background(self)
        self._work.answered.connect(self._on_kept)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(delay)
        self._timer.timeout.connect(self._keep)
        session.history_changed.connect(self._on_change)
        session.result_changed.connect(self._on_change)
        session.dataset_changed.connect(self._on_change)

    @property
    def path(self) -> Path | None:
        """The recovery file; None where there is nothing unsaved."""
        return None if self._kept is None else self._kept.path

    def adopt(self, kept: Kept) -> None:
        """Continue with the file that the session was recovered from."""
        self.forget()
        self._over = threading.Event()
        self._kept = kept

    def forget(self) -> None:
        """Delete the recovery file, as its content was saved or discarded."""
        with suppress(RuntimeError):  # when the window ends, the timer may be deleted first
            self._timer.stop()
        self._over.set()
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.remove()

    def _on_change(self) -> None:
        if self._session.unsaved:
            self._timer.start()
        else:
            self.forget()

    def _keep(self) -> None:
        session = self._session
        if not session.unsaved or session.result is None or session.dataset is None:
            return
        if self._kept is None:
            self._over = threading.Event()
            if (kept := reserve(self._folder, session.dataset.name, _SUFFIX)) is None:
                self._complain(f"{self._folder} cannot be written to")
                return
            self._kept = kept
        self._work.ask(
            session.result, _writing(session.result, session.dataset, self._kept.path, self._over)
        )

    def _on_kept(self, result: object, complaint: str) -> None:
        if complaint:
            self._complain(complaint)
        else:
            self.kept.emit(result)

    def _complain(self, why: str) -> None:
        if not self._complained:
            self._complained = True
            show_warning(f"Unsaved clusters would be lost in a crash ({why}): save them soon.")


def recovery_folder() -> Path:
    """Return the folder of recovery files: in the folder of napari's settings.

    Where napari keeps no settings, as with an empty ``NAPARI_CONFIG``, it is the system's folder
    for data of applications.
    """
    # Computed like napari does at its start, as napari does not update it later.
    settings = os.environ.get("NAPARI_CONFIG") or get_settings().config_path
    if settings:
        return Path(settings).parent / _FOLDER
    data = QStandardPaths.StandardLocation.GenericDataLocation
    return Path(QStandardPaths.writableLocation(data)) / _FOLDER


def offer(window: QWidget, folder: Path, recover: Callable[[Kept], None]) -> QMessageBox | None:
    """Ask what to do with the newest recovery file that is not in use.

    Parameters
    ----------
    window
        Parent of the dialog; it stays usable meanwhile.
    folder
        Folder of the files.
    recover
        Called with the file if the user accepts.

    Returns
    -------
    QMessageBox or None
        The open dialog; None where there is nothing to recover.
    """
    if (kept := next(unclaimed(folder, f"*{_SUFFIX}"), None)) is None:
        return None
    when = datetime.fromtimestamp(kept.path.stat().st_mtime).strftime("%d %B, %H:%M")
    box = QMessageBox(window)
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle("napari-darlc")
    box.setText(f"napari ended before the clusters of {kept.name} were saved ({when}).")
    box.setInformativeText("Bring them back?")
    yes = box.addButton("Recover", QMessageBox.ButtonRole.AcceptRole)
    no = box.addButton("Discard", QMessageBox.ButtonRole.DestructiveRole)
    later = box.addButton("Later", QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(yes)
    box.setEscapeButton(later)

    def decide(clicked: QAbstractButton | None) -> None:
        if clicked is yes:
            recover(kept)
        elif clicked is no:
            kept.remove()
        else:
            kept.release()

    open_question(box, decide)
    return box


def _writing(
    result: Result, dataset: Dataset, path: Path, over: threading.Event
) -> Callable[[], str]:
    def write() -> str:
        """Return the error as text; empty without one."""
        try:
            keep(result, dataset, path)
        except (DarlcError, OSError) as error:
            return str(error).rstrip(".")
        if over.is_set():  # saved or discarded while it was written
            path.unlink(missing_ok=True)
        return ""

    return write
