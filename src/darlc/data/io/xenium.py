"""Xenium output folders: cells, their counts and their centroids."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from darlc.data.dataset import READING, Dataset, ReadOptions
from darlc.data.io.boundary import reading
from darlc.data.io.parquet import read_parquet
from darlc.data.io.registry import Format, register
from darlc.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

_MATRIX = "cell_feature_matrix"
#: The plain table holds the same as the Parquet file, and needs nothing more to be installed.
_CELLS = ("cells.csv.gz", "cells.csv", "cells.parquet")
_WHERE = ["x_centroid", "y_centroid"]


def matches(path: Path) -> bool:
    """Return whether a path is a Xenium folder, or the matrix in one."""
    home = _home(path)
    return _cells(home) is not None and _matrix(home) is not None


def read(path: Path, options: ReadOptions) -> Dataset:
    """Read the cells; ``obsm["spatial"]`` holds (x, y) in micrometres.

    Raises
    ------
    InputError
        A part is damaged, or the parts come from different runs.
    """
    import anndata

    from darlc.data.io.tenx_matrix import read_h5, read_mtx

    home = _home(path)
    cells, source = _cells(home), _matrix(home)
    if cells is None or source is None:
        raise InputError(f"{path} holds no {_CELLS[0]} or no {_MATRIX}.h5: copy the whole folder.")
    matrix = read_mtx(source) if source.is_dir() else read_h5(source)
    table = _read_cells(cells)
    placed = matrix.barcodes.isin(table.index)
    if not placed.any():
        raise InputError(
            f"{path} has no position for any of its {len(placed)} cells: "
            f"take {_MATRIX} and {cells.name} from the same run."
        )
    notes = []
    if not placed.all():
        notes.append(f"{(~placed).sum()} cells without a position were left out.")
    adata = anndata.AnnData(
        X=matrix.counts[placed],
        obs=table.reindex(matrix.barcodes[placed]).rename_axis(None),
        var=matrix.features.set_index("name").rename_axis(None),
        uns={READING: {"microns": 1.0}},
    )
    adata.obsm["spatial"] = adata.obs[_WHERE].to_numpy(dtype=float)
    return Dataset(adata, path, "xenium", tuple(notes))


def _home(path: Path) -> Path:
    """Return the folder of a run: the path, its ``outs``, or where the matrix lies."""
    if path.name == f"{_MATRIX}.h5":
        return path.parent
    return path if _cells(path) is not None else path / "outs"


def _cells(folder: Path) -> Path | None:
    return next((folder / name for name in _CELLS if (folder / name).is_file()), None)


def _matrix(folder: Path) -> Path | None:
    if (file := folder / f"{_MATRIX}.h5").is_file():
        return file
    return folder / _MATRIX if (folder / _MATRIX).is_dir() else None


def _read_cells(path: Path) -> pd.DataFrame:
    import pandas as pd

    with reading(path):
        table = (
            read_parquet(path)
            if path.suffix == ".parquet"
            else pd.read_csv(path, dtype={"cell_id": str})
        )
        missing = [name for name in ("cell_id", *_WHERE) if name not in table]
        if missing:
            raise InputError(f"{path} has no column {missing[0]}: get a fresh copy of it.")
        names = table["cell_id"]
        if isinstance(names.iloc[0] if len(names) else "", bytes):
            names = names.str.decode("utf-8")
        return table.assign(cell_id=names.astype(str)).set_index("cell_id")


register(
    Format(
        name="xenium",
        description="a Xenium folder",
        matches=matches,
        read=read,
    )
)
