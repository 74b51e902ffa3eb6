"""Write AnnData files: a file has its name only once it is complete."""

from __future__ import annotations

import os
import re
import shutil
import warnings
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from scipy import sparse

from darlc.data.dataset import DataWarning
from darlc.data.storable import skeleton, storable
from darlc.errors import InputError
from darlc.interrupts import finishing
from darlc.io.blocks import Blocks, fill_h5ad, fill_zarr
from darlc.io.whole_files import whole

if TYPE_CHECKING:
    from anndata import AnnData

#: Called with a sentence on each value that a file holds in another form than the data.
OnNote = Callable[[str], None]

#: Bytes of a text, or of a value with its name, at most; and of an empty file.
_TEXT = 100
_MARGIN = 1_000_000
_PLACE = re.compile(r"writing key '([^']*)' of .* to (/\S*)")


def check_target(path: Path, source: Path | None = None) -> None:
    """Raise if data cannot, or must not, be written to a path.

    Parameters
    ----------
    path
        Path of the file to write.
    source
        The input, which is never overwritten.

    Raises
    ------
    InputError
        The message names the path and says what to do.
    """
    is_zarr = path.suffix.lower() == ".zarr"
    check_place(path, tuple(WRITERS), source, folder=is_zarr)
    if path.exists() and is_zarr and not _is_anndata_store(path):
        raise InputError(f"{path} exists and holds something else: choose another name.")


def check_place(
    path: Path, endings: tuple[str, ...], source: Path | None = None, folder: bool = False
) -> None:
    """Raise if a file or folder cannot, or must not, be written to a path.

    Parameters
    ----------
    path
        Path to write.
    endings
        Endings of which the path has one.
    source
        The input, which is never overwritten.
    folder
        Whether a folder is written.

    Raises
    ------
    InputError
        The message names the path and says what to do.
    """
    if path.suffix.lower() not in endings:
        named = ", ".join(endings[:-1]) + f" or {endings[-1]}" if endings[1:] else endings[0]
        raise InputError(f"{path} must end in {named}: choose such a name.")
    if source is not None and _same(path, source):
        raise InputError(f"{path} is the input, which is never written to: choose another name.")
    parent = path.parent
    if not parent.is_dir():
        raise InputError(f"the folder {parent} does not exist: create it or choose another.")
    if not os.access(parent, os.W_OK):
        raise InputError(f"the folder {parent} may not be written to by you: choose another.")
    if path.exists() and folder != path.is_dir():
        kind = "a folder" if path.is_dir() else "a file"
        raise InputError(f"{path} exists and is {kind}: remove it or choose another name.")


def write(
    adata: AnnData,
    path: Path,
    layers: Mapping[str, Blocks] = MappingProxyType({}),
    on_note: OnNote | None = None,
) -> Path:
    """Write ``.h5ad`` or ``.zarr``, by the suffix.

    An existing file of that name is replaced once the new one is complete; after an error it is
    unchanged, and no other file is left.

    Parameters
    ----------
    adata
        What to write; it is not modified. Data that files cannot hold are renamed or become text.
    path
        Where.
    layers
        Further layers by name, each computed a few genes at a time while it is written.
    on_note
        Called with a sentence on each value that was renamed or became text.

    Returns
    -------
    Path
        ``path``.

    Raises
    ------
    InputError
        The path cannot be written to.
    """
    check_target(path)
    stored, notes = storable(adata, path.suffix.lower())
    for name in layers:
        stored.layers.pop(name, None)
    _check_space(stored, path, sum(each.nbytes for each in layers.values()))
    _put(lambda: stored, path, layers, keep=True)
    if on_note is not None:
        for note in notes:
            on_note(note)
    return path


def tell(notes: Iterable[str], on_note: OnNote | None) -> None:
    """Call a function with each note; without one they are warnings of the caller's caller."""
    for note in notes:
        if on_note is None:
            warnings.warn(note, DataWarning, stacklevel=4)
        else:
            on_note(note)


def try_out(adata: AnnData, path: Path) -> tuple[str, ...]:
    """Check that data can be written to a path, before long work.

    Parameters
    ----------
    adata
        Data that will be written, together with a result; not modified.
    path
        Path of the file; no file is left there.

    Returns
    -------
    tuple
        Sentences on what will be renamed or become text.

    Raises
    ------
    InputError
        As from `write`.
    """
    check_target(path)
    stored, notes = storable(adata, path.suffix.lower())
    _check_space(stored, path)
    _put(lambda: skeleton(stored), path, {}, keep=False)
    return notes


