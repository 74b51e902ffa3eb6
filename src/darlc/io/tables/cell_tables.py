"""Tables of cells from imaging platforms: counts, and metadata."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from darlc.errors import InputError
from darlc.io.guards.boundary import reading
from darlc.wording import counted

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from anndata import AnnData
    from numpy.typing import NDArray
    from scipy import sparse

ROWS = 4096
#: Columns of cells, fields of view and slides, lower case, whose numbers are not counts.
_NAMES = (
    *("", "cell", "cell_id", "cellid", "entityid", "fov", "barcode"),
    *("slide", "slide_id", "slide_id_numeric", "run_tissue_name"),
)


@dataclass(frozen=True, eq=False)
class CellCounts:
    """A table of counts.

    Parameters
    ----------
    cells
        Unique names of the rows.
    counts
        (cells, columns) float32 csr.
    columns
        Names of the features.
    notes
        Sentences on rows that were left out.
    """

    cells: pd.Index
    counts: sparse.csr_matrix
    columns: list[str]
    notes: tuple[str, ...]


def header(path: Path) -> list[str]:
    """Return the names of a table's columns.

    Raises
    ------
    InputError
        It cannot be read.
    """
    import pandas as pd

    with reading(path):
        return [str(name) for name in pd.read_csv(path, nrows=0).columns]


def read_counts(path: Path, key: Sequence[str]) -> CellCounts:
    """Read a table of mostly zero counts, a few rows at a time.

    Columns of text, and those that identify cells and fields of view, are not counts. Rows without
    any value, and further rows of a cell, are left out.

    Parameters
    ----------
    path
        CSV, plain or gzipped, with a header.
    key
        Columns that identify a cell; values of several are joined by ``_``.

    Raises
    ------
    InputError
        The table is damaged, has no such columns, or holds text among its counts.
    """
    import numpy as np
    import pandas as pd
    from scipy import sparse

    with reading(path):
        names: list[pd.Series] = []
        blocks: list[sparse.csr_matrix] = []
        columns: list[str] | None = None
        empty = 0
        kinds = dict.fromkeys(key, str)
        for part in pd.read_csv(path, chunksize=ROWS, low_memory=False, dtype=kinds):
            _require(part, key, path)
            if columns is None:
                columns = [name for name in part.columns if _is_count(part[name], key)]
            values = _numbers(part[columns], path)
            filled = ~np.isnan(values).all(axis=1)
            empty += int((~filled).sum())
            names.append(join(part, key)[filled])
            blocks.append(sparse.csr_matrix(values[filled]))
        if columns is None or not sum(map(len, names)):
            raise InputError(f"{path} holds no cells: get a fresh copy of it.")
        cells = pd.Index(pd.concat(names))
        counts = sparse.vstack(blocks, format="csr")
    again = cells.duplicated()
    notes = []
    if empty:
        notes.append(f"{counted(empty, 'row')} of counts held no value: left out.")
    if again.any():
        repeated = counted(int(again.sum()), "row")
        notes.append(f"{repeated} of counts repeated a cell: left out.")
        cells, counts = cells[~again], counts[~again]
    return CellCounts(cells, counts, [str(name) for name in columns], tuple(notes))


def read_cells(path: Path, key: Sequence[str], where: Sequence[str]) -> pd.DataFrame:
    """Read the metadata of cells; of several rows of a cell, the first is kept.

    Parameters
    ----------
    path
        CSV, plain or gzipped, with a header.
    key
        Columns that identify a cell, as in `read_counts`.
    where
        Columns of x and y.

    Raises
    ------
    InputError
        The table is damaged, or a column is missing.
    """
    import pandas as pd

    with reading(path):
        table = pd.read_csv(path, low_memory=False, dtype=dict.fromkeys(key, str))
        _require(table, (*key, *where), path)
        table.index = pd.Index(join(table, key))
        return table[~table.index.duplicated()]


def joined(
    path: Path, counts: CellCounts, cells: pd.DataFrame, strangers: str, files: str
) -> tuple[AnnData, tuple[str, ...]]:
    """Join counts and metadata of cells.

    Parameters
    ----------
    path
        What was opened.
    counts, cells
        The two tables.
    strangers
        Noun for rows of counts that the other table does not list, for a note.
    files
        The files to take from one run, for messages.

    Raises
    ------
    InputError
        The two have no cell in common.
    """
    import anndata
    import pandas as pd

    placed = counts.cells.isin(cells.index)
    if not placed.any():
        raise InputError(
            f"{path} has no position for any of its {len(placed)} cells: take {files}."
        )
    notes = list(counts.notes)
    if not placed.all():
        notes.append(f"{(~placed).sum()} {strangers} were left out.")
    adata = anndata.AnnData(
        X=counts.counts[placed],
        obs=cells.reindex(counts.cells[placed]),
        var=pd.DataFrame(index=pd.Index(counts.columns, dtype=str)),
    )
    return adata, tuple(notes)


def join(table: pd.DataFrame, key: Sequence[str]) -> pd.Series:
    """Return the name of every row: the values of some columns, joined.

    Whole numbers are written without decimals, which columns with missing values have.
    """
    parts = [
        table[each].astype(str).str.strip().str.replace(r"\.0+$", "", regex=True) for each in key
    ]
    names = parts[0]
    for each in parts[1:]:
        names = names + "_" + each
    return names


def _is_count(column: pd.Series, key: Sequence[str]) -> bool:
    import pandas as pd

    name = str(column.name)
    if name in key or name.lower() in _NAMES or name.startswith("Unnamed: "):
        return False
    return pd.api.types.is_numeric_dtype(column)


def _numbers(table: pd.DataFrame, path: Path) -> NDArray[np.float32]:
    import numpy as np

    try:
        return table.to_numpy(dtype=np.float32)
    except (TypeError, ValueError) as error:
        text = next(name for name in table if table[name].dtype.kind not in "iufb")
        raise InputError(
            f"{path} holds text among the counts of {text}: correct it, or get a fresh copy."
        ) from error


def _require(table: pd.DataFrame, columns: Sequence[str], path: Path) -> None:
    missing = [name for name in columns if name not in table]
    if missing:
        raise InputError(f"{path} has no column {missing[0]}: get a fresh copy of it.")
