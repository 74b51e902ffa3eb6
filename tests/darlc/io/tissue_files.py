"""One small tissue, written as every format: a marker of each corner tells which way it lies."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import tifffile
import zarr
from anndata import AnnData
from PIL import Image
from scipy import io as scipy_io
from scipy import sparse

HEIGHT, WIDTH = 6, 5
ROW, COLUMN = (each.ravel() for each in np.mgrid[:HEIGHT, :WIDTH])
#: The first three are strong at one corner and nowhere else.
GENES = ["TopLeft", "TopRight", "BottomLeft", "Base", "Stripe"]
CORNERS = {"TopLeft": (0, 0), "TopRight": (0, WIDTH - 1), "BottomLeft": (HEIGHT - 1, 0)}
CELLS = [f"cell{number}" for number in range(len(ROW))]
BARCODES = [f"AAAC{number:02d}-1" for number in range(len(ROW))]


def counts() -> np.ndarray:
    """(30 observations, 5 genes), row by row."""
    found = np.zeros((len(ROW), len(GENES)), dtype=np.float32)
    for gene, (row, column) in enumerate(CORNERS.values()):
        found[(row == ROW) & (column == COLUMN), gene] = 20
    found[:, 3] = 1 + (ROW + 2 * COLUMN) % 3
    found[:, 4] = 5 * (ROW % 2)
    return found


def anndata(pitch: float = 10.0) -> AnnData:
    """Return the tissue in the layout of scanpy and squidpy."""
    adata = AnnData(sparse.csr_matrix(counts()))
    adata.obs_names, adata.var_names = CELLS, GENES
    adata.obsm["spatial"] = np.column_stack([COLUMN, ROW]) * pitch
    return adata


@dataclass(frozen=True)
class Case:
    """How to write a format, and what must come out.

    Parameters
    ----------
    write
        Writes into a folder and returns the path to open.
    name
        Of the format.
    places
        x and y of an observation from its column and row: ``(offset, pitch)``.
    microns
        Micrometres in one unit of the coordinates.
    values
        What the numbers are.
    needs
        Packages that the file cannot be written or read without.
    """

    write: Callable[[Path], Path]
    name: str
    places: tuple[float, float] = (0.0, 10.0)
    microns: float = float("nan")
    values: str = "counts"
    needs: tuple[str, ...] = ()


def write_h5ad(folder: Path) -> Path:
    anndata().write_h5ad(folder / "t.h5ad")
    return folder / "t.h5ad"


def write_zarr(folder: Path) -> Path:
    anndata().write_zarr(folder / "t.zarr")
    return folder / "t.zarr"


def write_tenx_h5(path: Path, names: list[str], kinds: list[str] | None = None) -> None:
    """Features × barcodes in compressed columns, one control feature last."""
    table = np.column_stack([counts(), np.ones(len(ROW))])
    by_cell = sparse.csc_matrix(table.T.astype(np.int32))
    kinds = kinds or ["Gene Expression"] * 5 + ["Negative Control Probe"]
    with h5py.File(path, "w") as file:
        group = file.create_group("matrix")
        group["shape"] = np.array(by_cell.shape, dtype=np.int32)
        group["data"], group["indices"] = by_cell.data, by_cell.indices.astype(np.int64)
        group["indptr"] = by_cell.indptr.astype(np.int64)
        group["barcodes"] = np.array(names, dtype="S")
        group["features/id"] = np.array([f"ENS{i}" for i in range(6)], dtype="S")
        group["features/name"] = np.array([*GENES, "NegControl"], dtype="S")
        group["features/feature_type"] = np.array(kinds, dtype="S")


def positions(pitch: float) -> pd.DataFrame:
    """Return positions on a square lattice, in Space Ranger's columns; one spot has no tissue."""
    table = pd.DataFrame(
        {
            "barcode": BARCODES,
            "in_tissue": 1,
            "array_row": ROW,
            "array_col": COLUMN,
            "pxl_row_in_fullres": ROW * pitch,
            "pxl_col_in_fullres": COLUMN * pitch,
        }
    )
    table.loc[len(table)] = ["ZZZZ-1", 0, 40, 40, 400.0, 400.0]
    return table.sample(frac=1, random_state=0)


