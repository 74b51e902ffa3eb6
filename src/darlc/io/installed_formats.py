"""Formats that other installed packages bring along, as entry points of a group."""

from __future__ import annotations

import warnings
from collections.abc import Set
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from darlc.data.dataset import DataWarning
from darlc.io.format import Format

#: Each entry point of this group names a `Format`.
GROUP = "darlc.formats"


@cache
def installed_formats(taken: Set[str]) -> tuple[tuple[Format, ...], tuple[str, ...]]:
    """Load the formats of other packages, once, sorted by the names of their entry points.

    Parameters
    ----------
    taken
        Names that a format may not have.

    Returns
    -------
    formats
        Those that could be loaded.
    failures
        A sentence for each of the others, which names its package. Each is a `DataWarning`, too.
    """
    found: dict[str, Format] = {}
    failures = []
    for entry in sorted(entry_points(group=GROUP), key=lambda each: (each.name, each.value)):
        try:
            fmt = entry.load()
            if not isinstance(fmt, Format):
                raise TypeError(f"{entry.value} is a {type(fmt).__name__}, not a darlc.Format")
            if fmt.name in found or fmt.name in taken:
                raise ValueError(f"there is a format named {fmt.name!r} already")
            found[fmt.name] = fmt
        # Importing another's package may raise anything, SystemExit too.
        except (Exception, SystemExit) as error:
            failures.append(
                f"The format {entry.name!r} of {_package(entry)} is left out, because it could not "
                f"be loaded ({type(error).__name__}: {str(error).rstrip('.')}): update the package."
            )
    for each in failures:
        warnings.warn(each, DataWarning, stacklevel=2)
    return tuple(found.values()), tuple(failures)


def _package(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist is not None else entry.module
