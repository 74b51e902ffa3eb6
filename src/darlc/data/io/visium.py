"""The parts of a Visium run: where the spots lie, and the picture of the tissue."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, cast

from darlc.data.dataset import READING, Dataset
from darlc.data.io.boundary import reading
from darlc.data.io.parquet import read_parquet
from darlc.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from darlc.data.io.tenx_matrix import TenxMatrix

#: Space Ranger 2 and later, 1, and the HD pipeline.
POSITIONS = (
    "tissue_positions.csv",
    "tissue_positions_list.csv",
    "tissue_positions.parquet",
    "tissue_positions.csv.gz",
    "tissue_positions_list.csv.gz",
)
_LATTICE = ["in_tissue", "array_row", "array_col"]
_PIXELS = ["pxl_row_in_fullres", "pxl_col_in_fullres"]
_SCALES = "scalefactors_json.json"


def find_positions(folder: Path, prefix: str = "") -> Path | None:
    """Return the file of positions in a folder, its name after a prefix; None without one."""
    candidates = (folder / f"{prefix}{name}" for name in POSITIONS)
    return next((each for each in candidates if each.is_file()), None)


def read_positions(path: Path) -> pd.DataFrame:
    """Read positions by barcode, with or without a header.

    Raises
    ------
    InputError
        The file is damaged, or a column is missing.
    """
    import pandas as pd

    columns = ["barcode", *_LATTICE, *_PIXELS]
    with reading(path):
        if path.suffix == ".parquet":
            table = read_parquet(path)
        else:
            with _open(path) as file:
                header = file.readline().startswith("barcode,")
            table = pd.read_csv(path, header=0 if header else None)
            if not header and table.shape[1] == len(columns):
                table.columns = columns
        missing = [name for name in columns if name not in table]
        if missing:
            raise InputError(
                f"{path} has no column {missing[0]}: get the file again from the run's outs folder."
            )
        positions: pd.DataFrame = table[columns].set_index("barcode")
        return positions.astype(dict.fromkeys(_LATTICE, int) | dict.fromkeys(_PIXELS, float))


def assemble(path: Path, matrix: TenxMatrix, positions: pd.DataFrame, format_name: str) -> Dataset:
    """Join counts and positions; what has no place on the tissue stays out.

    Returns
    -------
    Dataset
        ``obsm["spatial"]`` holds (x, y) in pixels of the full-resolution image.

    Raises
    ------
    InputError
        Counts and positions come from different runs.
    """
    import anndata

    notes = []
    placed = matrix.barcodes.isin(positions.index)
    if not placed.any():
        raise InputError(
            f"{path} has no position for any of its {len(placed)} barcodes: "
            "take the matrix and the spatial folder from the same run."
        )
    if not placed.all():
        notes.append(f"{(~placed).sum()} barcodes without a position were left out.")
    obs = positions.reindex(matrix.barcodes[placed]).rename_axis(None)
    inside = obs["in_tissue"].to_numpy() == 1
    if not inside.all():
        notes.append(f"{(~inside).sum()} observations outside the tissue were left out.")
    obs = obs[inside].astype(dict.fromkeys(_LATTICE, int))
    adata = anndata.AnnData(
        X=matrix.counts[placed][inside],
        obs=obs[_LATTICE],
        var=matrix.features.set_index("name").rename_axis(None),
        obsm={"spatial": obs[_PIXELS[::-1]].to_numpy(dtype=float)},
    )
    return Dataset(adata, path, format_name, tuple(notes))


def add_pictures(dataset: Dataset, spatial: Path, library: str, prefix: str = "") -> Dataset:
    """Add scale factors and the images that they place, in the shape scanpy and squidpy use.

    Images are extras: one that cannot be used is told of and left out.
    """
    from dataclasses import replace

    source = spatial / f"{prefix}{_SCALES}"
    if not source.is_file():
        note = "There are no scale factors, so the tissue image was left out."
        return replace(dataset, notes=(*dataset.notes, note))
    with reading(source):
        scales = {key: float(value) for key, value in json.loads(source.read_text()).items()}
    images, notes = {}, list(dataset.notes)
    for size in ("hires", "lowres"):
        file = spatial / f"{prefix}tissue_{size}_image.png"
        if not file.is_file() or f"tissue_{size}_scalef" not in scales:
            continue
        try:
            with reading(file):
                images[size] = _read_image(file)
        except InputError:
            notes.append(f"The image {file.name} could not be read and was left out.")
    entry = {"images": images, "scalefactors": scales, "metadata": {}}
    dataset.adata.uns["spatial"] = {library: entry}
    if "microns_per_pixel" in scales:
        dataset.adata.uns[READING] = {"microns": scales["microns_per_pixel"]}
    return replace(dataset, notes=tuple(notes))


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return cast(TextIO, gzip.open(path, "rt", encoding="utf-8-sig"))
    return path.open(encoding="utf-8-sig")


def _read_image(path: Path) -> Any:
    """Return an image as (height, width, 3) uint8."""
    import numpy as np
    from PIL import Image

    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))
