"""Files kept for after a crash: each is worked on by one window at a time, in whatever process."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from qtpy.QtCore import QLockFile

#: Characters of a name that is asked for.
_LONGEST = 60


@dataclass(frozen=True, eq=False)
class Kept:
    """A file, and a lock that shows whether it is in use.

    Parameters
    ----------
    path
        The file, which need not exist yet.
    lock
        Held as long as this object is in use.
    """

    path: Path
    lock: QLockFile

    @property
    def name(self) -> str:
        """What the file was named after."""
        return self.path.stem.rsplit("-", 1)[0]

    def release(self) -> None:
        """Leave the file to whoever wants it."""
        self.lock.unlock()

    def remove(self) -> None:
        """Delete the file and release its lock."""
        with suppress(OSError):
            self.path.unlink(missing_ok=True)
        self.lock.unlock()


def lock(path: Path) -> QLockFile | None:
    """Lock a file; None where a running process holds it, or its folder cannot be written to."""
    held = QLockFile(f"{path}.lock")
    held.setStaleLockTime(0)  # stale if its process has ended, whatever its age
    return held if held.tryLock(0) else None


def reserve(folder: Path, name: str, suffix: str) -> Kept | None:
    """Reserve and lock a free name; None where the folder cannot be written to.

    Parameters
    ----------
    folder
        Made where it does not exist.
    name
        What the file is named after; a part that is free is added.
    suffix
        Of the file, with its dot.
    """
    readable = re.sub(r"[^\w.]+", "_", name)[:_LONGEST]
    path = folder / f"{readable}-{uuid4().hex[:8]}{suffix}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    held = lock(path)
    return None if held is None else Kept(path, held)


def unclaimed(folder: Path, pattern: str) -> Iterator[Kept]:
    """Yield files that are not in use, newest first; each is locked.

    Parameters
    ----------
    folder
        Where they are.
    pattern
        Of their names, as of ``Path.glob``.
    """
    try:
        paths = sorted(folder.glob(pattern), key=lambda path: -path.stat().st_mtime)
    except OSError:
        return
    for path in paths:
        if not path.name.startswith(".") and (held := lock(path)) is not None:
            if path.exists():
                yield Kept(path, held)
            else:  # its window ended meanwhile, and with it the file
                held.unlock()
