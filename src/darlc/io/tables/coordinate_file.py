"""Coordinates in a second file beside a table of counts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from darlc.errors import InputError
from darlc.io.listing import ending
from darlc.io.tables.positions import axes_of, numbers, positions
from darlc.io.tables.text_table import is_missing, numbers_rows, read_text_table
from darlc.wording import listed

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

SUFFIXES = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")
#: Names of a file of coordinates by itself; and further ones after the name of the table.
_ALONE = (
    *("coordinates", "coords", "spatial", "positions", "locations", "bead_locations"),
    *("beadlocationsforr", "tissue_positions", "tissue_positions_list"),
)
CALLED = (*_ALONE, "positions_list", "spots", "beads", "cells", "metadata", "meta")
_MOST_WORDS = 20
#: Columns of Space Ranger's list of positions after the barcode; it has no header.
_POSITIONS_LIST = ("in_tissue", "array_row", "array_col", "pxl_row", "pxl_col")


@dataclass(frozen=True, eq=False)
class Coordinates:
    """Content of a file of coordinates.

    Parameters
    ----------
    names
        Unique names of the observations.
    where
        (n, 2) x and y.
    obs
        The other columns, by name.
    microns
        Micrometres in a unit of ``where``, where the file states it; else NaN.
    """

    names: pd.Index
    where: NDArray[np.float64]
    obs: pd.DataFrame
    microns: float


def stem(path: Path) -> str:
    """Return a table's name without the suffixes of its format."""
    name = path.name
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        if name.lower().endswith(suffix):
            return name[: -len(suffix)]
    return name


def find_beside(path: Path) -> Path | None:
    """Return the file of coordinates that belongs to a table, by its name."""
    own = stem(path).casefold()
    if own.endswith(CALLED):
        return None  # it is a file of coordinates itself
    found = {}
    for other in ending(path.parent, *SUFFIXES):
        name = stem(other).casefold()
        if other.name != path.name and name.endswith(CALLED):
            found[name] = other
    # The two may have the same prefix: a_counts.csv, a_coordinates.csv.
    ends = [len(own), *(found.start() for found in re.finditer(r"[_.-]", own))][:_MOST_WORDS]
    begins = [own[:end] for end in sorted(ends, reverse=True) if end]
    candidates = [f"{b}{mark}{called}" for b in begins for mark in "_.-" for called in CALLED]
    return next((found[name] for name in (*candidates, *_ALONE) if name in found), None)


def read_coordinates(path: Path, known: pd.Index) -> Coordinates:
    """Read a file of coordinates, with or without a header, its columns in any order.

    Parameters
    ----------
    path
        A plain table.
    known
        Names that observations may have: the column with most of them holds the names.

    Raises
    ------
    InputError
        The file is damaged, or its columns of x and y cannot be found.
    """
    import pandas as pd

    table = read_text_table(path)
    column, names = _find_names(table, known)
    own = table.iloc[:, [i for i in range(table.shape[1]) if i != column]]
    headed = not pd.api.types.is_integer_dtype(table.columns)
    numbered = [i for i in range(own.shape[1]) if _only_numbers_rows(own, i, headed)]
    own = own.iloc[:, [i for i in range(own.shape[1]) if i not in numbered]]
    if (
        not headed
        and own.shape[1] == len(_POSITIONS_LIST)
        and own.iloc[:, 0].isin(["0", "1"]).all()
    ):
        own.columns, headed = pd.Index(_POSITIONS_LIST), True
    axes = axes_of(own) if headed else None
    if axes is not None:
        where, microns = numbers(own, axes), axes.microns
        own = own.drop(columns=[axes.x, axes.y])
    else:
        where, microns = _by_order(path, own, headed), float("nan")
        own = own.iloc[:, :0] if not headed else own.select_dtypes(include="object")
    once = ~names.duplicated()
    obs = pd.DataFrame({str(name): typed(own[name]) for name in own if name in _single(own)})
    obs.index = names
    return Coordinates(names[once], where[once], obs[once], microns)


def typed(column: pd.Series) -> pd.Series:
    """Return a column of text as numbers where all values are numbers; missing ones are NaN."""
    import pandas as pd

    known = column.where(~column.map(is_missing))
    found = pd.to_numeric(known, errors="coerce")
    return found if bool((found.notna() == known.notna()).all()) else known


def _single(table: pd.DataFrame) -> pd.Index:
    return table.columns[~table.columns.duplicated(keep=False)]


def _find_names(table: pd.DataFrame, known: pd.Index) -> tuple[int, pd.Index]:
    """Return the column of names of observations, and the names in the spelling of ``known``."""
    import pandas as pd

    text = [table.iloc[:, i].str.strip() for i in range(table.shape[1])]
    shared = [int(each.isin(known).sum()) for each in text]
    if max(shared) > 0:
        column = shared.index(max(shared))
        return column, pd.Index(text[column])
    # R changes names of columns: 1_1 becomes X1_1, and AAAC-1 becomes AAAC.1.
    made = {_made(name): name for name in map(str, known)}
    renamed = [each.map(_made).map(made) for each in text]
    shared = [int(each.notna().sum()) for each in renamed]
    column = shared.index(max(shared))
    return column, pd.Index(renamed[column].fillna(text[column]))


def _made(name: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9._]", ".", name)
    return plain if re.match(r"[A-Za-z.]", plain) else f"X{plain}"


def _only_numbers_rows(table: pd.DataFrame, column: int, headed: bool) -> bool:
    """Return whether a column holds row numbers; a column with a header does not."""
    name = str(table.columns[column]) if headed else ""
    nameless = not name or name.startswith("Unnamed")
    return nameless and numbers_rows(table.iloc[:, column].tolist())


def _by_order(path: Path, table: pd.DataFrame, headed: bool) -> NDArray[np.float64]:
    """Return x and y by their order, where there are only two columns of numbers."""
    numeric = [i for i in range(table.shape[1]) if typed(table.iloc[:, i]).dtype.kind in "if"]
    most = 2 if headed else 3
    if 2 <= len(numeric) <= most and (found := positions(_floats(table, numeric))) is not None:
        where: NDArray[np.float64] = found.values
        return where
    names = f"({listed(table.columns)}) " if headed else ""
    raise InputError(
        f"{path} does not show which of its columns {names}are x and y: name two of them x and y."
    )


def _floats(table: pd.DataFrame, columns: list[int]) -> NDArray[np.float64]:
    import numpy as np

    return np.column_stack([typed(table.iloc[:, i]).to_numpy(dtype=float) for i in columns])
