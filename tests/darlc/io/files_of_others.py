"""Small tissues with planted patterns, written as other programs write them.

Genes LEFT fall off with x, TOP with y (which points down), RING lie around the centre, HK are
everywhere. So a picture that is turned, mirrored or of two samples shows in where they lie.
"""

from __future__ import annotations

import csv
import gzip
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import anndata
import h5py
import numpy as np
import pandas as pd
from scipy import sparse

EACH = 10
GENES = [f"{family}{i}" for family in ("LEFT", "TOP", "RING", "HK") for i in range(EACH)]
SCALES = {"tissue_hires_scalef": 0.06, "spot_diameter_fullres": 55.0}


@dataclass(frozen=True)
class Tissue:
    """Where observations lie, (n, 2), and the counts of 40 genes there.

    Parameters
    ----------
    where
        (n, 2) x and y.
    seed
        Of the counts.
    depth
        Mean count of a gene where its pattern is one.
    mirrored
        Whether patterns are turned by half a turn, as those of a second sample.
    """

    where: np.ndarray
    seed: int = 1
    depth: float = 4.0
    mirrored: bool = False

    @cached_property
    def counts(self) -> np.ndarray:
        """(n, 40) float32."""
        rng = np.random.default_rng(self.seed)
        share = (self.where - self.where.min(axis=0)) / np.ptp(self.where, axis=0)
        x, y = (1 - share if self.mirrored else share).T
        ring = np.exp(-(((np.hypot(x - 0.5, y - 0.5) - 0.3) / 0.08) ** 2))
        patterns = np.stack([x < 0.35, y < 0.35, ring, np.full(len(x), 0.5)], axis=1)
        rate = (0.05 + np.repeat(patterns, EACH, axis=1)) * rng.uniform(0.5, 1.5, 4 * EACH)
        return rng.poisson(self.depth * rate).astype(np.float32)

    @property
    def logs(self) -> np.ndarray:
        """Counts as log1p of ten thousand a cell."""
        return np.log1p(self.counts / self.counts.sum(axis=1, keepdims=True) * 1e4)

    @property
    def scaled(self) -> np.ndarray:
        """Standardised logs, as scanpy.pp.scale leaves them: half of them are negative."""
        return ((self.logs - self.logs.mean(axis=0)) / self.logs.std(axis=0)).astype(np.float32)


