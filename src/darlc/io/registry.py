"""The registry of file formats, and the one way to open a path."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from darlc.data.dataset import Dataset, DataWarning, ReadOptions
from darlc.errors import InputError
from darlc.io.guards.boundary import reading

if TYPE_CHECKING:
    from anndata import AnnData


def _never(path: Path) -> bool:
    return False


@dataclass(frozen=True)
class Format:
    """A kind of file or folder that darlc reads.

    Parameters
    ----------
    name
        Short name, as it stands in `Dataset.format`.
    description
        What it is, in a few words, for a sentence that lists what is understood.
    matches
        Whether a path is of this kind, from names and first bytes only; it never raises.
    read
        Opens the path. Whatever it raises reaches the user as an `InputError`.
    heeds
        Names of the options of `ReadOptions` that ``read`` sees to. Of the others, those that
        any AnnData can answer are seen to afterwards; the rest are refused.
    accepts
        Like ``matches``, for paths that a viewer has readers of its own for: asked only when
        somebody insists on a path that nothing claims.
    """

    name: str
    description: str
    matches: Callable[[Path], bool]
    read: Callable[[Path, ReadOptions], Dataset]
    heeds: frozenset[str] = field(default=frozenset())
    accepts: Callable[[Path], bool] = _never


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
    try:
        return next((fmt for fmt in formats() if fmt.matches(path)), None)
    except (OSError, ValueError):  # a name that is too long, or that no file can have
        return None


def open_dataset(path: str | os.PathLike[str], options: ReadOptions | None = None) -> Dataset:
    """Open a dataset of any registered format and check that it can be used.

    The file or folder is only read, never written to.

    Parameters
    ----------
    path
        A file or folder of any kind that `formats` lists.
    options
        What to take where the file leaves a choice.

    Returns
    -------
    Dataset
        ``adata.obsm["spatial"]`` holds (x, y), not finite where an observation has no place; gene
        names are unique; the expression is finite and not negative. ``notes`` says what was
        assumed, left out or changed.

    Raises
    ------
    InputError
        One sentence that names the path, what is wrong with it and what to do; where an option
        cannot be met, it lists what there is.
    """
    path, options = Path(path), options or ReadOptions()
    fmt = _format_of(path)

    # They bring numpy and scipy, which a look-up need not pay.
    from darlc.images.tissue_image import tissue_image_note
    from darlc.io.checks.chosen import apply, refuse_unheeded
    from darlc.io.checks.dataset_checks import check
    from darlc.io.checks.section_choice import separated

    with reading(path):
        refuse_unheeded(path, fmt.name, fmt.heeds, options)
        with warnings.catch_warnings():
            # Libraries warn of repeated names and of old files; what matters stands in the notes.
            warnings.simplefilter("ignore")
            dataset = replace(fmt.read(path, options), options=options)
            dataset = apply(dataset, path, options, fmt.heeds)
        dataset = separated(check(dataset, path), path)
        note = tissue_image_note(dataset.adata)
        return replace(dataset, notes=(*dataset.notes, note)) if note else dataset


def _format_of(path: Path) -> Format:
    """Return the format of a path that is to be opened, whoever else might claim it."""
    try:
        found = path.exists()
    except (OSError, ValueError):
        found = False
    if not found:
        raise InputError(f"{path} does not exist: check the path and its spelling.")
    if not os.access(path, os.R_OK):
        raise InputError(f"{path} may not be read by you: ask for permission to read it.")
    fmt = find_format(path) or next((each for each in formats() if each.accepts(path)), None)
    if fmt is None:
        *known, last = (each.description for each in formats())
        raise InputError(
            f"{path} is no dataset that darlc understands: open {', '.join(known)}, or {last}."
        )
    return fmt


def read(path: str | os.PathLike[str], options: ReadOptions | None = None) -> AnnData:
    """Open a dataset and return its AnnData; each note is a `DataWarning`.

    See `open_dataset` for what is understood and raised.
    """
    dataset = open_dataset(path, options)
    for note in dataset.notes:
        warnings.warn(note, DataWarning, stacklevel=2)
    return dataset.adata