def write_visium_parts(spatial: Path, prefix: str = "", scales: dict | None = None) -> None:
    """Write the scale factors and the image that they place."""
    spatial.mkdir(parents=True, exist_ok=True)
    factors = {"tissue_lowres_scalef": 0.5, "spot_diameter_fullres": 8.0, **(scales or {})}
    (spatial / f"{prefix}scalefactors_json.json").write_text(json.dumps(factors))
    pixels = np.full((30, 25, 3), 200, dtype=np.uint8)
    Image.fromarray(pixels).save(spatial / f"{prefix}tissue_lowres_image.png")


def write_spaceranger(folder: Path) -> Path:
    top = folder / "sample" / "outs"
    write_visium_parts(top / "spatial")
    positions(10.0).to_csv(top / "spatial" / "tissue_positions.csv", index=False)
    write_tenx_h5(top / "filtered_feature_bc_matrix.h5", BARCODES)
    return folder / "sample"


def write_spaceranger_1(folder: Path) -> Path:
    top = folder / "sample"
    write_visium_parts(top / "spatial")
    positions(10.0).to_csv(top / "spatial" / "tissue_positions_list.csv", index=False, header=False)
    home = top / "filtered_feature_bc_matrix"
    home.mkdir()
    with gzip.open(home / "matrix.mtx.gz", "wb") as file:
        scipy_io.mmwrite(file, sparse.coo_matrix(counts().T.astype(int)), field="integer")
    rows = [f"ENS{i}\t{name}\tGene Expression" for i, name in enumerate(GENES)]
    (home / "features.tsv.gz").write_bytes(gzip.compress("\n".join(rows).encode()))
    (home / "barcodes.tsv.gz").write_bytes(gzip.compress("\n".join(BARCODES).encode()))
    return top


def write_tenx_beside(folder: Path) -> Path:
    """As public repositories keep a run: everything in one folder, after the sample's name."""
    write_visium_parts(folder, "GSM1_")
    table = positions(10.0).to_csv(index=False).encode()
    (folder / "GSM1_tissue_positions.csv.gz").write_bytes(gzip.compress(table))
    write_tenx_h5(folder / "GSM1_filtered_feature_bc_matrix.h5", BARCODES)
    return folder / "GSM1_filtered_feature_bc_matrix.h5"


def write_visium_hd(folder: Path) -> Path:
    """Bins of two sizes; those of the larger are the tissue."""
    for size, pitch in ((8, 15.0), (16, 30.0)):
        home = folder / "hd" / "binned_outputs" / f"square_{size:03d}um"
        write_visium_parts(home / "spatial", scales={"microns_per_pixel": 16 / 30})
        positions(pitch).to_parquet(home / "spatial" / "tissue_positions.parquet", index=False)
        write_tenx_h5(home / "filtered_feature_bc_matrix.h5", BARCODES)
    return folder / "hd"


def cell_table(names: list[str]) -> pd.DataFrame:
    """Return the columns that imaging platforms agree on."""
    return pd.DataFrame(
        {"cell_id": names, "x": COLUMN * 10.0, "y": ROW * 10.0, "area": 5.0}
    ).sample(frac=1, random_state=1)


def write_xenium(folder: Path) -> Path:
    top = folder / "xenium"
    top.mkdir()
    table = cell_table(CELLS).rename(columns={"x": "x_centroid", "y": "y_centroid"})
    table.to_csv(top / "cells.csv.gz", index=False)
    write_tenx_h5(top / "cell_feature_matrix.h5", CELLS)
    return top


def write_xenium_parquet(folder: Path) -> Path:
    top = write_xenium(folder)
    pd.read_csv(top / "cells.csv.gz").to_parquet(top / "cells.parquet", index=False)
    (top / "cells.csv.gz").unlink()
    return top


def write_merscope(folder: Path) -> Path:
    top = folder / "merscope"
    top.mkdir()
    numbers = [str(10**17 + number) for number in range(len(ROW))]
    table = pd.DataFrame(counts().astype(int), columns=GENES)
    table.insert(0, "cell", numbers)
    table["Blank-1"] = 1
    table.to_csv(top / "cell_by_gene.csv", index=False)
    cells = cell_table(numbers).rename(
        columns={"cell_id": "EntityID", "x": "center_x", "y": "center_y"}
    )
    cells.to_csv(top / "cell_metadata.csv", index=False)
    return top