def lattice(n: int = 24) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rows, columns and places, (n², 2), of a hexagonal lattice of pitch 100."""
    row, step = (each.ravel() for each in np.mgrid[:n, :n])
    column = 2 * step + row % 2
    where = np.column_stack([2000 + 50.0 * column, 5000 + 100 * np.sqrt(0.75) * row])
    return row, column, where


def cells(n: int = 900, width: float = 1000.0, height: float = 600.0, seed: int = 0) -> np.ndarray:
    """Return places of cells, (n, 2)."""
    return np.random.default_rng(seed).uniform(0, [width, height], (n, 2))


def barcodes(n: int, seed: int = 3, end: str = "-1") -> list[str]:
    """Return names of 16 letters, as 10x gives them, and what follows them."""
    letters = np.random.default_rng(seed).choice(list("ACGT"), (n, 12))
    return [f"{i:04d}".translate(_DIGITS) + "".join(each) + end for i, each in enumerate(letters)]


_DIGITS = str.maketrans("0123456789", "ACGTACGTAC")


def named(n: int) -> list[str]:
    """Return names that repeat nowhere."""
    return [f"c{i:05d}" for i in range(n)]


def adata(tissue: Tissue, names: list[str], spatial: bool = True, **obs: object) -> anndata.AnnData:
    """Return a tissue in the layout of scanpy."""
    table = pd.DataFrame(obs, index=names)
    made = anndata.AnnData(sparse.csr_matrix(tissue.counts), table, pd.DataFrame(index=GENES))
    if spatial:
        made.obsm["spatial"] = tissue.where
    return made


def saved(made: anndata.AnnData, path: Path) -> Path:
    """Write a file, and return its path."""
    made.write_h5ad(path)
    return path


def tenx_h5(path: Path, counts: np.ndarray, names: list[str], genes: list[str], kinds=None) -> None:
    """Write the matrix that 10x pipelines write."""
    path.parent.mkdir(parents=True, exist_ok=True)
    by_cell = sparse.csc_matrix(counts.T.astype(np.int32))
    kinds = ["Gene Expression"] * len(genes) if kinds is None else kinds
    with h5py.File(path, "w") as file:
        matrix = file.create_group("matrix")
        matrix["shape"] = np.array(by_cell.shape, dtype=np.int32)
        matrix["data"], matrix["indices"] = by_cell.data, by_cell.indices.astype(np.int64)
        matrix["indptr"] = by_cell.indptr.astype(np.int64)
        matrix["barcodes"] = np.array(names, dtype="S")
        matrix["features/name"] = np.array(genes, dtype="S")
        matrix["features/id"] = np.array([f"ENSG{i:011d}" for i in range(len(genes))], dtype="S")
        matrix["features/feature_type"] = np.array(kinds, dtype="S")


# Seurat and its converters.


def seuratdisk(folder: Path) -> Path:
    """X holds logs, raw/X counts; raw/var has its names in a column called ``_index``."""
    _, _, where = lattice()
    tissue = Tissue(where)
    made = adata(tissue, barcodes(len(where)), spatial=False)
    made.X = sparse.csr_matrix(tissue.logs)
    made.obs["orig.ident"] = pd.Categorical(["s1"] * made.n_obs)
    made.obs["imagerow"], made.obs["imagecol"] = where[:, 1], where[:, 0]
    path = saved(made, folder / "seurat.h5ad")
    counts = sparse.csr_matrix(tissue.counts)
    with h5py.File(path, "a") as file:
        file.pop("raw", None)
        matrix = file.create_group("raw/X")
        matrix["data"], matrix["indices"] = counts.data.astype("f8"), counts.indices
        matrix["indptr"] = counts.indptr
        matrix.attrs.update({"encoding-type": "csr_matrix", "encoding-version": "0.1.0"})
        matrix.attrs["shape"] = counts.shape
        var = file.create_group("raw/var")
        text = h5py.string_dtype()
        var.create_dataset("_index", data=np.array(GENES, dtype=object), dtype=text)
        var.attrs.update({"_index": "_index", "encoding-type": "dataframe"})
        var.attrs["encoding-version"] = "0.1.0"
        var.attrs.create("column-order", np.array(["_index"], dtype=object), dtype=text)
    return path


def seurat_scaled(folder: Path) -> Path:
    """X is scaled and of half of the genes; raw has all counts under the names 0, 1, …"""
    row, column, where = lattice()
    tissue = Tissue(where)
    names = barcodes(len(where))
    raw = adata(tissue, names)
    raw.var = pd.DataFrame({"features": GENES}, index=[str(i) for i in range(len(GENES))])
    half = np.arange(0, len(GENES), 2)
    made = adata(tissue, names, array_row=row, array_col=column, in_tissue=1)[:, half].copy()
    made.X = tissue.scaled[:, half]
    made.raw = raw
    return saved(made, folder / "scaled.h5ad")


def scaled_layer(folder: Path) -> Path:
    """X is scaled; counts lie in a layer of another name."""
    row, column, where = lattice()
    tissue = Tissue(where)
    made = adata(tissue, barcodes(len(where)), array_row=row, array_col=column)
    made.layers["csc_counts"] = sparse.csc_matrix(made.X)
    made.X = tissue.scaled
    return saved(made, folder / "scaled.h5ad")


def no_x(folder: Path) -> Path:
    """There is no X, and counts in a layer."""
    row, column, where = lattice()
    made = adata(Tissue(where), barcodes(len(where)), array_row=row, array_col=column)
    made.layers["raw_counts"] = made.X
    made.X = None
    return saved(made, folder / "no_x.h5ad")


def empty_ones(folder: Path) -> Path:
    """Every seventh spot and every ninth gene has no count."""
    row, column, where = lattice()
    made = adata(Tissue(where), barcodes(len(where)), array_row=row, array_col=column)
    counts = made.X.toarray()
    counts[::7] = 0
    counts[:, ::9] = 0
    made.X = sparse.csr_matrix(counts.astype(np.uint16))
    return saved(made, folder / "empty.h5ad")


def of_type(kind: str):
    """Return what writes expression, dense, in a type."""

    def write(folder: Path) -> Path:
        row, column, where = lattice()
        made = adata(Tissue(where), barcodes(len(where)), array_row=row, array_col=column)
        made.X = np.ascontiguousarray(made.X.toarray().astype(kind))
        made.obsm["spatial"] = where.astype(">f8" if kind.startswith(">") else np.float32)
        return saved(made, folder / "typed.h5ad")

    return write


# Samples merged into one file.


def merged(column: str, on_lattice: bool = False, columns_kept: bool = False):
    """Return what writes two samples that start at one origin; the second one is mirrored."""

    def write(folder: Path) -> Path:
        parts = []
        for number, name in enumerate(("ctrl", "treated")):
            row, col, where = lattice(20)
            if not on_lattice:
                where = cells(700, seed=7 * number)
            tissue = Tissue(where, seed=10 + number, mirrored=number == 1)
            names = [f"{name}_{each}" for each in barcodes(len(where), seed=number)]
            made = adata(tissue, names, spatial=not on_lattice)
            made.obs[column] = name
            if on_lattice:
                made.obs["imagerow"], made.obs["imagecol"] = where[:, 1], where[:, 0]
            if columns_kept:
                made.obs["array_row"], made.obs["array_col"] = row, col
            parts.append(made)
        both = anndata.concat(parts)
        both.obs[column] = pd.Categorical(both.obs[column])
        return saved(both, folder / "merged.h5ad")

    return write


def merged_without_label(folder: Path) -> Path:
    """Only the ends of the barcodes tell two samples on one lattice apart."""
    path = merged("library", on_lattice=True, columns_kept=True)(folder)
    both = anndata.read_h5ad(path)
    end = np.where(both.obs.pop("library") == "ctrl", "1", "2")
    names = both.obs_names.str.partition("_").get_level_values(2).str[:-1]
    both.obs_names = names + end
    return saved(both, path)


# Coordinates under many names.


def named_axes(**columns: str):
    """Return what writes a table of coordinates in obsm: name of a column to x, y or a number."""

    def write(folder: Path) -> Path:
        where = cells(900, 1000, 500)
        values = {"x": where[:, 0], "y": where[:, 1]}
        table = {
            name: values[what] if what in values else float(what) for name, what in columns.items()
        }
        made = adata(Tissue(where), named(len(where)), spatial=False)
        made.obsm["spatial"] = pd.DataFrame(table, index=made.obs_names)
        return saved(made, folder / "axes.h5ad")

    return write


def obs_axes(x: str, y: str):
    """Return what writes coordinates into two columns of obs, y first."""

    def write(folder: Path) -> Path:
        where = cells(900, 1000, 500)
        made = adata(Tissue(where), named(len(where)), spatial=False)
        made.obs[y], made.obs[x] = where[:, 1], where[:, 0]
        return saved(made, folder / "axes.h5ad")

    return write


def no_lattice(folder: Path, n: int = 24) -> Path:
    """A Visium section whose lattice is in its coordinates alone."""
    where = lattice(n)[2]
    return saved(adata(Tissue(where), barcodes(len(where))), folder / "without.h5ad")


def one_place_missing(folder: Path) -> Path:
    """One spot of a lattice has no row."""
    row, column, where = lattice()
    row = np.where(np.arange(len(row)) == 5, np.nan, row)
    made = adata(Tissue(where), barcodes(len(where)), array_row=row, array_col=column)
    return saved(made, folder / "missing.h5ad")


def square_bins(pitch: float, offset: float):
    """Return what writes bins on a square lattice, by their coordinates alone."""

    def write(folder: Path) -> Path:
        row, column = (each.ravel() for each in np.mgrid[:36, :36])
        where = np.column_stack([column, row]) * pitch + offset
        return saved(adata(Tissue(where), named(len(where))), folder / "bins.h5ad")

    return write


# Tables.


def beads(ending: str = "csv", **how: object):
    """Return what writes genes × beads, and the beads' places in a second table.

    ``columns`` orders the second one's; the rest goes to pandas' writer.
    """
    columns = how.pop("columns", ["barcodes", "xcoord", "ycoord"])
    first = {"sep": " "} if ending == "txt" else {}

    def write(folder: Path) -> Path:
        where = np.round(cells(900, 3000, 3000), 2)
        names = barcodes(len(where), end="")
        counts = pd.DataFrame(Tissue(where).counts.T.astype(int), GENES, names)
        counts.to_csv(folder / f"puck.{ending}", index_label="GENE", **first)
        places = pd.DataFrame({"barcodes": names, "xcoord": where[:, 0], "ycoord": where[:, 1]})
        # As in a file of Space Ranger's positions: in the tissue, and on no lattice.
        more = {name: int(name == "in_tissue") for name in columns if name not in places}
        places.assign(**more)[columns].to_csv(folder / f"puck_locations.{ending}", **first, **how)
        return folder / f"puck.{ending}"

    return write


def table_with_axes(folder: Path) -> Path:
    """One table, x and y among its columns."""
    where = cells(900)
    table = pd.DataFrame(Tissue(where).counts.astype(int), columns=GENES)
    table.insert(0, "cell", named(len(where)))
    table.insert(1, "x", where[:, 0])
    table.insert(2, "y", where[:, 1])
    table.to_csv(folder / "cells.csv", index=False)
    return folder / "cells.csv"


def numbered_by_field(folder: Path) -> Path:
    """Cells called number_field, which looks like coordinates, and a file that has them."""
    where = cells(800)
    field = 1 + (where[:, 0] > 500)
    number = pd.Series(field).groupby(field).cumcount() + 1
    names = [f"{n}_{f}" for n, f in zip(number, field, strict=True)]
    pd.DataFrame(Tissue(where).counts.astype(int), names, GENES).to_csv(folder / "Lung5.csv")
    pd.DataFrame(where, names, ["x", "y"]).to_csv(folder / "Lung5_coordinates.csv")
    return folder / "Lung5.csv"


# Imaging platforms.


def cosmx(column: bool = False, again: bool = False, again_in_both: bool = False, mm: bool = False):
    """Return what writes CosMx flat files.

    ``column`` adds the text column ``cell``; ``again`` lists a tenth of the cells twice, the
    second time without counts; ``mm`` has positions in millimetres instead of pixels.
    """

    def write(folder: Path) -> Path:
        where = cells(800)
        field = 1 + (where[:, 0] > 500)
        number = (pd.Series(field).groupby(field).cumcount() + 1).to_numpy()
        text = [f"c_1_{f}_{n}" for f, n in zip(field, number, strict=True)]
        table = pd.DataFrame(Tissue(where).counts.astype(int), columns=GENES)
        table[["Negative01", "SystemControl1"]] = 1
        table.insert(0, "fov", field)
        table.insert(1, "cell_ID", number)
        places = table[["fov", "cell_ID"]].assign(
            CenterX_local_px=where[:, 0] % 500, CenterY_local_px=where[:, 1]
        )
        if mm:
            places[["x_slide_mm", "y_slide_mm"]] = where * 0.00012
        else:
            places[["CenterX_global_px", "CenterY_global_px"]] = where
        places["cell_id"] = text
        if column:
            table.insert(2, "cell", text)
        if again:
            empty = table.iloc[::10].copy()
            empty[[*GENES, "Negative01", "SystemControl1"]] = np.nan
            table = pd.concat([table, empty])
        if again_in_both:
            places = pd.concat([places, places.iloc[::10]])
        top = folder / "S1"
        top.mkdir()
        table.to_csv(top / "S1_exprMat_file.csv", index=False)
        places.to_csv(top / "S1_metadata_file.csv", index=False)
        return top

    return write


def merscope(counts: str = "cell_by_gene.csv", places: str = "cell_metadata.csv"):
    """Return what writes MERSCOPE's two tables under some names."""

    def write(folder: Path) -> Path:
        where = cells(800)
        names = 2667026000000000000 + 17 * np.arange(len(where))
        table = pd.DataFrame(Tissue(where).counts.astype(int), columns=GENES)
        table[[f"Blank-{i}" for i in range(5)]] = 1
        table.insert(0, "cell", names)
        table.to_csv(folder / counts, index=False)
        cells_ = {"EntityID": names, "fov": np.nan, "center_x": where[:, 0]}
        pd.DataFrame({**cells_, "center_y": where[:, 1]}).to_csv(folder / places, index=False)
        return folder

    return write


