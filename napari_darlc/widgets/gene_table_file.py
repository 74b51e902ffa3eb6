"""Writes what the gene table lists as a CSV file, off the GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from superqt.utils import thread_worker

from napari_darlc.busy import show_busy
from napari_darlc.telling import complain, tell

if TYPE_CHECKING:
    import pandas as pd


def write_csv(table: pd.DataFrame, path: Path) -> Path:
    """Write a table; the name appears only when the file is whole.

    Parameters
    ----------
    table
        Rows and named columns; the index is not written.
    path
        Where; a file of that name is replaced.

    Raises
    ------
    OSError
        It cannot be written; nothing is left behind.
    """
    part = path.with_name(f".{path.name}.{uuid4().hex[:8]}.part")
    try:
        table.to_csv(part, index=False)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path


def export_csv(make: Callable[[], pd.DataFrame], path: Path) -> None:
    """Make a table and write it, both off the GUI thread, and say where it is."""
    worker = _export(make, path)
    show_busy(worker, "Exporting genes")
    worker.returned.connect(_tell)
    worker.start()


@thread_worker
def _export(make: Callable[[], pd.DataFrame], path: Path) -> Path | str:
    try:
        return write_csv(make(), path)
    except OSError as error:
        cause = error.strerror or str(error)
        return f"{path} could not be written ({cause}): choose another folder."


def _tell(outcome: Path | str) -> None:
    if isinstance(outcome, Path):
        tell(f"The genes are written to {outcome}")
    else:
        complain(outcome)
