"""CosMx flat files: ``*_exprMat_file.csv`` and ``*_metadata_file.csv``, old and new."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from darlc.data.dataset import Dataset, ReadOptions
from darlc.data.keys import READING
from darlc.errors import InputError
from darlc.io.format import Format
from darlc.io.guards.boundary import reading
from darlc.io.listing import ending

if TYPE_CHECKING:
    import pandas as pd

_COUNTS = ("exprmat_file.csv", "exprmat_file.csv.gz")
_CELLS = ("metadata_file.csv", "metadata_file.csv.gz")
_FIELDS = ("fov_positions_file.csv", "fov_positions_file.csv.gz")
#: Columns that name a cell, lower case, in the order of preference.
_KEYS = (("fov", "cell_id"), ("cell",), ("cell_id",))
#: Columns of x and y, and micrometres in one unit of them where the columns say so.
_GLOBAL = ("CenterX_global_px", "CenterY_global_px")
_MILLIMETRES = ("x_slide_mm", "y_slide_mm")
_LOCAL = ("CenterX_local_px", "CenterY_local_px")
_FIELD_MM = (("x_mm", "y_mm"), ("x_global_mm", "y_global_mm"))
_FIELD_PX = ("x_global_px", "y_global_px")
#: Published by the maker: side of a pixel in micrometres, and of a field of view in pixels.
_MICRONS, _FIELD = 0.120280945, 4256


def matches(path: Path) -> bool:
    """Return whether a path is a CosMx folder, or one of the tables in one."""
    home = _home(path)
    return bool(ending(home, *_COUNTS)) and bool(ending(home, *_CELLS))


def read(path: Path, options: ReadOptions) -> Dataset:
    """Read the cells; ``obsm["spatial"]`` holds (x, y) on the slide, in pixels or micrometres.

    Where the files hold only positions within fields of view, it holds those.

    Raises
    ------
    InputError
        A table is damaged, or the two come from different slides, or there are several slides.
    """
    import numpy as np

    from darlc.io.tables.cell_tables import header, joined, read_cells, read_counts

    home = _home(path)
    tables = ending(home, *_COUNTS)
    if path.is_file():
        tables = [path if path in tables else _of_slide(path, tables)]
    if len(tables) > 1:
        raise InputError(
            f"{path} holds {tables[0].name} and {tables[1].name}: open the one that you mean."
        )
    counts, cells = tables[0], _of_slide(tables[0], ending(home, *_CELLS))
    known = header(cells)
    there = [header(counts), known]
    key = next((each for each in _KEYS if all(_named(each, columns) for columns in there)), None)
    if key is None:
        raise InputError(
            f"{counts} and {cells.name} have no columns fov and cell_ID that name cells: "
            "get fresh copies of them."
        )
    where = next(
        (each for each in (_GLOBAL, _MILLIMETRES, _LOCAL) if set(each) <= set(known)), _GLOBAL
    )
    table = read_cells(cells, _named(key, known), where)
    adata, notes = joined(
        path,
        read_counts(counts, _named(key, there[0])),
        table,
        "rows that are no cell",
        f"{counts.name} and the metadata from the same slide",
    )
    spatial = adata.obs[list(where)].to_numpy(dtype=float)
    if where == _MILLIMETRES:
        spatial, microns, note = spatial * 1000, 1.0, ""
    else:
        fields = _of_slide(counts, ending(home, *_FIELDS)) if ending(home, *_FIELDS) else None
        microns, note = _microns(table, fields)
    if where == _LOCAL:
        note = f"{cells.name} holds no positions on the slide, so those in fields are used. {note}"
    adata.obsm["spatial"] = spatial
    if np.isfinite(microns):
        adata.uns[READING] = {"microns": microns}
    return Dataset(adata, path, "cosmx", (*notes, *([note.strip()] if note else [])))


def _microns(table: pd.DataFrame, fields: Path | None) -> tuple[float, str]:
    """Return micrometres in a pixel, from the files or else assumed, and a note."""
    import numpy as np
    import pandas as pd

    if {*_GLOBAL, *_MILLIMETRES} <= set(table.columns):
        return _ratio(table[list(_MILLIMETRES)], table[list(_GLOBAL)]), ""
    if {"Area", "Area.um2"} <= set(table.columns):
        squared = float(np.nanmedian(table["Area.um2"] / table["Area"].where(table["Area"] > 0)))
        if squared > 0:
            return float(np.sqrt(squared)), ""
    if fields is not None:
        with reading(fields):
            known = pd.read_csv(fields)
        known.columns = [str(name).lower() for name in known.columns]
        for side in _FIELD_MM:
            if {*side, *_FIELD_PX} <= set(known.columns) and len(known) > 1:
                found = _ratio(known[list(side)], known[list(_FIELD_PX)])
                if np.isfinite(found):
                    return found, ""
    if set(_LOCAL) <= set(table.columns) and table[list(_LOCAL)].to_numpy().max() > 1.02 * _FIELD:
        # Instruments before the commercial one had other fields of view and other pixels.
        return float("nan"), "The size of a pixel is not known, so there is no scale bar."
    return (
        _MICRONS,
        f"A pixel is assumed to be {_MICRONS:.4f} µm wide, because no file holds its size.",
    )


def _ratio(millimetres: pd.DataFrame, pixels: pd.DataFrame) -> float:
    """Return micrometres in a pixel from the extents of the same positions in both units."""
    import numpy as np

    wide = np.ptp(pixels.to_numpy(dtype=float), axis=0)
    side = np.ptp(millimetres.to_numpy(dtype=float), axis=0)
    return float(1000 * side.sum() / wide.sum()) if wide.sum() > 0 and side.sum() > 0 else np.nan


def _named(key: tuple[str, ...], columns: list[str]) -> list[str]:
    """Return the columns of a key as a table spells them; none where one is missing."""
    spelt = {name.lower(): name for name in reversed(columns)}
    return [spelt[name] for name in key] if set(key) <= set(spelt) else []


def _of_slide(table: Path, tables: list[Path]) -> Path:
    """Return the table of the same slide as another, by the start of its name."""
    slide = table.name.lower().split(_COUNTS[0])[0].split(_CELLS[0])[0]
    return next((each for each in tables if each.name.lower().startswith(slide)), tables[0])


def _home(path: Path) -> Path:
    return path.parent if path.name.lower().endswith((*_COUNTS, *_CELLS)) else path


FORMAT = Format(
    name="cosmx",
    description="a CosMx folder",
    matches=matches,
    read=read,
)
