"""MERSCOPE output folders: ``cell_by_gene.csv`` and ``cell_metadata.csv``."""

from __future__ import annotations

from pathlib import Path

from darlc.data.dataset import READING, Dataset, ReadOptions
from darlc.data.io.boundary import reading
from darlc.data.io.registry import Format, register
from darlc.errors import InputError

_COUNTS, _CELLS = "cell_by_gene.csv", "cell_metadata.csv"
_WHERE = ["center_x", "center_y"]
#: Barcodes that no gene has tell how often the readout errs.
_CONTROL = "Blank-"


def matches(path: Path) -> bool:
    """Return whether a path is a MERSCOPE folder, or the table of counts in one."""
    home = path.parent if path.name == _COUNTS else path
    return (home / _COUNTS).is_file() and (home / _CELLS).is_file()


def read(path: Path, options: ReadOptions) -> Dataset:
    """Read the cells; ``obsm["spatial"]`` holds (x, y) in micrometres.

    Raises
    ------
    InputError
        A table is damaged, or the two come from different runs.
    """
    import anndata
    import numpy as np
    import pandas as pd

    from darlc.data.io.cell_tables import read_cells, read_counts

    home = path.parent if path.name == _COUNTS else path
    names, counts, columns = read_counts(home / _COUNTS, [_first(home / _COUNTS)])
    table = read_cells(home / _CELLS, [_first(home / _CELLS)], _WHERE)
    placed = names.isin(table.index)
    if not placed.any():
        raise InputError(
            f"{path} has no position for any of its {len(names)} cells: "
            f"take {_COUNTS} and {_CELLS} from the same run."
        )
    genes = ~np.char.startswith(np.array(columns, dtype=str), _CONTROL)
    notes = []
    if not placed.all():
        notes.append(f"{(~placed).sum()} cells without a position were left out.")
    if not genes.all():
        notes.append(f"{(~genes).sum()} controls ({_CONTROL}…) were left out.")
    adata = anndata.AnnData(
        X=counts[placed][:, genes],
        obs=table.reindex(names[placed]).iloc[:, 1:],
        var=pd.DataFrame(index=pd.Index(np.array(columns)[genes])),
        uns={READING: {"microns": 1.0}},
    )
    adata.obsm["spatial"] = adata.obs[_WHERE].to_numpy(dtype=float)
    return Dataset(adata, path, "merscope", tuple(notes))


def _first(path: Path) -> str:
    """Return the name of the first column, which names the cells and differs by version."""
    import pandas as pd

    with reading(path):
        return str(pd.read_csv(path, nrows=0).columns[0])


register(
    Format(
        name="merscope",
        description="a MERSCOPE folder",
        matches=matches,
        read=read,
    )
)
