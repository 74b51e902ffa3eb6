"""Xenium output folders: cells, their counts and their centroids."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from darlc.data.dataset import Dataset, ReadOptions
from darlc.data.keys import READING
from darlc.errors import InputError
from darlc.io.format import Format
from darlc.io.guards.boundary import reading
from darlc.io.listing import names
from darlc.io.tables.parquet import read_parquet

if TYPE_CHECKING:
    import pandas as pd

_MATRIX = "cell_feature_matrix"
#: The plain table holds the same as the Parquet file, and needs no further package.
_CELLS = ("cells.csv.gz", "cells.csv", "cells.parquet")
#: The file that the maker's viewer opens.
_SPECIFICATION = "experiment.xenium"
_WHERE = ["x_centroid", "y_centroid"]


@dataclass(frozen=True)
class _Run:
    """Files of a run."""

    matrix: Path
    cells: Path


def matches(path: Path) -> bool:
    """Return whether a path is a Xenium folder, or a file that identifies one."""
    matrix = f"{_MATRIX}.h5"
    return bool(_runs(path)) or path.name.endswith(matrix) or (path / matrix).is_file()


def read(path: Path, options: ReadOptions) -> Dataset:
    """Read the cells; ``obsm["spatial"]`` holds (x, y) in micrometres.

    Raises
    ------
    InputError
        A part is damaged, the parts come from different runs, or there are several runs.
    """
    import anndata

    from darlc.io.parts.tenx_matrix import read_h5, read_mtx

    runs = _runs(path)
    if not runs:
        raise InputError(
            f"{path} has no {_CELLS[0]} beside its counts, with the positions of cells: copy the "
            "whole folder."
        )
    if len(runs) > 1:
        raise InputError(
            f"{path} holds {runs[0].matrix.name} and {runs[1].matrix.name}: open the one that you "
            "mean."
        )
    source, cells = runs[0].matrix, runs[0].cells
    matrix = read_mtx(source) if source.is_dir() else read_h5(source)
    table = _read_cells(cells)
    placed = matrix.barcodes.isin(table.index)
    if not placed.any():
        raise InputError(
            f"{path} has no position for any of its {len(placed)} cells: "
            f"take {source.name} and {cells.name} from the same run."
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


def _runs(path: Path) -> list[_Run]:
    """Return the runs in a folder or in its ``outs``, or the run of a matrix.

    Public repositories add the name of a sample as prefix. Names without one are preferred.
    """
    if path.name.endswith(f"{_MATRIX}.h5"):
        run = _run(path.parent, path.name)
        return [run] if run is not None else []
    if path.name in (*_CELLS, _SPECIFICATION):
        path = path.parent
    for folder in (path, path / "outs"):
        there = names(folder)
        by_name = [each for each in there if each.endswith((f"{_MATRIX}.h5", _MATRIX))]
        runs: dict[str, _Run] = {}
        for name in sorted(by_name, key=lambda each: not each.endswith(".h5")):
            if (run := _run(folder, name)) is not None:
                runs.setdefault(run.cells.name, run)
        if runs:
            exact = [run for run in runs.values() if run.matrix.name.startswith(_MATRIX)]
            return exact or list(runs.values())
    return []


def _run(folder: Path, name: str) -> _Run | None:
    """Return a matrix with the table of its cells, if there is one."""
    prefix = name.removesuffix(".h5").removesuffix(_MATRIX)
    tables = (folder / f"{prefix}{each}" for each in _CELLS)
    cells = next((each for each in tables if each.is_file()), None)
    return None if cells is None else _Run(folder / name, cells)


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
        cells = table["cell_id"]
        if isinstance(cells.iloc[0] if len(cells) else "", bytes):
            cells = cells.str.decode("utf-8")
        table = table.assign(cell_id=cells.astype(str)).set_index("cell_id")
        return table[~table.index.duplicated()]


FORMAT = Format(
    name="xenium",
    description="a Xenium folder",
    matches=matches,
    read=read,
)
