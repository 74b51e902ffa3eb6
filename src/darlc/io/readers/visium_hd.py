"""Visium HD folders: counts in bins of several sizes, of which one is read, or in cells."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from darlc.data.dataset import Dataset, ReadOptions
from darlc.errors import InputError
from darlc.io.choice import pick
from darlc.io.format import Format
from darlc.io.guards.boundary import reading
from darlc.io.listing import names
from darlc.io.parts.tenx_files import matrices
from darlc.io.readers import spaceranger
from darlc.wording import listed

if TYPE_CHECKING:
    import pandas as pd

_BINS = re.compile(r"square_(\d{3})um")
_CELLS, _OUTLINES = "segmented_outputs", "cell_segmentations.geojson"


def matches(path: Path) -> bool:
    """Return whether a folder is ``binned_outputs`` or ``segmented_outputs``, or holds one."""
    return bool(_bins(path)) or _cells(path) is not None


def read(path: Path, options: ReadOptions) -> Dataset:
    """Read the bins of one size, the largest where none was chosen; cells where there are no bins.

    ``obsm["spatial"]`` holds (x, y) in pixels of the full-resolution image.

    Raises
    ------
    InputError
        There are no bins of that size, or a part is missing or damaged.
    """
    bins, cells = _bins(path), _cells(path)
    whole = [size for size, home in bins.items() if spaceranger.is_complete(home)]
    if cells is not None and not whole and (not bins or options.bin_size is None):
        if options.bin_size is not None:
            raise InputError(f"{path} holds cells and no bins: leave --bin-size out.")
        return _read_cells(path, cells)
    notes = []
    if options.bin_size is not None:
        size = int(pick(path, "bin_size", str(options.bin_size), map(str, whole or bins)))
    else:
        size = max(whole or bins)
        there = ", ".join(map(str, whole or bins))
        notes.append(f"Bins of {size} µm are read; there are {there}: --bin-size chooses.")
        if missing := [each for each in bins if whole and each not in whole]:
            notes.append(f"Bins of {listed(missing)} µm lack their counts or their positions.")
        if cells is not None:
            notes.append(f"There are cells too: open {cells.name} for them.")
    dataset = spaceranger.read(bins[size], options)
    spatial = dataset.adata.uns.get("spatial", {})
    # The slide has the name of its folder, not of its bins.
    for name in [name for name in spatial if _BINS.fullmatch(name)]:
        spatial[path.resolve().name] = spatial.pop(name)
    return replace(
        dataset, path=path, format="visium_hd", notes=(*dataset.notes, *notes), options=options
    )


def _bins(path: Path) -> dict[int, Path]:
    """Return the folders of bins by their size in micrometres, the smallest first."""
    for folder in (path, path / "binned_outputs", path / "outs" / "binned_outputs"):
        found = [(_BINS.fullmatch(name), folder / name) for name in names(folder)]
        if bins := {int(match[1]): home for match, home in found if match and home.is_dir()}:
            return dict(sorted(bins.items()))
    return {}


def _cells(path: Path) -> Path | None:
    """Return the folder that holds counts of cells, or their outlines, or None."""
    for folder in (path, path / _CELLS, path / "outs" / _CELLS):
        of_cells = any("_cell_matri" in each.path.name for each in matrices(folder))
        if of_cells or (folder / _OUTLINES).is_file():
            return folder
    return None


def _read_cells(path: Path, home: Path) -> Dataset:
    """Read cells, each at the centre of its outline."""
    import anndata

    from darlc.io.parts.visium import add_pictures

    found = matrices(home)
    if not found or not (home / _OUTLINES).is_file():
        missing = _OUTLINES if found else "filtered_feature_cell_matrix.h5"
        raise InputError(f"{home} holds no {missing}: copy it from the run's {_CELLS} folder.")
    matrix = found[0].read()
    centres = _centres(home / _OUTLINES)
    placed = matrix.barcodes.isin(centres.index)
    if not placed.any():
        raise InputError(
            f"{path} has no outline for any of its {len(placed)} cells: take the matrix and "
            f"{_OUTLINES} from the same run."
        )
    notes = [] if placed.all() else [f"{(~placed).sum()} cells without an outline were left out."]
    adata = anndata.AnnData(
        X=matrix.counts[placed],
        var=matrix.features.set_index("name").rename_axis(None),
    )
    adata.obs_names = matrix.barcodes[placed]
    adata.obsm["spatial"] = centres.loc[adata.obs_names].to_numpy()
    dataset = Dataset(adata, path, "visium_hd", tuple(notes))
    folder = path.resolve()
    while folder.name in (_CELLS, "outs"):
        folder = folder.parent
    return add_pictures(dataset, home / "spatial", matrix.library_id or folder.name)


def _centres(path: Path) -> pd.DataFrame:
    """Return x and y of the middle of every outline, by the barcode of its cell."""
    import pandas as pd
    import shapely  # type: ignore[import-untyped,import-not-found]
    from shapely.geometry import shape  # type: ignore[import-untyped,import-not-found]

    with reading(path):
        outlines = [
            each for each in json.loads(path.read_bytes())["features"] if each.get("geometry")
        ]
        number = [int(each["properties"]["cell_id"]) for each in outlines]
        centre = shapely.centroid([shape(each["geometry"]) for each in outlines])
    barcodes = pd.Index([f"cellid_{each:09d}-1" for each in number])
    places = pd.DataFrame({"x": shapely.get_x(centre), "y": shapely.get_y(centre)}, index=barcodes)
    return places[~places.index.duplicated()]


FORMAT = Format(
    name="visium_hd",
    description="a Visium HD folder",
    matches=matches,
    read=read,
    heeds=frozenset({"bin_size"}),
)
