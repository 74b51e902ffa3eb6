"""A guard against files that declare far more than they hold, which memory would be taken for."""

from __future__ import annotations

from collections.abc import Callable

from darlc.io.guards.boundary import DamagedError

#: Below this nothing needs a closer look.
_HARMLESS = 256 * 2**20
#: The best that gzip does; data of a tissue never come near it.
_BEST_COMPRESSION = 1100


def check_declared(declared: int, stored: Callable[[], int], what: str) -> None:
    """Refuse an array that cannot be as large as it is said to be.

    Parameters
    ----------
    declared
        Bytes of the array in memory.
    stored
        Returns the bytes that it takes in the file; asked only where it matters.
    what
        Name of the array.

    Raises
    ------
    DamagedError
        It would unpack to more than any compression could have packed.
    """
    if declared < 0:
        raise DamagedError(f"{what} declares a negative size")
    if declared > _HARMLESS and declared > _BEST_COMPRESSION * stored():
        raise DamagedError(
            f"{what} declares {declared / 2**30:.3g} GiB, of which next to nothing is stored"
        )
