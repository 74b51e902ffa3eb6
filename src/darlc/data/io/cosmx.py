"""CosMx flat files: ``*_exprMat_file.csv`` and ``*_metadata_file.csv``."""

from __future__ import annotations

from pathlib import Path

from darlc.data.dataset import READING, Dataset, ReadOptions
from darlc.data.io.listing import ending
from darlc.data.io.registry import Format, register
from darlc.errors import InputError

_COUNTS = ("exprmat_file.csv", "exprmat_file.csv.gz")
_CELLS = ("metadata_file.csv", "metadata_file.csv.gz")
_KEY = ["fov", "cell_ID"]
_WHERE = ["CenterX_global_px", "CenterY_global_px"]
#: By NanoString: the side of a pixel in micrometres.
_MICRONS = 0.120280945
_CONTROLS = ("NegPrb", "Negative", "SystemControl", "FalseCode")


def matches(path: Path) -> bool:
    """Return whether a path is a CosMx folder, or the table of counts in one."""
    home = _home(path)
    return bool(ending(home, *_COUNTS)) and bool(ending(home, *_CELLS))


def read(path: Path, options: ReadOptions) -> Dataset:
    """Read the cells; ``obsm["spatial"]`` holds (x, y) in pixels of the whole slide.

    Raises
    ------
    InputError
        A table is damaged, or the two come from different slides, or there are several slides.
    """
    import anndata
    import numpy as np
    import pandas as pd

    from darlc.data.io.cell_tables import read_cells, read_counts

    home = _home(path)
    tables = [path] if path.is_file() else ending(home, *_COUNTS)
    if len(tables) > 1:
        raise InputError(
            f"{path} holds {tables[0].name} and {tables[1].name}: open the one that you mean."
        )
    slide = tables[0].name.lower().split(_COUNTS[0])[0]
    beside = ending(home, *_CELLS)
    cells = next((each for each in beside if each.name.lower().startswith(slide)), beside[0])
    names, counts, columns = read_counts(tables[0], _KEY)
    table = read_cells(cells, _KEY, _WHERE)
    placed = names.isin(table.index)
    if not placed.any():
        raise InputError(
            f"{path} has no position for any of its {len(names)} cells: "
            f"take {tables[0].name} and the metadata from the same slide."
        )
    columns_ = np.array(columns, dtype=str)
    genes = ~np.any([np.char.startswith(columns_, each) for each in _CONTROLS], axis=0)
    notes = []
    if not placed.all():
        notes.append(f"{(~placed).sum()} rows that are no cell were left out.")
    if not genes.all():
        notes.append(f"{(~genes).sum()} controls (such as {columns_[~genes][0]}) were left out.")
    adata = anndata.AnnData(
        X=counts[placed][:, genes],
        obs=table.reindex(names[placed]),
        var=pd.DataFrame(index=pd.Index(columns_[genes])),
        uns={READING: {"microns": _MICRONS}},
    )
    adata.obsm["spatial"] = adata.obs[_WHERE].to_numpy(dtype=float)
    return Dataset(adata, path, "cosmx", tuple(notes))


def _home(path: Path) -> Path:
    return path.parent if path.name.lower().endswith(_COUNTS) else path


register(
    Format(
        name="cosmx",
        description="a CosMx folder",
        matches=matches,
        read=read,
    )
)
