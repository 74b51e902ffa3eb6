"""The registry of file formats, and the one way to open a path."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from typing_extensions import deprecated

from darlc.data.dataset import Dataset, DataWarning, ReadOptions
from darlc.errors import InputError
from darlc.io.format import Format
from darlc.io.guards.boundary import reading
from darlc.io.installed_formats import installed_formats

if TYPE_CHECKING:
    from anndata import AnnData


#: By name: darlc's own, and those that somebody registered in this process.
_OWN: dict[str, Format] = {}
REGISTERED: dict[str, Format] = {}


def own_formats(*own: Format) -> None:
    """Say which formats darlc itself reads, in the order in which they are asked."""
    _OWN.update({fmt.name: fmt for fmt in own})


def register_format(fmt: Format) -> Format:
    """Have darlc read another kind of file or folder: from Python, in the window, by commands.

    It holds for the running process. A package that is to be asked wherever it is installed
    names its `Format` as an entry point of the group ``darlc.formats`` instead::

        [project.entry-points."darlc.formats"]
        spots = "my_package.reader:FORMAT"

    Several formats may claim a path. Those that were registered here are asked first, the last
    one before all others, because somebody chose them; then darlc's own, so that installing a
    package never changes how a file is read that was read before; then those of packages, by the
    name of the entry point.

    Parameters
    ----------
    fmt
        How it is recognised and read. It takes the place of one of the same name that was
        registered before, so that a cell of a notebook can be run again.

    Returns
    -------
    Format
        The same.

    Raises
    ------
    ValueError
        A format of darlc's own has the name.

    Examples
    --------
    >>> import anndata, pandas
    >>> def read_spots(path, options):
    ...     table = pandas.read_csv(path, index_col=0)
    ...     adata = anndata.AnnData(table.drop(columns=["x", "y"]))
    ...     adata.obsm["spatial"] = table[["x", "y"]].to_numpy()
    ...     return adata
    >>> fmt = darlc.register_format(darlc.Format(
    ...     name="spots", description="a .spots file", suffixes=(".spots",), read=read_spots
    ... ))
    >>> adata = darlc.read("tissue.spots")
    >>> "MBP" in adata.var_names
    True
    """
    if fmt.name in _OWN:
        raise ValueError(f"darlc has a format named {fmt.name!r} already: choose another name.")
    REGISTERED.pop(fmt.name, None)
    REGISTERED[fmt.name] = fmt
    return fmt


@deprecated("darlc.io.register is now darlc.register_format: the old name goes with darlc 0.3.")
def register(fmt: Format) -> Format:
    """Call `register_format`."""
    return register_format(fmt)


def formats() -> tuple[Format, ...]:
    """Return all formats, in the order in which they are asked; see `register_format`."""
    return tuple(_asked())


def _asked() -> Iterator[Format]:
    """Yield all formats; packages are loaded only where no format before them is taken."""
    yield from reversed(REGISTERED.values())
    yield from _OWN.values()
    registered = set(REGISTERED)
    yield from (fmt for fmt in _installed()[0] if fmt.name not in registered)


def _installed() -> tuple[tuple[Format, ...], tuple[str, ...]]:
    return installed_formats(frozenset(_OWN))


def find_format(path: str | os.PathLike[str]) -> Format | None:
    """Return the format that claims a path, or None.

    Cheap (names and first bytes), so that a window may call it on its own thread.
    """
    path = Path(path)
    return next((fmt for fmt in _asked() if _says(fmt, fmt.claims, path)), None)


def _says(fmt: Format, recognises: Callable[[Path], bool], path: Path) -> bool:
    """Ask a format about a path; one that fails never keeps others from being asked."""
    try:
        return bool(recognises(path))
    except (OSError, ValueError):  # a name that is too long, or that no file can have
        return False
    except Exception as error:
        warnings.warn(
            f"The format {fmt.name!r} could not tell whether {path} is {fmt.description} "
            f"({type(error).__name__}: {error}), so it was not asked: report this to its authors.",
            DataWarning,
            stacklevel=3,
        )
        return False


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
    from darlc.io.checks.section_choice import separated

    path = Path(path)
    dataset = _whole(path, options or ReadOptions())
    with reading(path):
        return _with_image_note(separated(dataset, path))


def open_sections(
    path: str | os.PathLike[str], column: str, options: ReadOptions | None = None
) -> dict[str, Dataset]:
    """Open every section of a dataset that holds several, each as `open_dataset` would.

    Parameters
    ----------
    path
        As for `open_dataset`; it is read once.
    column
        Column of ``obs`` that says in which section an observation is; several, with commas
        between them, mean their combinations.
    options
        As for `open_dataset`, without ``section``.

    Returns
    -------
    dict
        The sections by their value in the column, in the order of their first observations.

    Raises
    ------
    InputError
        There is no such column, or it holds one value only; and as from `open_dataset`.
    """
    from darlc.io.checks.section_choice import separated, split

    path = Path(path)
    dataset = _whole(path, options or ReadOptions())
    with reading(path):
        return {
            name: _with_image_note(separated(each, path))
            for name, each in split(dataset, path, column).items()
        }


def _whole(path: Path, options: ReadOptions) -> Dataset:
    """Open a dataset and check it, with all of its sections."""
    fmt = _format_of(path)

    # They bring numpy and scipy, which a look-up need not pay.
    from darlc.io.checks.chosen import apply, refuse_unused
    from darlc.io.checks.dataset_checks import check

    with reading(path):
        refuse_unused(path, fmt.name, fmt.heeds, options)
        with warnings.catch_warnings():
            # Libraries warn of repeated names and of old files; what matters stands in the notes.
            warnings.simplefilter("ignore")
            dataset = _read(fmt, path, options)
            dataset = apply(dataset, path, options, fmt.heeds)
        return check(dataset, path)


def _with_image_note(dataset: Dataset) -> Dataset:
    from darlc.images.tissue_image import tissue_image_note

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
    fmt = find_format(path)
    fmt = fmt or next((each for each in formats() if _says(each, each.accepts, path)), None)
    if fmt is None:
        *known, last = (each.description for each in formats())
        left_out = "".join(f" {each}" for each in _installed()[1])
        raise InputError(
            f"{path} is no dataset that darlc understands: open {', '.join(known)}, or {last}."
            f"{left_out}"
        )
    return fmt


def _read(fmt: Format, path: Path, options: ReadOptions) -> Dataset:
    """Have a format read a path; coordinates and counts of an AnnData may stand where they do."""
    from anndata import AnnData

    from darlc.io.checks.anndata_layout import bring_counts, locate

    found = fmt.read(path, options)
    if isinstance(found, Dataset):
        path, suffixes = found.path or path, fmt.suffixes
        return replace(found, options=options, path=path, format=fmt.name, suffixes=suffixes)
    if isinstance(found, AnnData):
        notes = locate(found) + ([] if options.layer else bring_counts(found))
        return Dataset(found, path, fmt.name, tuple(notes), options, suffixes=fmt.suffixes)
    raise InputError(
        f"{path} could not be read: the reader of format {fmt.name!r} returned a "
        f"{type(found).__name__}, not an AnnData; report this to its authors."
    )


def read(path: str | os.PathLike[str], options: ReadOptions | None = None) -> AnnData:
    """Open a dataset and return its AnnData.

    Parameters
    ----------
    path
        A file or folder of any kind that darlc, a package with formats or `register_format` reads.
    options
        What to take where the file leaves a choice.

    Returns
    -------
    AnnData
        Observations × genes. ``obsm["spatial"]`` holds (x, y), not finite where an observation
        has no place; gene names are unique; the expression is finite and not negative.

    Warns
    -----
    DataWarning
        One for each thing that was assumed, left out or changed.

    Raises
    ------
    InputError
        One sentence that names the path, what is wrong with it and what to do; where an option
        cannot be met, it lists what there is.

    Examples
    --------
    >>> adata = darlc.read("tissue.h5ad")
    >>> adata.obsm["spatial"].shape == (adata.n_obs, 2)
    True
    """
    dataset = open_dataset(path, options)
    for note in dataset.notes:
        warnings.warn(note, DataWarning, stacklevel=2)
    return dataset.adata
