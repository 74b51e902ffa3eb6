"""Tables of cells as imaging platforms write them: counts by cell, and what is known of each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from darlc.data.io.boundary import reading
from darlc.errors import InputError

if TYPE_CHECKING:
    import pandas as pd
    from scipy import sparse

_ROWS = 4096


def read_counts(path: Path, key: Sequence[str]) -> tuple[pd.Index, sparse.csr_matrix, list[str]]:
    """Read a table of counts, most of which are zero, a few rows at a time.

    Parameters
    ----------
    path
        CSV, plain or gzipped, with a header.
    key
        Columns that name a cell; where there are several, their values are joined by ``_``.

    Returns
    -------
    cells
        Names.
    counts
        (cells, columns) float32.
    columns
        Names of the other columns.

    Raises
    ------
    InputError
        The table is damaged, or has no such columns.
    """
    import numpy as np
    import pandas as pd
    from scipy import sparse

    with reading(path):
        names: list[pd.Series] = []
        blocks: list[sparse.csr_matrix] = []
        columns: list[str] = []
        for part in pd.read_csv(path, chunksize=_ROWS, low_memory=False):
            columns = [str(name) for name in part.columns if name not in key]
            _require(part, key, path)
            names.append(join(part, key))
            values = part.drop(columns=list(key)).to_numpy(dtype=np.float32)
            blocks.append(sparse.csr_matrix(values))
        if not sum(map(len, names)):
            raise InputError(f"{path} holds no cells: get a fresh copy of it.")
        return pd.Index(pd.concat(names)), sparse.vstack(blocks, format="csr"), columns


def read_cells(path: Path, key: Sequence[str], where: Sequence[str]) -> pd.DataFrame:
    """Read what is known of each cell.

    Parameters
    ----------
    path
        CSV, plain or gzipped, with a header.
    key
        Columns that name a cell, as in `read_counts`.
    where
        Columns of x and y.

    Raises
    ------
    InputError
        The table is damaged, or a column is missing.
    """
    import pandas as pd

    with reading(path):
        table = pd.read_csv(path, low_memory=False)
        _require(table, (*key, *where), path)
        table.index = pd.Index(join(table, key))
        return table


def join(table: pd.DataFrame, key: Sequence[str]) -> pd.Series:
    """Return the name of every row: the values of some columns, joined."""
    names = table[key[0]].astype(str)
    for each in key[1:]:
        names = names + "_" + table[each].astype(str)
    return names


def _require(table: pd.DataFrame, columns: Sequence[str], path: Path) -> None:
    missing = [name for name in columns if name not in table]
    if missing:
        raise InputError(f"{path} has no column {missing[0]}: get a fresh copy of it.")