_KINDS = {
    "NegControlProbe_{:05d}": "Negative Control Probe",
    "NegControlCodeword_{:04d}": "Negative Control Codeword",
    "UnassignedCodeword_{:04d}": "Unassigned Codeword",
    "BLANK_{:04d}": "Blank Codeword",
    "antisense_GENE{}": "Negative Control Probe",
}


def with_controls(where: np.ndarray) -> tuple[np.ndarray, list[str], list[str]]:
    """Return counts with those of 15 controls, which have a pattern of their own, and names."""
    rate = 0.15 + 0.6 * (where[:, [0]] < 300)
    controls = np.random.default_rng(9).poisson(np.repeat(rate, 15, axis=1))
    names = [pattern.format(i) for pattern in _KINDS for i in range(3)]
    kinds = [kind for kind in _KINDS.values() for _ in range(3)]
    counts = np.column_stack([Tissue(where).counts, controls]).astype(np.float32)
    return counts, [*GENES, *names], ["Gene Expression"] * len(GENES) + kinds


def xenium(folder: Path) -> Path:
    """A Xenium folder."""
    where = cells()
    counts, names, kinds = with_controls(where)
    cells_ = [f"aaaa{i:04d}-1" for i in range(len(where))]
    tenx_h5(folder / "run" / "cell_feature_matrix.h5", counts, cells_, names, kinds)
    table = pd.DataFrame({"cell_id": cells_, "x_centroid": where[:, 0], "y_centroid": where[:, 1]})
    table.to_csv(folder / "run" / "cells.csv.gz", index=False)
    return folder / "run"


