"""Files whose name appears only when they are whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4


@contextmanager
def whole(path: Path, keep: bool = True) -> Iterator[Path]:
    """Yield a name beside a path; the file or folder that is written there takes its place.

    Whatever goes wrong before leaves what stood there as it was, and nothing beside it.

    Parameters
    ----------
    path
        Where; a link is followed.
    keep
        Whether what was written is kept, or was written to see whether it can be.

    Raises
    ------
    OSError
        It cannot take the path's place.
    """
    target = Path(os.path.realpath(path))
    # The ending stays: libraries go by it.
    temporary = target.with_name(f".{target.stem}.{uuid4().hex[:8]}.part{target.suffix}")
    try:
        yield temporary
        if keep:
            _replace(temporary, target)
    finally:
        _remove(temporary)


def _replace(temporary: Path, target: Path) -> None:
    """Put the new file or folder in the place of the old one."""
    if not target.is_dir():
        temporary.replace(target)
        return
    # No system replaces a folder that holds something in one step.
    old = temporary.with_name(temporary.name.replace(".part", ".old"))
    target.rename(old)
    try:
        temporary.rename(target)
    except BaseException:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
