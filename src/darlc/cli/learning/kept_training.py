"""The state of a fit that is running, beside the file that it will write."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TypedDict

import typer

Resume = Annotated[
    bool,
    typer.Option(
        "--resume", help="Continue the fit of this output that was interrupted, if there is one."
    ),
]


class Kept(TypedDict):
    """Arguments of ``darlc.fit``."""

    state: Path
    resume: bool


@contextmanager
def keep_training(out: Path, resume: bool) -> Iterator[Kept]:
    """Yield where the training is kept while it runs; it is deleted at the end of the block.

    Where the block fails, it stays, and standard error says how to continue.

    Parameters
    ----------
    out
        File, or folder of a study, that the result is written to in the block.
    resume
        Whether to continue an earlier training.

    Raises
    ------
    InputError
        The earlier training cannot be read.
    """
    from darlc.io.parts.training_file import read_summary, remove_training, training_path
    from darlc.io.study.training_folder import remove_study_training, study_reached

    path = training_path(out)
    before = _written(path)
    if before and resume:
        reached = study_reached(path) if path.is_dir() else read_summary(path).reached
        _say(f"continuing from {reached}, as kept in {path}.")
    elif before:
        _say(
            f"{path} keeps a fit that was interrupted, and is about to be replaced: "
            "Ctrl+C twice, then --resume, continues it instead."
        )
    try:
        yield {"state": path, "resume": resume}
    except BaseException:
        if _written(path) != before:
            _say(f"{path} keeps what was learned: the same command with --resume continues.")
        raise
    if path.is_dir():
        remove_study_training(path)
    else:
        remove_training(path)


def _written(path: Path) -> int:
    """Return when a file, or one of a folder, was written last; 0 where there is none."""
    try:
        inside = list(path.iterdir()) if path.is_dir() else []
        return max(each.stat().st_mtime_ns for each in (path, *inside))
    except OSError:
        return 0


def _say(sentence: str) -> None:
    print(f"darlc: {sentence}", file=sys.stderr, flush=True)