def controls_h5ad(by_type: bool):
    """Return what writes controls among the genes of an AnnData, told by type or by name alone."""

    def write(folder: Path) -> Path:
        where = cells()
        counts, names, kinds = with_controls(where)
        for ours, theirs in (("NegControlProbe_", "NegPrb"), ("UnassignedCodeword_", "Blank-")):
            names = names if by_type else [name.replace(ours, theirs) for name in names]
        if not by_type:
            names = [each.replace("NegControlCodeword_", "SystemControl") for each in names]
        var = pd.DataFrame({"feature_types": kinds} if by_type else {}, index=names)
        made = anndata.AnnData(sparse.csr_matrix(counts), var=var, obsm={"spatial": where})
        made.obs_names = named(len(where))
        return saved(made, folder / "controls.h5ad")

    return write


def antibodies(folder: Path) -> Path:
    """Antibodies beside genes, of a hundred times their counts."""
    where = cells()
    protein = np.random.default_rng(2).poisson(200, (len(where), 10))
    counts = np.column_stack([Tissue(where).counts, protein]).astype(np.float32)
    kinds = ["Gene Expression"] * len(GENES) + ["Antibody Capture"] * 10
    names = [*GENES, *(f"CD{i}.1" for i in range(10))]
    var = pd.DataFrame({"feature_types": pd.Categorical(kinds)}, index=names)
    made = anndata.AnnData(sparse.csr_matrix(counts), var=var, obsm={"spatial": where})
    made.obs_names = named(len(where))
    return saved(made, folder / "antibodies.h5ad")


