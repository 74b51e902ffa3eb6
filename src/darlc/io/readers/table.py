"""Count tables (CSV or TSV, plain or gzipped) with coordinates.

The coordinates are in columns of the table, in a second file, or in the names of observations. Row
names in R's style (a header with one name less) and a corner cell are both read.
"""

from __future__ import annotations

import csv
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from darlc.data.dataset import Dataset, ReadOptions
from darlc.data.keys import READING
from darlc.errors import InputError
from darlc.io.format import Format
from darlc.io.guards.boundary import reading
from darlc.io.listing import ending
from darlc.io.tables.coordinate_file import (
    CALLED,
    SUFFIXES,
    Coordinates,
    find_beside,
    read_coordinates,
    stem,
    typed,
)
from darlc.io.tables.count_table import (
    Columns,
    CountTable,
    names_coordinates,
    read_count_table,
    sort_columns,
)
from darlc.io.tables.label_file import add_labels
from darlc.io.tables.named_coordinates import parse_coordinates
from darlc.io.tables.text_table import Head, read_head
from darlc.wording import counted

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

_TURNED = "The table had genes in rows and observations in columns and was transposed."
#: Characters of a line that a look-up reads, so that it ends on a file without line breaks, and
#: those that it splits into cells.
_LONGEST_LOOK, _FIRST_CELLS = 4_000_000, 50_000
#: Fewest columns of counts beside x and y in a table of genes; and the fewest where the name is
#: that of a table of cells, which may hold other numbers.
_FEWEST_GENES, _SURELY_GENES = 3, 20


def matches(path: Path) -> bool:
    """Return whether a table of numbers has coordinates: in columns, names, or a file beside it.

    Other tables are not claimed: a viewer has its own readers for them.
    """
    if not accepts(path):
        return False
    try:
        head = read_head(path, _LONGEST_LOOK, _FIRST_CELLS)
    except (OSError, EOFError, zlib.error, ValueError, csv.Error):
        return False
    if head.names is None or len(head.names) != len(head.first) or len(head.first) < 2:
        return False
    columns = sort_columns(head)
    if columns.axes is not None:
        known = stem(path).casefold().endswith(CALLED)
        return len(columns.counts) >= (_SURELY_GENES if known else _FEWEST_GENES)
    if not all(head.is_value(cell) for cell in head.first[1:]):
        return False
    named = names_coordinates([head.first[0]]) or names_coordinates(head.names[:3])
    return named or find_beside(path) is not None


def accepts(path: Path) -> bool:
    """Return whether a path has the suffix of a table; ``read`` raises where it cannot be used."""
    return path.name.lower().endswith(SUFFIXES) and path.is_file()


def read(path: Path, options: ReadOptions) -> Dataset:
    """Read a count table as sparse float32, with the (x, y) of every observation.

    They are from a file that was chosen; else from columns with names such as x and y; else from a
    file beside the table; else from the names of the observations.

    Raises
    ------
    InputError
        The header does not fit the lines below it, or observations have no coordinates.
    """
    key = options.spatial_key
    try:
        head = read_head(path)
        _check_header(head, path)
        columns = sort_columns(head, key)
        second = _second(path, head, key)
        if not columns.counts:
            raise InputError(
                f"{path} holds coordinates and no column of counts: open the table of counts, and "
                "keep this one beside it."
            )
        table = read_count_table(path, head, columns)
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not text in UTF-8: save it as UTF-8.") from error
    if second is not None:
        adata, notes = _with_second(path, second, table)
    elif columns.axes is not None:
        adata, notes = _with_own(path, table, columns)
    elif (beside := find_beside(path)) is not None:
        adata, notes = _with_beside(path, beside, table)
    elif names_coordinates(table.names) or names_coordinates(table.columns):
        adata, notes = _with_named(path, table)
    else:
        adata, notes = _with_lines(path, table)
    return Dataset(adata=adata, path=path, format="table", notes=tuple(notes))


