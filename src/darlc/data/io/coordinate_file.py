"""Coordinates that stand in a second file, beside a table of counts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from darlc.data.io.boundary import reading
from darlc.data.io.listing import ending
from darlc.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")
#: What a file of coordinates is called by itself; and what also, after the name of the table.
_ALONE = ("coordinates", "coords", "spatial", "positions", "locations")
_CALLED = (*_ALONE, "spots", "cells", "metadata", "meta")
#: Columns of x and y, lower case, in the order of preference.
_COLUMNS = (
    ("x", "y"),
    ("pxl_col_in_fullres", "pxl_row_in_fullres"),
    ("imagecol", "imagerow"),
    ("x_centroid", "y_centroid"),
    ("center_x", "center_y"),
    ("centerx_global_px", "centery_global_px"),
    ("xcoord", "ycoord"),
    ("x_coord", "y_coord"),
    ("spatial_x", "spatial_y"),
    ("sdimx", "sdimy"),
    ("column", "row"),
    ("col", "row"),
)


def stem(path: Path) -> str:
    """Return a table's name without the endings of its format."""
    name = path.name
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        if name.lower().endswith(suffix):
            return name[: -len(suffix)]
    return name


def find_beside(path: Path) -> Path | None:
    """Return the file of coordinates that belongs to a table, by its name alone."""
    own = stem(path).casefold()
    if own.endswith(_CALLED):
        return None  # it is one itself
    found = {}
    for other in ending(path.parent, *SUFFIXES):
        name = stem(other).casefold()
        if other.name != path.name and name.endswith(_CALLED):
            found[name] = other
    # The two may share what stands before their last word: a_counts.csv, a_coordinates.csv.
    shared = own.rpartition("_")[0]
    begins = [f"{own}{mark}" for mark in "_.-"] + ([f"{shared}_"] if shared else [])
    candidates = [begin + called for begin in begins for called in _CALLED]
    return next((found[name] for name in (*candidates, *_ALONE) if name in found), None)


def read_coordinates(path: Path) -> pd.DataFrame:
    """Read a file of coordinates.

    Returns
    -------
    DataFrame
        ``x``, ``y`` and the other columns of the file, by the name of the observation, which is
        the first column.

    Raises
    ------
    InputError
        The file is damaged, or does not say which columns are x and y.
    """
    import pandas as pd

    with reading(path):
        how: dict[str, Any] = {"sep": None, "engine": "python"}
        table = pd.read_csv(path, **how)
        if not isinstance(table.index, pd.RangeIndex):  # R leaves the first column without a name
            how |= {"names": ["", *table.columns], "header": 0}
            table = pd.read_csv(path, **how)
        # Names are text, whatever they look like: 0001, NA.
        own = pd.read_csv(path, **how, dtype=str, keep_default_na=False)
        table = table.iloc[:, 1:].set_index(pd.Index(own.iloc[:, 0]))
        lower = {str(name).casefold(): name for name in table.columns}
        pair = next((each for each in _COLUMNS if set(each) <= set(lower)), None)
        if pair is None and table.shape[1] == 2 and not table.select_dtypes("number").empty:
            pair = (str(table.columns[0]).casefold(), str(table.columns[1]).casefold())
        if pair is None:
            names = ", ".join(map(str, table.columns[:12]))
            raise InputError(
                f"{path} does not say which of its columns ({names}) are x and y: "
                "name two of them x and y."
            )
        x, y = lower[pair[0]], lower[pair[1]]
        return table.rename(columns={x: "x", y: "y"})