def write_cosmx(folder: Path) -> Path:
    top = folder / "cosmx"
    top.mkdir()
    number = np.arange(len(ROW))
    key = pd.DataFrame({"fov": 1 + number // 10, "cell_ID": 1 + number % 10})
    table = pd.concat([key, pd.DataFrame(counts().astype(int), columns=GENES)], axis=1)
    table["NegPrb1"] = 1
    # What no cell holds is counted as the cell 0 of its field of view.
    table.loc[len(table)] = [1, 0, 9, 9, 9, 9, 9, 9]
    table.to_csv(top / "S1_exprMat_file.csv", index=False)
    cells = key.assign(CenterX_global_px=COLUMN * 10.0, CenterY_global_px=ROW * 10.0)
    cells.to_csv(top / "S1_metadata_file.csv", index=False)
    return top


def write_gef(folder: Path) -> Path:
    """Molecules on the spots of a chip, each at its own spot of its bin of 50."""
    table = counts().astype(int)
    rng = np.random.default_rng(0)
    rows, genes = [], []
    for gene in range(len(GENES)):
        cell = np.repeat(np.arange(len(ROW)), table[:, gene])
        spot = rng.integers(0, 50, (len(cell), 2))
        x, y = COLUMN[cell] * 50 + spot[:, 0], ROW[cell] * 50 + spot[:, 1]
        rows += [(*place, 1) for place in zip(x, y, strict=True)]
        genes.append((f"ENS{gene}", GENES[gene], 0, len(cell)))
    with h5py.File(folder / "t.gef", "w") as file:
        group = file.create_group("geneExp/bin1")
        group["expression"] = np.array(rows, dtype=[("x", "<i4"), ("y", "<i4"), ("count", "u1")])
        group["expression"].attrs["resolution"] = np.uint32([500])
        kinds = [("geneID", "S64"), ("geneName", "S64"), ("offset", "<u4"), ("count", "<u4")]
        group["gene"] = np.array(genes, dtype=kinds)
    return folder / "t.gef"


def write_gem(folder: Path) -> Path:
    """The same molecules as text, several of them in a line."""
    cell, gene = np.nonzero(counts())
    rng = np.random.default_rng(0)
    spot = rng.integers(0, 50, (len(cell), 2))
    table = pd.DataFrame({"geneID": np.array(GENES)[gene]})
    table["x"], table["y"] = COLUMN[cell] * 50 + spot[:, 0], ROW[cell] * 50 + spot[:, 1]
    table["MIDCount"] = counts()[cell, gene].astype(int)
    table.loc[len(table)] = ["Blank-1", 10, 10, 1]
    text = "#FileFormat=GEMv0.1\n#BinSize=1\n" + table.to_csv(sep="\t", index=False)
    (folder / "t.gem.gz").write_bytes(gzip.compress(text.encode()))
    return folder / "t.gem.gz"


def write_cell_gef(folder: Path) -> Path:
    found = sparse.csr_matrix(counts())
    cells = np.zeros(
        len(ROW),
        dtype=[("id", "<u4"), ("x", "<i4"), ("y", "<i4"), ("geneCount", "<u2"), ("area", "<u2")],
    )
    cells["id"], cells["x"], cells["y"] = np.arange(len(ROW)), COLUMN * 10, ROW * 10
    cells["geneCount"] = np.diff(found.indptr)
    entries = np.zeros(found.nnz, dtype=[("geneID", "<u4"), ("count", "<u2")])
    entries["geneID"], entries["count"] = found.indices, found.data
    genes = [(name, 0, 1) for name in GENES]
    with h5py.File(folder / "t.gef", "w") as file:
        group = file.create_group("cellBin")
        group["cell"], group["cellExp"] = cells, entries
        kinds = [("geneName", "S32"), ("offset", "<u4"), ("cellCount", "<u4")]
        group["gene"] = np.array(genes, dtype=kinds)
    return folder / "t.gef"


def write_named_table(folder: Path) -> Path:
    names = [f"{c * 10}x{r * 10}" for r, c in zip(ROW, COLUMN, strict=True)]
    pd.DataFrame(counts().astype(int), names, GENES).to_csv(folder / "t.tsv", sep="\t")
    return folder / "t.tsv"


def write_two_tables(folder: Path) -> Path:
    """Genes in rows, as Slide-seq; coordinates beside it, in another order."""
    pd.DataFrame(counts().T.astype(int), GENES, CELLS).to_csv(folder / "t_counts.csv")
    where = cell_table(CELLS).set_index("cell_id")[["x", "y"]]
    where.to_csv(folder / "t_locations.csv")
    return folder / "t_counts.csv"


def images() -> np.ndarray:
    """(5 genes, 6, 5): the same tissue, each gene an image."""
    return counts().T.reshape(len(GENES), HEIGHT, WIDTH)


def write_npz(folder: Path) -> Path:
    inside = np.ones((HEIGHT, WIDTH), dtype=bool)
    np.savez(folder / "t.npz", images=images() / 20, gene=np.array(GENES), mask=inside)
    return folder / "t.npz"


def write_tiff(folder: Path) -> Path:
    tifffile.imwrite(folder / "t.tif", images().astype(np.uint8))
    (folder / "t.txt").write_text("\n".join(GENES))
    return folder / "t.tif"


def transformation(scale: float, axes: str = "xy") -> list[dict]:
    """Return OME-NGFF for "times a number, to the coordinate system global"."""
    listed = [{"name": axis, "type": "space", "unit": "micrometer"} for axis in axes]
    return [
        {
            "type": "scale",
            "scale": [scale] * len(axes),
            "input": {"name": axes, "axes": listed},
            "output": {"name": "global", "axes": listed},
        }
    ]


def write_spatialdata(folder: Path) -> Path:
    """A table that annotates labels: squares of 4 × 4 pixels, 0.5 micrometres each."""
    store = zarr.open_group(folder / "t.zarr", mode="w", zarr_format=2)
    number = 1 + np.arange(len(ROW)).reshape(HEIGHT, WIDTH)
    labels = store.create_group("labels/cells")
    pixels = np.kron(number, np.ones((4, 4), dtype=np.int32))
    labels.create_array("0", shape=pixels.shape, dtype="i4", chunks=(10, 10))[:] = pixels
    labels.attrs["multiscales"] = [
        {
            "axes": [{"name": axis, "type": "space"} for axis in "yx"],
            "datasets": [{"path": "0"}],
            "coordinateTransformations": transformation(0.5, "yx"),
        }
    ]
    image = store.create_group("images/stain")
    image.create_array("0", shape=(3, 24, 20), dtype="u1")[:] = 100
    image.attrs["multiscales"] = [
        {
            "axes": [{"name": axis} for axis in "cyx"],
            "datasets": [{"path": "0"}],
            "coordinateTransformations": [
                {**transformation(0.5, "cyx")[0], "scale": [1.0, 0.5, 0.5]}
            ],
        }
    ]
    adata = anndata()
    del adata.obsm["spatial"]
    adata.obs["region"] = pd.Categorical(["cells"] * adata.n_obs)
    adata.obs["instance"] = 1 + np.arange(adata.n_obs)
    adata.uns["spatialdata_attrs"] = {
        "region": "cells",
        "region_key": "region",
        "instance_key": "instance",
    }
    adata = adata[np.random.default_rng(0).permutation(adata.n_obs)].copy()
    adata.write_zarr(folder / "t.zarr" / "tables" / "table")
    (folder / "t.zarr" / "tables" / ".zgroup").write_text('{"zarr_format": 2}')
    return folder / "t.zarr"


CASES = {
    "h5ad": Case(write_h5ad, "h5ad"),
    "zarr": Case(write_zarr, "zarr"),
    "spatialdata": Case(write_spatialdata, "spatialdata", (1.0, 2.0), 1.0),
    "spaceranger": Case(write_spaceranger, "spaceranger"),
    "spaceranger_1": Case(write_spaceranger_1, "spaceranger"),
    "10x_h5": Case(write_tenx_beside, "10x_h5"),
    "visium_hd": Case(write_visium_hd, "visium_hd", (0.0, 30.0), 16 / 30, needs=("pyarrow",)),
    "xenium": Case(write_xenium, "xenium", microns=1.0),
    "xenium_parquet": Case(write_xenium_parquet, "xenium", microns=1.0, needs=("pyarrow",)),
    "merscope": Case(write_merscope, "merscope", microns=1.0),
    "cosmx": Case(write_cosmx, "cosmx", microns=0.120280945),
    "stereoseq": Case(write_gef, "stereoseq", (24.5, 50.0), 0.5),
    "stereoseq_text": Case(write_gem, "stereoseq", (24.5, 50.0), 0.5),
    "stereoseq_cells": Case(write_cell_gef, "stereoseq", microns=0.5),
    "table": Case(write_named_table, "table"),
    "two_tables": Case(write_two_tables, "table"),
    "npz": Case(write_npz, "image_stack", (0.0, 1.0), values="log"),
    "tiff": Case(write_tiff, "image_stack", (0.0, 1.0), values="log"),
}
