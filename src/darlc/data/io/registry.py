"""The registry of file formats, and the one way to open a path."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from darlc.data.dataset import Dataset
from darlc.data.io.boundary import reading
from darlc.errors import InputError

if TYPE_CHECKING:
    from anndata import AnnData


class DataWarning(UserWarning):
    """Something was assumed, left out or changed while reading."""


@dataclass(frozen=True)
class Format:
    """A kind of file or folder that darlc reads.

    Parameters
    ----------
    name
        Short name, as it stands in `Dataset.format`.
    description
        What it is, for a sentence that lists what is understood.
    matches
        Whether a path is of this kind, from names and first bytes only; it never raises.
    read
        Opens the path. Whatever it raises reaches the user as an `InputError`.
    """

    name: str
    description: str
    matches: Callable[[Path], bool]
    read: Callable[[Path], Dataset]


_FORMATS: dict[str, Format] = {}


def register(fmt: Format) -> Format:
    """Add a format; formats are asked in the order of their registration.

    Raises
    ------
    ValueError
        The name is taken.
    """
    if fmt.name in _FORMATS:
        raise ValueError(f"a format named {fmt.name!r} is registered already")
    _FORMATS[fmt.name] = fmt
    return fmt


def formats() -> tuple[Format, ...]:
    """Return the registered formats in the order in which they are asked."""
    return tuple(_FORMATS.values())


def find_format(path: str | os.PathLike[str]) -> Format | None:
    """Return the format that claims a path, or None.

    Cheap (names and first bytes), so that a window may call it on its own thread.
    """
    path = Path(path)
    return next((fmt for fmt in formats() if fmt.matches(path)), None)


def open_dataset(path: str | os.PathLike[str]) -> Dataset:
    """Open a dataset of any registered format and check that it can be used.

    The file or folder is only read, never written to.

    Parameters
    ----------
    path
        An ``.h5ad`` file, a Space Ranger folder, or a count table whose row names are coordinates.

    Returns
    -------
    Dataset
        ``adata.obsm["spatial"]`` holds (x, y), not finite where an observation has no place; gene
        names are unique; the expression is finite and not negative. ``notes`` says what was
        assumed, left out or changed.

    Raises
    ------
    InputError
        One sentence that names the path, what is wrong with it and what to do.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"{path} does not exist: check the path and its spelling.")
    if not os.access(path, os.R_OK):
        raise InputError(f"{path} may not be read by you: ask for permission to read it.")
    fmt = find_format(path)
    if fmt is None:
        known = "; ".join(each.description for each in formats())
        raise InputError(
            f"{path} is no dataset that darlc understands: open one of these: {known}."
        )

    from darlc.data.io.checks import check  # brings numpy and scipy, which a look-up need not pay

    with reading(path):
        with warnings.catch_warnings():
            # Libraries warn of repeated names and of old files; what matters stands in the notes.
            warnings.simplefilter("ignore")
            dataset = fmt.read(path)
        return check(dataset, path)


def read(path: str | os.PathLike[str]) -> AnnData:
    """Open a dataset and return its AnnData; each note is a `DataWarning`.

    See `open_dataset` for what is understood and raised.
    """
    dataset = open_dataset(path)
    for note in dataset.notes:
        warnings.warn(note, DataWarning, stacklevel=2)
    return dataset.adata
