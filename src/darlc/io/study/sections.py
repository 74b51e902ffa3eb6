"""Read several sections: from several paths, from a folder of samples, or by a column of a file."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from darlc.data.dataset import Dataset, ReadOptions
from darlc.data.keys import STUDY_FILE
from darlc.errors import InputError
from darlc.io.format import Format
from darlc.io.listing import names
from darlc.io.registry import find_format, open_dataset, open_sections
from darlc.io.study.folder import unique_names

#: Folders above a path that are asked for a name, where paths have the same.
_ABOVE = 3
#: Format of tables of text, which stand beside samples for other purposes, too.
_TABLE = "table"

Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


def read_study(
    paths: Paths, options: ReadOptions | None = None, *, section_column: str = ""
) -> dict[str, Dataset]:
    """Open several sections.

    Parameters
    ----------
    paths
        Files and folders as for `darlc.read`, one for each section; or a folder of them.
    options
        What to take where a file leaves a choice; the same for all.
    section_column
        Column of ``obs`` that says in which section an observation is, where a file holds several.

    Returns
    -------
    dict
        Datasets by the sections' names: those of their files, of the folders above where files have
        the same name, or the values in the column. They differ also in lower case.

    Raises
    ------
    InputError
        One sentence that names the path, what is wrong with it and what to do.

    Examples
    --------
    >>> study = darlc.read_study(["control.h5ad", "treated.h5ad"])
    >>> {name: dataset.format for name, dataset in study.items()}
    {'control': 'h5ad', 'treated': 'h5ad'}
    """
    given = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    found = [each for path in given for each in samples(Path(path))]
    _refuse_repeated(found)
    if not section_column:
        opened = [open_dataset(path, options) for path in found]
        wanted = _told_apart(found, [each.name for each in opened])
        return dict(zip(unique_names(wanted), opened, strict=True))
    split = [open_sections(path, section_column, options) for path in found]
    files = _told_apart(found, [next(iter(each.values())).name for each in split])
    wanted = [
        name if len(found) == 1 else f"{file} {name}"
        for file, each in zip(files, split, strict=True)
        for name in each
    ]
    sections = [dataset for each in split for dataset in each.values()]
    return dict(zip(unique_names(wanted), sections, strict=True))


def holds_samples(path: Path) -> bool:
    """Return whether a path is a folder of samples, and not itself one."""
    return samples(path) != [path]


def samples(path: Path) -> list[Path]:
    """Return the samples in a folder; the path itself where it is one, or holds none.

    Tables of text are samples only where nothing else is: beside others they describe these.
    """
    if not path.is_dir() or find_format(path) is not None:
        return [path]
    formats: dict[Path, Format] = {}
    for name in names(path):
        if not name.startswith((".", "_")) and name != STUDY_FILE:
            fmt = find_format(path / name)
            if fmt is not None:
                formats[path / name] = fmt
    chosen = [each for each, fmt in formats.items() if fmt.name != _TABLE]
    return chosen or list(formats) or [path]


def _refuse_repeated(paths: Sequence[Path]) -> None:
    seen: set[str] = set()
    for path in paths:
        place = os.path.realpath(path)
        if place in seen:
            raise InputError(f"{path} was given twice: give every section once.")
        seen.add(place)


def _told_apart(paths: Sequence[Path], own: Sequence[str]) -> list[str]:
    """Return names, and where several are the same, those of the nearest folders that differ."""
    chosen = list(own)
    for level in range(_ABOVE):
        times = Counter(name.casefold() for name in chosen)
        if times.most_common(1)[0][1] == 1:
            break
        for i, path in enumerate(paths):
            above = path.absolute().parents
            if times[chosen[i].casefold()] > 1 and level < len(above):
                chosen[i] = above[level].name or chosen[i]
    return chosen