def gem(name: str, count: str = "MIDCount", exons: bool = True, head: str = ""):
    """Return what writes a line for every gene on a spot of a Stereo-seq chip."""

    def write(folder: Path) -> Path:
        row, column = (each.ravel() for each in np.mgrid[:30, :40])
        where = np.column_stack([column, row]) * 50 + 25
        counts = Tissue(where.astype(float)).counts
        bin_, gene = np.nonzero(counts)
        spot = where[bin_] + np.random.default_rng(4).integers(-25, 25, (len(bin_), 2))
        table = pd.DataFrame({"geneID": np.array(GENES)[gene], "x": spot[:, 0], "y": spot[:, 1]})
        table[count] = counts[bin_, gene].astype(int)
        if exons:
            table["ExonCount"] = 0
        text = head + table.to_csv(sep="\t", index=False)
        packed = gzip.compress(text.encode()) if name.endswith(".gz") else text.encode()
        (folder / name).write_bytes(packed)
        return folder / name

    return write


# Visium HD of Space Ranger 4.


def hd_bins(top: Path, size: int, n: int, matrix: bool = True, text: dict | None = None) -> None:
    """Write the bins of one size; ``text`` has positions as CSV by pandas' writer."""
    folder = top / f"square_{size:03d}um"
    (folder / "spatial").mkdir(parents=True)
    row, column = (each.ravel() for each in np.mgrid[:n, :n])
    side = size / 0.2737
    where = (np.column_stack([column, row]) + 0.5) * side + [900, 300]
    names = [f"s_{size:03d}um_{r:05d}_{c:05d}-1" for r, c in zip(row, column, strict=True)]
    if matrix:
        counts = Tissue(where, depth=2.0).counts
        tenx_h5(folder / "filtered_feature_bc_matrix.h5", counts, names, GENES)
    table = pd.DataFrame({"barcode": names, "in_tissue": 1, "array_row": row, "array_col": column})
    table["pxl_row_in_fullres"], table["pxl_col_in_fullres"] = where[:, 1], where[:, 0]
    if text is None:
        table.to_parquet(folder / "spatial" / "tissue_positions.parquet", index=False)
    else:
        table.to_csv(folder / "spatial" / "tissue_positions.csv", **text)
    scales = {"microns_per_pixel": 0.2737, "tissue_lowres_scalef": 0.01, "bin_size_um": size}
    (folder / "spatial" / "scalefactors_json.json").write_text(json.dumps(scales))