def _check_header(head: Head, path: Path) -> None:
    if head.names is None:
        raise InputError(f"{path} has no header: put the names of the genes into its first line.")
    if not head.first:
        raise InputError(f"{path} holds no line below its header: get it again.")
    names, cells = len(head.names), len(head.first)
    if names != cells:
        raise InputError(
            f"{path} has {names} names in its header and {cells} cells in the line below it: "
            "give every column one name."
        )


def _second(path: Path, head: Head, key: str) -> Path | None:
    """Return the file of coordinates that was chosen; None for columns, or without a choice."""
    pair = {name.strip() for name in key.split(",")}
    if not key or (len(pair) == 2 and pair <= {name.strip() for name in head.names or []}):
        return None
    if not (second := Path(key)).is_file():
        raise InputError(
            f"{path} has no {key!r} for --spatial-key: give the file that holds its coordinates, "
            "or two of its columns with a comma between them."
        )
    return second


def _with_own(path: Path, table: CountTable, columns: Columns) -> tuple[AnnData, list[str]]:
    """Take x and y from columns of the table itself."""
    import pandas as pd

    from darlc.io.tables.positions import numbers

    axes = columns.axes
    assert axes is not None
    repeated = len(table.names) - len(set(table.names))
    if 2 * repeated > len(table.names) and len(table.columns) < _FEWEST_GENES:
        raise InputError(
            f"{path} has several lines for most names (such as {table.names[0]}), as tables of "
            "single molecules do: make a table with a line for each cell or bin."
        )
    known = pd.DataFrame(table.kept, dtype=str)
    names = table.names
    if repeated:
        # Names that are not unique, such as numbers of cells in each field of view.
        known.insert(0, "name", names)
        names = [str(i) for i in range(len(names))]
    adata = _anndata(names, table)
    adata.obsm["spatial"] = numbers(known, axes)
    adata.obs = _described(known.drop(columns=[axes.x, axes.y]), adata.obs_names)
    _keep_microns(adata, axes.microns)
    return adata, [f"Coordinates were taken from the columns {axes.x} and {axes.y}."]


def _with_beside(path: Path, beside: Path, table: CountTable) -> tuple[AnnData, list[str]]:
    """Take x and y from a file that was found, or from names where the file cannot be used."""
    named = names_coordinates(table.names) or names_coordinates(table.columns)
    try:
        return _with_second(path, beside, table)
    except InputError:
        if not named:
            raise
    adata, notes = _with_named(path, table)
    return adata, [*notes, f"{beside.name} names other observations and was not used."]


def _with_named(path: Path, table: CountTable) -> tuple[AnnData, list[str]]:
    import numpy as np

    notes = list[str]()
    if parse_coordinates(table.names[0]) is None:
        table = _turn(table)
        notes.append(_TURNED)
    adata = _anndata(table.names, table)
    adata.obsm["spatial"] = np.array(_coordinates(table.names, path), dtype=np.float64)
    if "_" in table.names[0]:
        notes.append(
            f"Coordinates were taken from names such as {table.names[0]}: a file of coordinates "
            "beside the table would be used in their place."
        )
    if _is_st(path):
        from darlc.images.layout import ST_PITCH

        _keep_microns(adata, ST_PITCH)
    return adata, notes + add_labels(adata, path)


def _is_st(path: Path) -> bool:
    """Return whether there is a file of spots that ST's spot detector selected."""
    called = f"{stem(path)}_selection".casefold()
    for other in ending(path.parent, *SUFFIXES):
        if stem(other).casefold() == called:
            with reading(other):
                return {"new_x", "new_y"} <= set(read_head(other, _LONGEST_LOOK).names or [])
    return False


