"""Ask for the name of a file to write, add a missing suffix, and confirm replacing a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from qtpy.QtWidgets import QFileDialog, QMessageBox, QWidget


def ask_name(
    parent: QWidget | None, title: str, suggested: Path, kinds: Mapping[str, str]
) -> Path | None:
    """Ask the user for the name of a file to write; None if cancelled.

    Parameters
    ----------
    parent
        Parent of the dialog.
    title
        Title of the dialog.
    suggested
        Suggested path.
    kinds
        Suffix by filter, ``{"Table (*.csv)": ".csv"}``; the first is the default.
    """
    usual = next(iter(kinds.values()))
    while True:
        chosen, kind = QFileDialog.getSaveFileName(parent, title, str(suggested), ";;".join(kinds))
        if not chosen:
            return None
        path = Path(chosen)
        if path.suffix.lower() in kinds.values():
            return path
        path = path.with_name(path.name + kinds.get(kind, usual))
        # The dialog has only asked about the name without suffix, which is another file.
        if not path.exists() or _may_replace(parent, title, path):
            return path
        suggested = path


def _may_replace(parent: QWidget | None, title: str, path: Path) -> bool:
    yes, no = QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No
    said = f"{path.name} already exists.\nDo you want to replace it?"
    return bool(QMessageBox.warning(parent, title, said, yes | no, no) == yes)