def _check_space(adata: AnnData, path: Path, more: int = 0) -> None:
    folder = Path(os.path.realpath(path)).parent
    needed, free = _size(adata) + more + _MARGIN, shutil.disk_usage(folder).free
    if needed > free:
        # Checked before writing, as HDF5 may crash the process on a full disk.
        raise InputError(
            f"{path} may need {needed / 1e6:.0f} MB, but only {free / 1e6:.0f} MB are free there: "
            "free some space or choose another folder."
        )


def _put(make: Callable[[], AnnData], path: Path, layers: Mapping[str, Blocks], keep: bool) -> None:
    """Write under a temporary name; then rename the file, or delete it after an error."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of future formats, which do not concern the user
            # Ctrl+C during writing takes effect once the file is complete.
            with finishing(f"{path} was finished first" if keep else ""), whole(path, keep) as file:
                write_, fill = WRITERS[file.suffix.lower()]
                write_(make(), file)
                if layers:
                    fill(file, layers)
    except (InputError, MemoryError):
        raise
    except OSError as error:
        raise InputError(
            f"{path} could not be written ({_cause(error)}): free some space or choose another "
            "folder."
        ) from error
    # AnnData raises many kinds of errors on values that a file cannot hold.
    except Exception as error:
        raise InputError(
            f"{path} could not be written ({_cause(error)}): remove from the data what cannot be "
            "stored."
        ) from error


def _write_h5ad(adata: AnnData, path: Path) -> None:
    adata.write_h5ad(
        path, convert_strings_to_categoricals=False, compression="gzip", compression_opts=1
    )


def _write_zarr(adata: AnnData, path: Path) -> None:
    adata.write_zarr(path, convert_strings_to_categoricals=False)


#: Functions that write an AnnData, and that add layers to the file, by suffix.
WRITERS: dict[
    str,
    tuple[Callable[[AnnData, Path], None], Callable[[Path, Mapping[str, Blocks]], None]],
] = {
    ".h5ad": (_write_h5ad, fill_h5ad),
    ".zarr": (_write_zarr, fill_zarr),
}


def _size(value: Any) -> int:
    """Return how many bytes a file of it may take, without compression."""
    import pandas as pd
    from anndata import AnnData

    if isinstance(value, AnnData):
        parts = [value.X, value.obs, value.var, value.uns, value.layers]
        parts += [value.obsm, value.varm, value.obsp, value.varp]
        if value.raw is not None:
            parts += [value.raw.X, value.raw.var, value.raw.varm]
        return sum(map(_size, parts))
    if isinstance(value, Mapping):
        return sum(map(_size, value.values()))
    if isinstance(value, pd.DataFrame):
        return int(value.memory_usage(deep=True).sum())
    if sparse.issparse(value):
        arrays = (getattr(value, name, None) for name in ("data", "indices", "indptr"))
        return sum(array.nbytes for array in arrays if array is not None)
    # Arrays of text hold references only.
    each = _TEXT if getattr(getattr(value, "dtype", None), "hasobject", False) else 0
    return int(getattr(value, "nbytes", 0)) + each * int(getattr(value, "size", 0)) + _TEXT


def _cause(error: Exception) -> str:
    """Return the cause of an error, with the system's message where HDF5 contains it."""
    if found := re.search(r"error message = '([^']+)'", str(error)):
        return found[1]
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    lines = str(error).strip().splitlines() or [type(error).__name__]
    # AnnData adds a note with the place in the data.
    note = _PLACE.search(" ".join(getattr(error, "__notes__", ())))
    place = f"{note[2].strip('/')}[{note[1]!r}]: " if note and note[2].strip("/") else ""
    return place + lines[0].rstrip(".:")


def _same(a: Path, b: Path) -> bool:
    if a.exists() and b.exists():
        return a.samefile(b)
    return a.resolve() == b.resolve()


def _is_anndata_store(path: Path) -> bool:
    """Return whether a folder is a Zarr store that holds an AnnData."""
    import zarr

    try:
        return zarr.open_group(path, mode="r").attrs.get("encoding-type") == "anndata"
    except Exception:  # any error means that it is not an AnnData
        return False
