"""Writing the result file: where, off the GUI thread, and what the user hears of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from qtpy.QtWidgets import QWidget
from superqt.utils import thread_worker

from darlc.data.keys import RESULT
from darlc.errors import DarlcError
from napari_darlc.notifications import complain, tell
from napari_darlc.processes.busy import show_busy
from napari_darlc.saving.file_names import ask_name
from napari_darlc.session.session import Session

_KINDS = {"AnnData, HDF5 (*.h5ad)": ".h5ad", "AnnData, Zarr (*.zarr)": ".zarr"}


def ask_where(parent: QWidget | None, session: Session) -> Path | None:
    """Ask the user for the name of a result file; None where there is none to be had.

    Parameters
    ----------
    parent
        The window that asks.
    session
        Whose result is to be saved; its dataset's own file is refused, unless it is a result
        file that was opened again.
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
        complain("The dataset itself is never written to: choose another name.")
        return None
    return path


def save_result(session: Session, path: str | Path, then: Callable[[], None] | None = None) -> None:
    """Write the session's result file off the GUI thread and say where it is.

    Parameters
    ----------
    session
        Whose result is saved.
    path
        Where.
    then
        Called once the file is whole; not where it could not be written.
    """
    result = session.result
    if result is None:
        complain("There is no result to save yet: train first.")
        return

    notes: list[str] = []

    def saved() -> None:
        if notes:
            tell("\n".join(notes))
        # Not what the session holds by now: it may have been edited while the file was written.
        session.mark_saved(result, Path(path))
        if then is not None:
            then()

    write_aside("The result", Path(path), partial(result.save, path, on_note=notes.append), saved)


def write_aside(
    what: str, path: Path, write: Callable[[], Path], then: Callable[[], None] | None = None
) -> None:
    """Write a file off the GUI thread, and say where it is or why it is not.

    Parameters
    ----------
    what
        What is written, as the beginning of a sentence.
    path
        Where; for the case that it fails.
    write
        Writes it, in a thread, and returns where.
    then
        Called on the GUI thread once the file is whole.
    """
    worker = _write(write, path)
    show_busy(worker, f"Writing {path.name}")
    worker.returned.connect(partial(_tell, what, then))
    worker.start()


@thread_worker
def _write(write: Callable[[], Path], path: Path) -> Path | str:
    try:
        return write()
    except (DarlcError, OSError) as error:
        return f"{path.name} could not be saved: {error}"
    except Exception as error:  # whatever it is, what was to be written is still there
        return (
            f"{path.name} could not be saved ({type(error).__name__}: {error}): try another name."
        )


def _tell(what: str, then: Callable[[], None] | None, outcome: Path | str) -> None:
    if isinstance(outcome, str):
        complain(outcome)
        return
    if then is not None:
        then()
    tell(f"{what} is saved in {outcome}")
