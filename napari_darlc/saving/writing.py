"""Write result files off the GUI thread, with dialogs and notifications."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from qtpy.QtCore import QUrl
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import QWidget
from superqt.utils import thread_worker

from darlc.data.keys import RESULT
from darlc.errors import DarlcError
from napari_darlc.notifications import show_error, show_info
from napari_darlc.processes.busy import show_busy
from napari_darlc.processes.start import start
from napari_darlc.saving.file_names import ask_name
from napari_darlc.session.session import Session

_KINDS = {"AnnData, HDF5 (*.h5ad)": ".h5ad", "AnnData, Zarr (*.zarr)": ".zarr"}


def ask_where(parent: QWidget | None, session: Session) -> Path | None:
    """Ask the user for the name of a result file; None if cancelled or refused.

    Parameters
    ----------
    parent
        Parent of the dialog.
    session
        Session with the result; the file of its dataset is refused, unless it is a result file.
    """
    dataset = session.dataset
    opened = None if dataset is None else dataset.path
    ours = opened is not None and dataset is not None and RESULT in dataset.adata.uns
    folder = Path.cwd() if opened is None else opened.parent
    name = "result" if dataset is None else f"{dataset.name}_darlc"
    suggested = opened if ours and opened is not None else folder / f"{name}.h5ad"
    path = ask_name(parent, "Save result", suggested, _KINDS)
    if path is None:
        return None
    if opened is not None and not ours and path.resolve() == opened.resolve():
        show_error("The dataset itself is never written to: choose another name.")
        return None
    return path


def save_result(session: Session, path: str | Path, then: Callable[[], None] | None = None) -> None:
    """Write the session's result file off the GUI thread, with a notification.

    Parameters
    ----------
    session
        Session with the result.
    path
        Path of the file.
    then
        Called once the file is complete; not after an error.
    """
    result = session.result
    if result is None:
        show_error("There is no result to save yet: train first.")
        return

    notes: list[str] = []

    def saved() -> None:
        if notes:
            show_info("\n".join(notes))
        # The written result, as the session may have been edited meanwhile.
        session.mark_saved(result, Path(path))
        if then is not None:
            then()

    write_aside("The result", Path(path), partial(result.save, path, on_note=notes.append), saved)


def write_aside(
    what: str,
    path: Path,
    write: Callable[[], Path],
    then: Callable[[], None] | None = None,
    openable: bool = False,
) -> None:
    """Write a file off the GUI thread, and notify the user of its path or of an error.

    Parameters
    ----------
    what
        What is written, as the subject of a sentence.
    path
        Path, for the error message.
    write
        Writes the file, in a thread, and returns its path.
    then
        Called on the GUI thread once the file is complete.
    openable
        Whether the notification has a button that opens the file with the system's program.
    """
    worker = _write(write, path)
    show_busy(worker, f"Writing {path.name}")
    worker.returned.connect(partial(_report, what, then, openable))
    start(worker)


@thread_worker
def _write(write: Callable[[], Path], path: Path) -> Path | str:
    try:
        return write()
    except (DarlcError, OSError) as error:
        return f"{path.name} could not be saved: {error}"
    except Exception as error:  # any error is shown, as the data can be written elsewhere
        return (
            f"{path.name} could not be saved ({type(error).__name__}: {error}): try another name."
        )


def _report(
    what: str, then: Callable[[], None] | None, openable: bool, outcome: Path | str
) -> None:
    if isinstance(outcome, str):
        show_error(outcome)
        return
    if then is not None:
        then()
    buttons = [("Open it", partial(open_outside, outcome))] if openable else []
    show_info(f"{what} is saved in {outcome}", *buttons)


def open_outside(path: Path) -> None:
    """Open a file with the program that the system has for it, such as a browser."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.resolve())))
