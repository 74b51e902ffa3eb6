"""A guard against files that declare arrays far larger than their content."""

from __future__ import annotations

from collections.abc import Callable

from darlc.io.guards.boundary import DamagedError

#: Arrays of fewer bytes are not checked.
_HARMLESS = 256 * 2**20
#: Largest compression ratio of gzip; real data are far below it.
_BEST_COMPRESSION = 1100


def check_declared(declared: int, stored: Callable[[], int], what: str) -> None:
    """Refuse an array that cannot be as large as it is declared.

    Parameters
    ----------
    declared
        Bytes of the array in memory.
    stored
        Returns the bytes that it takes in the file; called only for large arrays.
    what
        Name of the array.

    Raises
    ------
    DamagedError
        The declared size exceeds the stored size by more than any compression ratio.
    """
    if declared < 0:
        raise DamagedError(f"{what} declares a negative size")
    if declared > _HARMLESS and declared > _BEST_COMPRESSION * stored():
        raise DamagedError(
            f"{what} declares {declared / 2**30:.3g} GiB, of which next to nothing is stored"
        )
