"""The line that no foreign exception crosses: what goes wrong below becomes an InputError."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from darlc.errors import InputError

_LONGEST_CAUSE = 140


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn every exception of the block into an InputError that names the path.

    Parameters
    ----------
    path
        The file that is being read, or the folder it belongs to.

    Raises
    ------
    InputError
        One sentence; the exception of the library stands behind it as its cause.
    """
    try:
        yield
    except InputError:
        raise
    except ImportError as error:
        raise InputError(
            f"{path} needs a package that is not installed ({_cause(error)}): "
            "install it and open the data again."
        ) from error
    except MemoryError as error:
        raise InputError(
            f"{path} does not fit into this machine's memory: "
            "make it smaller or open it on a larger machine."
        ) from error
    # A damaged file makes its libraries raise nearly anything, so nearly everything is caught.
    except Exception as error:
        raise InputError(
            f"{path} could not be read ({_cause(error)}): it is damaged, incomplete or not what "
            "its name says, so get a fresh copy of it."
        ) from error


def _cause(error: Exception) -> str:
    """First line of what a library said, short enough for a sentence."""
    lines = str(error).strip().splitlines() or [""]
    text = " ".join(lines[0].split()).rstrip(".:")
    if len(text) > _LONGEST_CAUSE:
        text = text[: _LONGEST_CAUSE - 1] + "…"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
