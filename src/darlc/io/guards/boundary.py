"""Convert every exception of the libraries that read files to an InputError."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from darlc.errors import InputError

_LONGEST_CAUSE = 140
#: Exceptions that only damaged content causes, whichever module raises them.
_DAMAGE = (OSError, EOFError, UnicodeError, struct.error, zlib.error, zipfile.BadZipFile)
#: Modules that decode files: errors within them mean a damaged file.
_DECODERS = (
    *("anndata._io", "codecs", "csv", "gzip", "h5py", "imagecodecs", "json", "numcodecs"),
    *("numpy.lib.format", "numpy.lib.npyio", "numpy.lib._format_impl", "numpy.lib._npyio_impl"),
    *("pandas._libs.parsers", "pandas.errors", "pandas.io", "PIL", "pyarrow", "scipy.io"),
    *("tarfile", "tifffile", "xml", "zarr", "zipfile"),
)
#: Those of their exceptions that mean an intact file of an unsupported kind.
_BEYOND = ("IORegistryError", "NotImplementedError")


class DamagedError(ValueError):
    """A file is damaged or incomplete; the message says how that was found."""


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Convert every exception in the block to an InputError that names the path.

    Parameters
    ----------
    path
        The file that is being read, or the folder it belongs to.

    Raises
    ------
    InputError
        One sentence, with the library's exception as its cause. A file is called damaged only where
        it could not be decoded.
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
    # Libraries raise many kinds of exceptions on damaged files, so nearly all are caught.
    except Exception as error:
        what = (
            "it is damaged, incomplete or not what its name says, so get a fresh copy of it."
            if _is_damage(error)
            else "it holds something that darlc cannot read; if other programs can read "
            "it, please report this."
        )
        raise InputError(f"{path} could not be read ({_cause(error)}): {what}") from error


def _is_damage(error: Exception) -> bool:
    """Return whether decoding failed, rather than the processing of the content."""
    if isinstance(error, (DamagedError, *_DAMAGE)):
        return True
    if type(error).__name__ in _BEYOND:
        return False
    return any(_decodes(module) for module in (type(error).__module__, *_modules(error)))


def _modules(error: Exception) -> Iterator[str]:
    """Yield the names of the modules that an exception came through."""
    trace = error.__traceback__
    while trace is not None:
        yield str(trace.tb_frame.f_globals.get("__name__", ""))
        trace = trace.tb_next


def _decodes(module: str) -> bool:
    return any(module == each or module.startswith(f"{each}.") for each in _DECODERS)


def _cause(error: Exception) -> str:
    """Return the first line of a library's message, shortened."""
    lines = str(error).strip().splitlines() or [""]
    text = " ".join(lines[0].split()).rstrip(".:")
    if len(text) > _LONGEST_CAUSE:
        text = text[: _LONGEST_CAUSE - 1] + "…"
    if isinstance(error, DamagedError):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
