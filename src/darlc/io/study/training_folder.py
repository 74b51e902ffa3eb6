"""The folder that keeps the training of a study which is not finished: a file a stage and section.

Each file is one of `darlc.io.parts.training_file`, so that nothing in it can run code, and it has
its name only once it is complete.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from darlc.io.parts.training_file import SUFFIX, remove_training
from darlc.wording import counted

_DESCRIBED, _TRAINED = "described", "section"
_OURS = re.compile(rf"({_DESCRIBED}\d+|{_TRAINED}\d+|search|answers){re.escape(SUFFIX)}")


def described_path(folder: Path, number: int) -> Path:
    """Return the file of what a section brings to the search."""
    return folder / f"{_DESCRIBED}{number}{SUFFIX}"


def search_path(folder: Path) -> Path:
    """Return the file of where the search for clusters ended."""
    return folder / f"search{SUFFIX}"


def answers_path(folder: Path) -> Path:
    """Return the file of the clusters that genes follow in sections."""
    return folder / f"answers{SUFFIX}"


def section_path(folder: Path, number: int) -> Path:
    """Return the file of the training of a section's networks."""
    return folder / f"{_TRAINED}{number}{SUFFIX}"


def study_reached(folder: Path) -> str:
    """Return how far a study came, in words."""
    names = [each.name for each in _files(folder)]
    described, trained = (
        sum(name.startswith(kind) for name in names) for kind in (_DESCRIBED, _TRAINED)
    )
    if trained:
        return f"the training of {counted(trained, 'section')}"
    if answers_path(folder).name in names or search_path(folder).name in names:
        return "the end of search"
    return f"the description of {counted(described, 'section')}"


def remove_study_training(folder: Path) -> None:
    """Delete a training that is not needed any more; other files in its folder stay, and it too."""
    for each in _files(folder):
        remove_training(each)
    with suppress(OSError):
        for each in folder.glob(f".*{SUFFIX}.part"):
            each.unlink(missing_ok=True)
        folder.rmdir()


def _files(folder: Path) -> list[Path]:
    try:
        return [each for each in folder.iterdir() if _OURS.fullmatch(each.name)]
    except OSError:
        return []
