"""Every platform's reader beside that of spatialdata-io: the same files, and the same comes out.

What theirs writes as a SpatialData store is read again as well, and must be the same once more.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy import sparse

from darlc.images.sgep_images import rasterize
from darlc.io import ReadOptions, open_dataset

pytestmark = pytest.mark.filterwarnings("ignore")

ROWS, COLUMNS = 9, 7
ROW, COLUMN = (each.ravel() for each in np.mgrid[:ROWS, :COLUMNS])
N = len(ROW)
GENES = ["Actb", "Gfap", "Mbp", "Snap25", "Negr1"]
CONTROLS = ["NegControlProbe_00001", "BLANK_0002"]
#: No two observations lie on a line with the axes, so that x and y cannot be taken for each other.
WHERE = np.column_stack([1000 + 31.0 * COLUMN + 0.3 * ROW, 200 + 17.0 * ROW + 0.7 * COLUMN])


@pytest.fixture(scope="module")
def theirs() -> ModuleType:
    """The readers of spatialdata-io, which take seconds to be imported."""
    import spatialdata_io

    return spatialdata_io


def counts() -> np.ndarray:
    return np.random.default_rng(0).poisson(2.0, (N, len(GENES) + len(CONTROLS)))


def write_h5(path: Path, names: list[str], features: list[str], kinds: list[str]) -> None:
    by_name = sparse.csc_matrix(counts()[: len(names), : len(features)].T.astype(np.int32))
    with h5py.File(path, "w") as file:
        file.attrs["library_ids"] = np.array([b"slide"])
        group = file.create_group("matrix")
        group["shape"] = np.array(by_name.shape, dtype=np.int32)
        group["data"], group["indices"] = by_name.data, by_name.indices.astype(np.int64)
        group["indptr"] = by_name.indptr.astype(np.int64)
        group["barcodes"] = np.array(names, dtype="S")
        for name, values in {
            "id": [
                f"ENSG{number:011d}" if number < 5 else each for number, each in enumerate(features)
            ],
            "name": features,
            "feature_type": kinds,
            "genome": ["GRCh38"] * len(features),
        }.items():
            group[f"features/{name}"] = np.array(values, dtype="S")


@dataclass
class Read:
    """What a reader made of a file: observations by name, in micrometres where those are known."""

    counts: pd.DataFrame
    where: pd.DataFrame

    def assert_same(self, other: Read, rtol: float = 1e-6) -> None:
        assert set(self.counts.index) == set(other.counts.index)
        assert set(self.counts.columns) == set(other.counts.columns)
        order = list(self.counts.index)
        pd.testing.assert_frame_equal(
            self.counts,
            other.counts.loc[order, self.counts.columns],
            check_dtype=False,
            check_names=False,
        )
        np.testing.assert_allclose(self.where, other.where.loc[order], rtol=rtol)


def of(adata: anndata.AnnData, names: pd.Index | None = None) -> Read:
    names = adata.obs_names if names is None else pd.Index(names)
    values = adata.X.toarray() if sparse.issparse(adata.X) else np.asarray(adata.X)
    where = np.asarray(adata.obsm["spatial"], dtype=float)
    return Read(
        pd.DataFrame(values, names, adata.var_names), pd.DataFrame(where, names, ["x", "y"])
    )


def ours(path: Path, **options) -> tuple[anndata.AnnData, float]:
    """Return what we read, and the micrometres in a unit of its coordinates."""
    adata = open_dataset(path, ReadOptions(**options)).adata
    return adata, rasterize(adata).grid.microns


def stored(sdata, path: Path, **options) -> anndata.AnnData:
    """Write a SpatialData, and read it as any store."""
    sdata.write(path)
    return open_dataset(path, ReadOptions(**options)).adata


# ---------------------------------------------------------------- Visium and Visium HD


def positions(names: list[str], where: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "barcode": names,
            "in_tissue": 1,
            "array_row": ROW[: len(names)],
            "array_col": COLUMN[: len(names)],
            "pxl_row_in_fullres": where[:, 1],
            "pxl_col_in_fullres": where[:, 0],
        }
    )


SCALES = {"tissue_hires_scalef": 0.1, "tissue_lowres_scalef": 0.05, "spot_diameter_fullres": 20.0}


@pytest.mark.parametrize("new", [False, True])
def test_visium(theirs, tmp_path, new):
    home = tmp_path / "run"
    (home / "spatial").mkdir(parents=True)
    names = [f"AAAC{number:04d}-1" for number in range(N)]
    kinds = ["Gene Expression"] * 5 + ["Antibody Capture"] * 2
    features = [*GENES, "CD3.1", "CD4.1"]
    write_h5(home / "filtered_feature_bc_matrix.h5", names, features, kinds)
    table = positions(names, WHERE).sample(frac=1, random_state=0)
    name = "tissue_positions.csv" if new else "tissue_positions_list.csv"
    table.to_csv(home / "spatial" / name, index=False, header=new)
    (home / "spatial" / "scalefactors_json.json").write_text(json.dumps(SCALES))

    sdata = theirs.visium(home, dataset_id="slide")
    mine, _ = ours(home)
    of(mine).assert_same(of(sdata["table"]))
    lattice = ["in_tissue", "array_row", "array_col"]
    pd.testing.assert_frame_equal(
        mine.obs[lattice], sdata["table"].obs.loc[mine.obs_names, lattice], check_dtype=False
    )
    assert mine.uns["spatial"]["slide"]["scalefactors"] == SCALES
    centre = sdata["slide"].geometry.centroid
    np.testing.assert_allclose(mine.obsm["spatial"], np.column_stack([centre.x, centre.y]))
    of(mine).assert_same(of(stored(sdata, tmp_path / "t.zarr", spatial_key="slide")))


def write_hd(home: Path) -> None:
    home.mkdir()
    with h5py.File(home / "feature_slice.h5", "w") as file:
        layout = json.dumps({"file_format": "1.0", "transform": np.eye(3).tolist()})
        file.attrs["metadata_json"] = json.dumps({"hd_layout_json": layout})
    scales = {
        **{"tissue_hires_scalef": 0.1, "tissue_lowres_scalef": 0.05, "bin_size_um": 16.0},
        **{"microns_per_pixel": 0.5, "spot_diameter_fullres": 32.0},
    }
    for size in (8, 16):
        folder = home / "binned_outputs" / f"square_{size:03d}um"
        (folder / "spatial").mkdir(parents=True)
        names = [f"s_{size:03d}um_{r:05d}_{c:05d}-1" for r, c in zip(ROW, COLUMN, strict=True)]
        write_h5(folder / "filtered_feature_bc_matrix.h5", names, GENES, ["Gene Expression"] * 5)
        where = WHERE * size / 16
        positions(names, where).to_parquet(
            folder / "spatial" / "tissue_positions.parquet", index=False
        )
        own = scales | {"bin_size_um": float(size), "spot_diameter_fullres": 2.0 * size}
        (folder / "spatial" / "scalefactors_json.json").write_text(json.dumps(own))
    folder = home / "segmented_outputs"
    (folder / "spatial").mkdir(parents=True)
    names = [f"cellid_{number:09d}-1" for number in range(N)]
    write_h5(folder / "filtered_feature_cell_matrix.h5", names, GENES, ["Gene Expression"] * 5)
    outlines = [
        {
            "type": "Feature",
            "geometry": shapely.geometry.mapping(shapely.Point(*place).buffer(3)),
            "properties": {"cell_id": number},
        }
        for number, place in enumerate(WHERE.tolist())
    ]
    collection = {"type": "FeatureCollection", "features": outlines}
    (folder / "cell_segmentations.geojson").write_text(json.dumps(collection))
    (folder / "spatial" / "scalefactors_json.json").write_text(json.dumps(scales))


def test_visium_hd(theirs, tmp_path):
    home = tmp_path / "run"
    write_hd(home)
    sdata = theirs.visium_hd(home, dataset_id="slide", load_segmentations_only=False)
    for size in (8, 16):
        mine, microns = ours(home, bin_size=size)
        of(mine).assert_same(of(sdata[f"square_{size:03d}um"]))
        assert microns == 0.5
    # Cells: each at the centre of the outline that theirs keeps.
    cells, outlines = sdata["cell_segmentations"], sdata["slide_cell_segmentations"]
    centre = outlines.geometry.centroid.loc[cells.obs_names]
    cells.obsm["spatial"] = np.column_stack([centre.x, centre.y])
    mine, microns = ours(home / "segmented_outputs")
    of(mine).assert_same(of(cells))
    assert microns == 0.5


# ---------------------------------------------------------------- Xenium


def test_xenium(theirs, tmp_path):
    home = tmp_path / "run"
    home.mkdir()
    names = [f"aaaa{'abcdefghijklmnop'[number // 16]}{number % 16:x}gh-1" for number in range(N)]
    kinds = ["Gene Expression"] * 5 + ["Negative Control Probe", "Blank Codeword"]
    write_h5(home / "cell_feature_matrix.h5", names, [*GENES, *CONTROLS], kinds)
    cells = pd.DataFrame({"cell_id": names, "x_centroid": WHERE[:, 0], "y_centroid": WHERE[:, 1]})
    cells.assign(cell_area=50.0).to_parquet(home / "cells.parquet", index=False)
    specs = {"analysis_sw_version": "xenium-1.0.0", "pixel_size": 0.2125}
    (home / "experiment.xenium").write_text(json.dumps(specs))
    with zipfile.ZipFile(home / "cells.zarr.zip", "w") as file:
        file.writestr(".zgroup", '{"zarr_format": 2}')

    parts = (
        *("cells_boundaries", "nucleus_boundaries", "cells_labels", "nucleus_labels"),
        *("transcripts", "morphology_mip", "morphology_focus", "aligned_images"),
    )
    sdata = theirs.xenium(home, cells_as_circles=True, **dict.fromkeys(parts, False))
    mine, microns = ours(home)
    of(mine).assert_same(of(sdata["table"]))
    assert microns == 1.0
    # Theirs places cells in pixels of the image.
    again = stored(sdata, tmp_path / "t.zarr")
    again.obs_names = again.obs["cell_id"].astype(str)
    again.obsm["spatial"] = again.obsm["spatial"] * specs["pixel_size"]
    of(mine).assert_same(of(again))


# ---------------------------------------------------------------- MERSCOPE


def write_merscope(home: Path, prefix: str = "") -> None:
    (home / "images").mkdir(parents=True, exist_ok=True)
    np.savetxt(home / "images" / "micron_to_mosaic_pixel_transform.csv", np.diag([9.2, 9.2, 1.0]))
    names = [str(10**18 + 17 * number) for number in range(N)]
    features = [*GENES, "Blank-1", "Blank-2"]
    table = pd.DataFrame(counts(), pd.Index(names, name="cell"), features)
    table.to_csv(home / f"{prefix}cell_by_gene.csv")
    where = {"center_x": WHERE[:, 0], "center_y": WHERE[:, 1]}
    cells = pd.DataFrame({"fov": 0, "volume": 300.0, **where}, pd.Index(names, name="EntityID"))
    cells.to_csv(home / f"{prefix}cell_metadata.csv")


@pytest.mark.parametrize("prefix", ["", "cellpose_"])
def test_merscope(theirs, tmp_path, prefix):
    home = tmp_path / "run" / "region_0"
    write_merscope(home, prefix)
    parts = ("transcripts", "cells_boundaries", "mosaic_images")
    again = {
        "cell_by_gene": home / f"{prefix}cell_by_gene.csv",
        "cell_metadata": home / f"{prefix}cell_metadata.csv",
        "cell_boundaries": home / "none",
    }
    sdata = theirs.merscope(home, again if prefix else None, **dict.fromkeys(parts, False))
    mine, microns = ours(home)
    of(mine).assert_same(of(sdata["table"]))
    assert microns == 1.0
    blanks = mine.obsm["darlc_left_out"].toarray()
    np.testing.assert_array_equal(blanks, sdata["table"].obsm["blank"].loc[mine.obs_names])
    of(mine).assert_same(of(stored(sdata, tmp_path / "t.zarr")))


# ---------------------------------------------------------------- CosMx


def test_cosmx(theirs, tmp_path):
    home = tmp_path / "run"
    for part in ("CellComposite", "CellLabels"):
        (home / part).mkdir(parents=True)
    field = np.where(COLUMN < 4, 1, 2)
    number = np.concatenate([1 + np.arange((field == each).sum()) for each in (1, 2)])
    number = number[np.argsort(np.argsort(field, kind="stable"), kind="stable")]
    key = {"fov": field, "cell_ID": number}
    features = [*GENES, "NegPrb1", "SystemControl1"]
    pd.DataFrame(key | dict(zip(features, counts().T, strict=True))).to_csv(
        home / "S1_exprMat_file.csv", index=False
    )
    local = WHERE - np.where(field == 1, 0, 100)[:, None]
    where = {
        **{"CenterX_local_px": local[:, 0], "CenterY_local_px": local[:, 1]},
        **{"CenterX_global_px": WHERE[:, 0], "CenterY_global_px": WHERE[:, 1]},
    }
    pd.DataFrame(key | where | {"Area": 100}).to_csv(home / "S1_metadata_file.csv", index=False)
    pd.DataFrame({"fov": [1, 2], "x_global_px": [0, 100], "y_global_px": [0, 100]}).to_csv(
        home / "S1_fov_positions_file.csv", index=False
    )
    sdata = theirs.cosmx(home, transcripts=False)
    table = sdata["table"]
    mine, microns = ours(home)
    # Theirs puts places on the slide under another key, names cells the other way round, and
    # takes controls for genes.
    table.obsm["spatial"] = table.obsm["global"]
    names = [f"{field}_{number}" for number, field in table.obs_names.str.split("_")]
    of(mine).assert_same(of(table[:, GENES], names))
    assert microns == pytest.approx(0.1203, abs=1e-4)


# ---------------------------------------------------------------- Stereo-seq


def write_stereoseq(home: Path) -> Path:
    """Write the folders of a run, with bins of spots and cells."""
    folders = ("02.count", "03.register", "041.cellcut", "04.tissuecut", "051.cellcluster")
    for part in folders:
        (home / part).mkdir(parents=True)
    table = counts()[:, : len(GENES)]
    square = [("x", "<i4"), ("y", "<i4"), ("count", "<u4")]
    gene, cell = np.nonzero(table.T)
    with h5py.File(home / "04.tissuecut" / "chip.tissue.gef", "w") as file:
        for size in (1, 50):
            group = file.create_group(f"geneExp/bin{size}")
            # A spot of its own for every molecule's line; bins by their corners.
            spots = np.column_stack([COLUMN[cell] * 50, ROW[cell] * 50])
            entries = np.zeros(len(cell), dtype=square)
            entries["x"], entries["y"] = spots.T + (7 if size == 1 else 0)
            entries["count"] = table[cell, gene]
            group["expression"] = entries
            group["expression"].attrs["resolution"] = np.array([500], dtype=np.uint32)
            each = np.bincount(gene, minlength=len(GENES))
            rows = list(zip(GENES, np.cumsum(each) - each, each, strict=True))
            kinds = [("gene", "S32"), ("offset", "<u4"), ("count", "<u4")]
            group["gene"] = np.array(rows, dtype=kinds)
    (home / "04.tissuecut" / "chip.tissue.gef").rename(home / "04.tissuecut" / "chip.gef")
    (home / "02.count" / "chip.gef").touch()

    by_cell = sparse.csr_matrix(table)
    names = ["id", "x", "y", "offset", "geneCount", "expCount", "dnbCount", "area"]
    cells = np.zeros(N, dtype=[(each, "<i4") for each in (*names, "cellTypeID", "clusterID")])
    cells["id"], cells["area"] = np.arange(N), 100
    cells["x"], cells["y"] = np.rint(WHERE).T
    cells["geneCount"] = np.diff(by_cell.indptr)
    entries = np.zeros(by_cell.nnz, dtype=[("geneID", "<u4"), ("count", "<u2")])
    entries["geneID"], entries["count"] = by_cell.indices, by_cell.data
    rows = [(each, 0, 0, 0, 0) for each in GENES]
    fields = ("offset", "cellCount", "expCount", "maxMIDcount")
    kinds = [("geneName", "S32"), *((each, "<u4") for each in fields)]
    by_gene = np.zeros(by_cell.nnz, dtype=[("cellID", "<u4"), ("count", "<u2")])
    with h5py.File(home / "041.cellcut" / "chip.cellbin.gef", "w") as file:
        group = file.create_group("cellBin")
        group["cell"], group["cellExp"], group["geneExp"] = cells, entries, by_gene
        group["gene"] = np.array(rows, dtype=kinds)
        group["cellExon"], group["geneExon"] = np.zeros(N), np.zeros(len(GENES))
        group["cellExpExon"] = group["geneExpExon"] = np.zeros(by_cell.nnz)
        group["blockIndex"], group["blockSize"] = np.zeros(1), np.zeros(4)
        group["cellTypeList"] = np.array([b"default"])
        corners = np.array([[-3, -3], [3, -3], [3, 3], [-3, 3]], dtype=np.int16)
        border = np.full((N, 32, 2), 32767, dtype=np.int16)
        border[:, :4] = corners
        group["cellBorder"] = border
    adata = anndata.AnnData(by_cell.astype(np.float32))
    adata.obs_names, adata.var_names = [str(each) for each in range(N)], GENES
    adata.write_h5ad(home / "051.cellcluster" / "chip.cell.cluster.h5ad")
    return home


def test_stereoseq(theirs, tmp_path):
    home = write_stereoseq(tmp_path / "run")
    sdata = theirs.stereoseq(home)

    mine, microns = ours(home / "041.cellcut" / "chip.cellbin.gef")
    of(mine).assert_same(of(sdata["cells_table"]))
    assert microns == 0.5
    mine, microns = ours(home / "04.tissuecut" / "chip.gef", bin_size=50)
    bins, points = sdata["bin50_table"], sdata["bin50_genes"].compute()
    # Theirs places bins at their corners, ours at their centres.
    bins.obsm["spatial"] = points[["x", "y"]].to_numpy()[bins.obs["instance_id"]] + 24.5
    names = [f"{x}_{y}" for x, y in np.asarray(mine.obsm["spatial"])]
    other = [f"{x}_{y}" for x, y in np.asarray(bins.obsm["spatial"])]
    of(mine, names).assert_same(of(bins, other))
    assert microns == 0.5