def hd_segmented(folder: Path) -> None:
    """Write cells with their outlines."""
    where = cells(400, 3000, 2000)
    names = [f"cellid_{i:09d}-1" for i in range(len(where))]
    top = folder / "segmented_outputs"
    tenx_h5(top / "filtered_feature_cell_matrix.h5", Tissue(where).counts, names, GENES)
    corners = 5 * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]])
    outlines = [
        {
            "type": "Feature",
            "geometry": {"type": "Polygon", "coordinates": [(place + corners).tolist()]},
            "properties": {"cell_id": number},
        }
        for number, place in enumerate(where)
    ]
    found = {"type": "FeatureCollection", "features": outlines}
    (top / "cell_segmentations.geojson").write_text(json.dumps(found))
    (top / "spatial").mkdir()
    scales = {"microns_per_pixel": 0.2637, "tissue_lowres_scalef": 0.012}
    (top / "spatial" / "scalefactors_json.json").write_text(json.dumps(scales))


def hd(*bins: tuple[int, int], matrices: tuple[int, ...] = (8, 16), text: dict | None = None):
    """Return what writes bins of some sizes, (micrometres, bins a side)."""

    def write(folder: Path) -> Path:
        for size, n in bins:
            hd_bins(folder / "run" / "binned_outputs", size, n, size in matrices, text)
        return folder / "run"

    return write


def hd_full(folder: Path) -> Path:
    """Bins of two sizes, and cells."""
    for size, n in ((8, 36), (16, 18)):
        hd_bins(folder / "run" / "outs" / "binned_outputs", size, n)
    hd_segmented(folder / "run" / "outs")
    return folder / "run"


def hd_only_segmented(folder: Path) -> Path:
    """Cells, and no bins."""
    hd_segmented(folder / "run" / "outs")
    return folder / "run"


#: As R writes a table: text in quotes, and no column of its own for the row names.
BY_R = {"index": False, "quoting": csv.QUOTE_NONNUMERIC}
