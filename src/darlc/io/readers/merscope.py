"""MERSCOPE output: tables ``cell_by_gene`` and ``cell_metadata``.

Repeated segmentation and public releases add prefixes and suffixes to these names.
"""

from __future__ import annotations

import re
from pathlib import Path

from darlc.data.dataset import Dataset, ReadOptions
from darlc.data.keys import READING
from darlc.errors import InputError
from darlc.io.format import Format
from darlc.io.listing import names

_COUNTS = re.compile(r"(.*)cell_by_gene(.*\.csv(?:\.gz)?)", re.IGNORECASE)
_CELLS = re.compile(r"(.*)cell_metadata(.*\.csv(?:\.gz)?)", re.IGNORECASE)
_USUAL = "cell_by_gene.csv"
_WHERE = ["center_x", "center_y"]
#: Columns that name the cells, which differ by version; else the first column does.
_NAMES = ("EntityID", "cell", "cell_id")


def matches(path: Path) -> bool:
    """Return whether a path is a MERSCOPE folder, or one of the tables in one."""
    return bool(_pairs(path))


def read(path: Path, options: ReadOptions) -> Dataset:
    """Read the cells; ``obsm["spatial"]`` holds (x, y) in micrometres.

    Raises
    ------
    InputError
        A table is damaged, the two come from different runs, or there are several of them.
    """
    from darlc.io.tables.cell_tables import joined, read_cells, read_counts

    pairs = _pairs(path)
    chosen = next((pair for pair in pairs if pair[0].name == _USUAL), pairs[0])
    if len(pairs) > 1 and chosen[0].name != _USUAL:
        raise InputError(
            f"{path} holds {pairs[0][0].name} and {pairs[1][0].name}: open the one that you mean."
        )
    counts, cells = chosen
    table = read_cells(cells, [_key(cells)], _WHERE)
    adata, notes = joined(
        path,
        read_counts(counts, [_key(counts)]),
        table.drop(columns=_key(cells)),
        "cells without a position",
        f"{counts.name} and {cells.name} from the same run",
    )
    if others := [pair[0].name for pair in pairs if pair is not chosen]:
        notes += (f"{counts.name} is read; {', '.join(others)} can be opened too.",)
    adata.obsm["spatial"] = adata.obs[_WHERE].to_numpy(dtype=float)
    adata.uns[READING] = {"microns": 1.0}
    return Dataset(adata, path, "merscope", notes)


def _pairs(path: Path) -> list[tuple[Path, Path]]:
    """Return tables of counts with the tables of cells of the same name."""
    is_table = any(pattern.fullmatch(path.name) for pattern in (_COUNTS, _CELLS))
    home = path.parent if is_table else path
    there = names(home)
    found = []
    for name in there:
        if match := _COUNTS.fullmatch(name):
            beside = f"{match[1]}cell_metadata{match[2]}"
            if other := next((each for each in there if each.lower() == beside.lower()), None):
                found.append((home / name, home / other))
    return [pair for pair in found if path in pair] if is_table else found


def _key(path: Path) -> str:
    """Return the name of the column that names the cells."""
    from darlc.io.tables.cell_tables import header

    columns = header(path)
    return next((name for name in _NAMES if name in columns), columns[0])


FORMAT = Format(
    name="merscope",
    description="a MERSCOPE folder",
    matches=matches,
    read=read,
)