def _with_second(path: Path, second: Path, table: CountTable) -> tuple[AnnData, list[str]]:
    """Join counts and coordinates by name; names decide whether genes are in rows or columns."""
    import pandas as pd

    found = read_coordinates(second, pd.Index([*table.names, *table.columns]))
    notes = [f"Coordinates were taken from {second.name}."]
    down, across = (pd.Index(each).isin(found.names).sum() for each in (table.names, table.columns))
    if across > down:
        table = _turn(table)
        notes.append(_TURNED)
    here = pd.Index(table.names).isin(found.names)
    if not here.any():
        raise InputError(
            f"{path} names none of its observations as {second.name} does: "
            "give both files the same names."
        )
    if not here.all():
        left = int((~here).sum())
        verb = "was" if left == 1 else "were"
        notes.append(f"{counted(left, 'observation')} without coordinates {verb} left out.")
    adata = _anndata(table.names, table)[here].copy()
    _join(adata, found)
    return adata, notes


def _join(adata: AnnData, found: Coordinates) -> None:
    place = found.names.get_indexer(adata.obs_names)
    obs = found.obs.iloc[place].set_axis(adata.obs_names)
    adata.obs = adata.obs.drop(columns=[name for name in obs if name in adata.obs]).join(obs)
    adata.obsm["spatial"] = found.where[place]
    _keep_microns(adata, found.microns)


def _with_lines(path: Path, table: CountTable) -> tuple[AnnData, list[str]]:
    """Take x and y from rows of a table that has observations in columns."""
    import numpy as np
    import pandas as pd

    from darlc.io.tables.positions import axes_of, numbers

    lines = pd.DataFrame(table.lines)
    axes = axes_of(lines)
    if axes is None:
        raise InputError(
            f"{path} holds no coordinates: give it columns called x and y, name its rows like "
            "16.92x9.015, or put a file of coordinates beside it."
        )
    genes = np.array([name not in table.lines for name in table.names])
    turned = _turn(table)
    adata = _anndata(turned.names, turned)[:, genes].copy()
    adata.obsm["spatial"] = numbers(lines, axes)
    _keep_microns(adata, axes.microns)
    return adata, [f"Coordinates were taken from the rows {axes.x} and {axes.y}.", _TURNED]


def _turn(table: CountTable) -> CountTable:
    return CountTable(table.columns, table.names, table.matrix.T.tocsr(), table.kept, {})


def _anndata(names: list[str], table: CountTable) -> AnnData:
    """Return the counts, with the other columns beside them, transposed or not."""
    import anndata
    import pandas as pd

    obs = pd.DataFrame(index=pd.Index(names, dtype=str))
    var = pd.DataFrame(index=pd.Index(table.columns, dtype=str))
    known = pd.DataFrame(table.kept, dtype=str)
    if len(known.columns) and len(known) == len(obs):
        obs = _described(known, obs.index)
    elif len(known.columns) and len(known) == len(var):
        var = _described(known, var.index)
    return anndata.AnnData(X=table.matrix, obs=obs, var=var)


def _described(known: pd.DataFrame, names: pd.Index) -> pd.DataFrame:
    import pandas as pd

    columns = {str(name): typed(known[name]).to_numpy() for name in known if str(name)}
    return pd.DataFrame(columns, index=names)


def _keep_microns(adata: AnnData, microns: float) -> None:
    if microns == microns:
        adata.uns[READING] = {"microns": microns}


def _coordinates(names: list[str], path: Path) -> list[tuple[float, float]]:
    parsed = [parse_coordinates(name) for name in names]
    strangers = [name for name, found in zip(names, parsed, strict=True) if found is None]
    if strangers:
        raise InputError(
            f"{path} names {len(strangers)} of {len(names)} observations without coordinates "
            f"(such as {strangers[0]!r}): name all of them like 16.92x9.015 or remove them."
        )
    return [found for found in parsed if found is not None]


FORMAT = Format(
    name="table",
    description="a count table (CSV, TSV) with coordinates",
    matches=matches,
    read=read,
    heeds=frozenset({"spatial_key"}),
    accepts=accepts,
)
