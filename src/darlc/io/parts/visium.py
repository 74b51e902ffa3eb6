"""Parts of a Visium run: positions of spots, and the tissue image."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, cast

from darlc.data.dataset import Dataset
from darlc.data.keys import READING
from darlc.errors import InputError
from darlc.io.guards.boundary import reading
from darlc.io.tables.parquet import read_parquet

if TYPE_CHECKING:
    import pandas as pd

    from darlc.io.parts.tenx_matrix import TenxMatrix

_BARCODE = "barcode"
_LATTICE = ["in_tissue", "array_row", "array_col"]
_PIXELS = ["pxl_row_in_fullres", "pxl_col_in_fullres"]
#: Seurat's names of the columns.
_SEURAT = {
    **{"tissue": "in_tissue", "row": "array_row", "col": "array_col"},
    **{"imagerow": "pxl_row_in_fullres", "imagecol": "pxl_col_in_fullres"},
}
_SCALES = "scalefactors_json.json"


def read_positions(path: Path) -> pd.DataFrame:
    """Read positions by barcode, with or without a header, also as saved by pandas and R.

    Raises
    ------
    InputError
        The file is damaged, or a column is missing.
    """
    with reading(path):
        table = read_parquet(path) if path.suffix == ".parquet" else _read_text(path)
        table = table.rename(columns={each: _SEURAT.get(str(each), each) for each in table})
        if _BARCODE not in table:
            table = _barcodes_from_rows(table)
        missing = [name for name in (_BARCODE, *_LATTICE, *_PIXELS) if name not in table]
        if missing:
            raise InputError(
                f"{path} has no column {missing[0]}: get the file again from the run's outs folder."
            )
        positions = table[[_BARCODE, *_LATTICE, *_PIXELS]]
        if positions[_BARCODE].duplicated().any():
            raise InputError(
                f"{path} lists barcodes twice: get it again from the run's outs folder."
            )
        return _numbers(positions.set_index(_BARCODE))


def _read_text(path: Path) -> pd.DataFrame:
    """Read the table, whose first line may be a header or the first position."""
    import pandas as pd

    with _open(path) as file:
        first = file.readline()
    separator = next((each for each in "\t," if each in first), " ")
    words = [word.strip().strip("\"'") for word in first.split(separator)]
    header = bool({*_LATTICE, *_PIXELS, *_SEURAT} & set(words))
    # Barcodes are text, even where all of them could be numbers.
    text = {_BARCODE: str} if header else {0: str, 1: str}
    table = pd.read_csv(path, sep=separator, header=0 if header else None, dtype=text)
    if not header and table.shape[1] in (6, 7):
        # R and pandas write row numbers in front of the columns.
        table = table.iloc[:, -6:]
        table.columns = [_BARCODE, *_LATTICE, *_PIXELS]
    return table


def _barcodes_from_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with barcodes that R saved as row names, in a column without a header."""
    import pandas as pd

    first = table.columns[0] if len(table.columns) else ""
    if str(first).startswith("Unnamed: "):
        return table.rename(columns={first: _BARCODE})
    if pd.api.types.is_numeric_dtype(table.index):
        return table
    return table.assign(**{_BARCODE: table.index.astype(str)})


def _numbers(positions: pd.DataFrame) -> pd.DataFrame:
    """Return positions as numbers: rows and columns are integers where none is missing."""
    import pandas as pd

    inside = positions["in_tissue"]
    if inside.dtype == object:
        inside = inside.astype(str).str.lower().map({"true": 1, "false": 0, "1": 1, "0": 0})
    positions = positions.assign(in_tissue=inside).apply(pd.to_numeric).astype(float)
    whole = [name for name in _LATTICE if not positions[name].isna().any()]
    return positions.astype(dict.fromkeys(whole, int))


def assemble(path: Path, matrix: TenxMatrix, positions: pd.DataFrame, format_name: str) -> Dataset:
    """Join counts and positions; barcodes without a position in the tissue are left out.

    Returns
    -------
    Dataset
        ``obsm["spatial"]`` holds (x, y) in pixels of the full-resolution image.

    Raises
    ------
    InputError
        Counts and positions are of different runs.
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
    obs = positions.loc[matrix.barcodes[placed]].rename_axis(None)
    inside = obs["in_tissue"].to_numpy() == 1
    if not inside.all():
        notes.append(f"{(~inside).sum()} observations outside the tissue were left out.")
    obs = obs[inside]
    adata = anndata.AnnData(
        X=matrix.counts[placed][inside],
        obs=obs[_LATTICE],
        var=matrix.features.set_index("name").rename_axis(None),
        obsm={"spatial": obs[_PIXELS[::-1]].to_numpy(dtype=float)},
    )
    return Dataset(adata, path, format_name, tuple(notes))


def add_pictures(dataset: Dataset, spatial: Path, library: str, prefix: str = "") -> Dataset:
    """Add images and their scale factors, in the structure that scanpy and squidpy use.

    Images are optional: one that cannot be used is left out, with a note.
    """
    from dataclasses import replace

    source = _there(spatial / f"{prefix}{_SCALES}")
    if source is None:
        note = "There are no scale factors, so the tissue image was left out."
        return replace(dataset, notes=(*dataset.notes, note))
    with reading(source), _open(source) as file:
        scales = {key: float(value) for key, value in json.load(file).items()}
    images, notes = {}, list(dataset.notes)
    for size in ("hires", "lowres"):
        image = _there(spatial / f"{prefix}tissue_{size}_image.png")
        if image is None or f"tissue_{size}_scalef" not in scales:
            continue
        try:
            with reading(image):
                images[size] = _read_image(image)
        except InputError:
            notes.append(f"The image {image.name} could not be read and was left out.")
    entry = {"images": images, "scalefactors": scales, "metadata": {}}
    dataset.adata.uns["spatial"] = {library: entry}
    if "microns_per_pixel" in scales:
        dataset.adata.uns[READING] = {"microns": scales["microns_per_pixel"]}
    return replace(dataset, notes=tuple(notes))


def _there(path: Path) -> Path | None:
    """Return a file or its compressed form; None where neither exists."""
    both = (path, path.with_name(f"{path.name}.gz"))
    return next((each for each in both if each.is_file()), None)


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return cast(TextIO, gzip.open(path, "rt", encoding="utf-8-sig"))
    return path.open(encoding="utf-8-sig")


def _read_image(path: Path) -> Any:
    """Return an image as (height, width, 3) uint8."""
    import numpy as np
    from PIL import Image

    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image.convert("RGB"))
