"""Names in a folder, for readers that search for files."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path

#: Most names that are listed; the folder of a run holds a few dozen.
_MOST = 2000


def names(folder: Path) -> list[str]:
    """Return the first names in a folder, sorted; none where it cannot be listed."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in islice(entries, _MOST))
    except OSError:
        return []


def ending(folder: Path, *endings: str) -> list[Path]:
    """Return the files of a folder whose names end in one of several ways, lower case or not."""
    return [folder / name for name in names(folder) if name.lower().endswith(endings)]
