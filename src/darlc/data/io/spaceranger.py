"""Space Ranger folders: the count matrix, where the spots lie, and the picture of the tissue."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from darlc.data.dataset import Dataset
from darlc.data.io.boundary import reading
from darlc.data.io.registry import Format, register
from darlc.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from darlc.data.io.tenx_matrix import TenxMatrix

_MATRIX = "filtered_feature_bc_matrix"
#: Space Ranger 2 and later, 1, and the HD pipeline.
_POSITIONS = ("tissue_positions.csv", "tissue_positions_list.csv", "tissue_positions.parquet")
_LATTICE = ["in_tissue", "array_row", "array_col"]
_PIXELS = ["pxl_row_in_fullres", "pxl_col_in_fullres"]


@dataclass(frozen=True)
class _Layout:
    """Where the parts of a folder are; None where a part is missing."""

    matrices: tuple[Path, ...]
    positions: Path | None
    spatial: Path


def matches(path: Path) -> bool:
    """Return whether a folder holds the matrix or the positions that Space Ranger writes."""
    try:
        layout = _look(path)
    except OSError:
        return False
    return bool(layout.matrices or layout.positions)


def read(path: Path) -> Dataset:
    """Read a Space Ranger folder, or the folder above its ``outs``.

    ``obsm["spatial"]`` holds (x, y) in pixels of the full-resolution image.

    Raises
    ------
    InputError
        A part is missing or damaged, or the parts come from different runs.
    """
    from darlc.data.io.tenx_matrix import read_h5, read_mtx

    layout = _look(path)
    if not layout.matrices:
        raise InputError(
            f"{path} holds no {_MATRIX}.h5 and no {_MATRIX} folder: "
            "copy one of them from the run's outs folder."
        )
    if layout.positions is None:
        raise InputError(
            f"{path} holds no spatial/{_POSITIONS[0]}: "
            "copy the spatial folder from the run's outs folder."
        )
    if len(layout.matrices) > 1:
        names = " and ".join(each.name for each in layout.matrices[:2])
        raise InputError(f"{path} holds {names}: keep one of them in the folder.")
    source = layout.matrices[0]
    matrix = read_mtx(source) if source.is_dir() else read_h5(source)
    positions = _read_positions(layout.positions)
    dataset = _assemble(path, matrix, positions)
    pictures, more = _read_pictures(layout.spatial)
    if pictures:
        home = path.resolve()
        name = home.parent.name if home.name == "outs" else home.name
        dataset.adata.uns["spatial"] = {matrix.library_id or name: pictures}
    return Dataset(dataset.adata, path, dataset.format, dataset.notes + more)


def _look(path: Path) -> _Layout:
    """Find the parts, in the folder or in its ``outs``; the fuller of the two is taken."""
    here, below = (_look_in(folder) for folder in (path, path / "outs"))
    return max(here, below, key=lambda each: bool(each.matrices) + bool(each.positions))


def _look_in(folder: Path) -> _Layout:
    spatial = folder / "spatial"
    positions = next((spatial / name for name in _POSITIONS if (spatial / name).is_file()), None)
    # One .h5 under its own name wins; repositories put the sample's name before it.
    exact, prefixed = folder / f"{_MATRIX}.h5", sorted(folder.glob(f"*_{_MATRIX}.h5"))
    matrices: tuple[Path, ...] = ()
    if exact.is_file():
        matrices = (exact,)
    elif prefixed:
        matrices = tuple(prefixed)
    elif (folder / _MATRIX).is_dir():
        matrices = (folder / _MATRIX,)
    return _Layout(matrices, positions, spatial)


def _read_positions(path: Path) -> pd.DataFrame:
    """Read positions by barcode, with or without a header."""
    import pandas as pd

    columns = ["barcode", *_LATTICE, *_PIXELS]
    with reading(path):
        if path.suffix == ".parquet":
            table = pd.read_parquet(path)
        else:
            with path.open(encoding="utf-8-sig") as file:
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


def _assemble(path: Path, matrix: TenxMatrix, positions: pd.DataFrame) -> Dataset:
    """Join counts and positions; what has no place on the tissue, or is no gene, stays out."""
    import anndata

    from darlc.data.io.tenx_matrix import GENE_EXPRESSION

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
    genes = (matrix.features["feature_types"] == GENE_EXPRESSION).to_numpy()
    if not genes.all():
        kinds = ", ".join(sorted(set(matrix.features["feature_types"][~genes])))
        notes.append(f"{(~genes).sum()} features that are no genes were left out ({kinds}).")

    obs = obs[inside].astype(dict.fromkeys(_LATTICE, int))
    adata = anndata.AnnData(
        X=matrix.counts[placed][inside][:, genes],
        obs=obs[_LATTICE],
        var=matrix.features[genes].set_index("name").rename_axis(None),
        obsm={"spatial": obs[_PIXELS[::-1]].to_numpy(dtype=float)},
    )
    return Dataset(adata, path, "spaceranger", tuple(notes))


def _read_pictures(spatial: Path) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Read scale factors and the images that they place, in the shape scanpy and squidpy use.

    Images are extras: one that cannot be used is told of and left out.
    """
    source = spatial / "scalefactors_json.json"
    if not source.is_file():
        return {}, ("There are no scale factors, so the tissue image was left out.",)
    with reading(source):
        scales = {key: float(value) for key, value in json.loads(source.read_text()).items()}
    images, notes = {}, []
    for size in ("hires", "lowres"):
        file = spatial / f"tissue_{size}_image.png"
        if not file.is_file() or f"tissue_{size}_scalef" not in scales:
            continue
        try:
            with reading(file):
                images[size] = _read_image(file)
        except InputError:
            notes.append(f"The image {file.name} could not be read and was left out.")
    return {"images": images, "scalefactors": scales, "metadata": {}}, tuple(notes)


def _read_image(path: Path) -> Any:
    """Return an image as (height, width, 3) uint8."""
    import numpy as np
    from PIL import Image

    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


register(
    Format(
        name="spaceranger",
        description=f"a Space Ranger folder with {_MATRIX} (.h5 or folder) and spatial",
        matches=matches,
        read=read,
    )
)
