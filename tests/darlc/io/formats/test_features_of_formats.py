"""Made-up mixes of genes and of what is none, in every format that can hold both."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import io as scipy_io
from scipy import sparse

from darlc.images.sgep_images import rasterize
from darlc.io import open_dataset
from darlc.io.prepare import prepare

N = 12
COLUMN, ROW = np.arange(N) % 4, np.arange(N) // 4
NAMES = [f"AAAC{number:02d}-1" for number in range(N)]

_letters = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=4)
genes = st.one_of(
    st.builds("{}{}".format, _letters, st.integers(0, 99)),
    st.sampled_from(["NEGR1", "Negr1", "BLNK", "ERCC1", "CUSTOM1", "Hbegf", "y", "SYS1", "blanks"]),
)
#: How makers call controls, and of which kind 10x says that they are.
controls = st.tuples(
    st.sampled_from(
        [
            ("NegControlProbe_{}", "Negative Control Probe"),
            ("NegControlCodeword_{}", "Negative Control Codeword"),
            ("UnassignedCodeword_{}", "Unassigned Codeword"),
            ("DeprecatedCodeword_{}", "Deprecated Codeword"),
            ("BLANK_{}", "Blank Codeword"),
            ("Blank-{}", "Blank Codeword"),
            ("antisense_G{}", "Negative Control Probe"),
            ("NegPrb{}", "Negative Control Probe"),
            ("Negative{}", "Negative Control Probe"),
            ("SystemControl{}", "System Control"),
            ("FalseCode{}", "False Code"),
        ]
    ),
    st.integers(0, 9999),
).map(lambda pair: (pair[0][0].format(pair[1]), pair[0][1]))
#: Told by a column alone: their names are those of genes.
others = st.tuples(
    st.builds("CD{}".format, st.integers(100, 999)),
    st.sampled_from(["Antibody Capture", "CRISPR Guide Capture", "Custom", "Protein Expression"]),
)


def counts(n_features: int) -> np.ndarray:
    found = np.random.default_rng(n_features).poisson(1.0, (N, n_features))
    found[:, 0] += 1
    return found


def write_in_memory(folder: Path, names: list[str], kinds: list[str]) -> anndata.AnnData:
    adata = anndata.AnnData(sparse.csr_matrix(counts(len(names)).astype(np.float32)))
    adata.obs_names, adata.var_names = NAMES, names
    adata.obsm["spatial"] = np.column_stack([COLUMN, ROW]) * 10.0
    adata.var["feature_types"] = pd.Categorical(kinds)
    return adata


def write_h5ad(folder: Path, names: list[str], kinds: list[str]) -> Path:
    write_in_memory(folder, names, kinds).write_h5ad(folder / "t.h5ad")
    return folder / "t.h5ad"


def write_zarr(folder: Path, names: list[str], kinds: list[str]) -> Path:
    adata = write_in_memory(folder, names, kinds)
    adata.var = adata.var.rename(columns={"feature_types": "Type"})
    adata.write_zarr(folder / "t.zarr")
    return folder / "t.zarr"


def write_by_name(folder: Path, names: list[str], kinds: list[str]) -> Path:
    adata = write_in_memory(folder, names, kinds)
    del adata.var["feature_types"]
    adata.write_h5ad(folder / "t.h5ad")
    return folder / "t.h5ad"


def write_xenium(folder: Path, names: list[str], kinds: list[str]) -> Path:
    by_cell = sparse.csc_matrix(counts(len(names)).T.astype(np.int32))
    with h5py.File(folder / "cell_feature_matrix.h5", "w") as file:
        group = file.create_group("matrix")
        group["shape"] = np.array(by_cell.shape, dtype=np.int32)
        group["data"], group["indices"] = by_cell.data, by_cell.indices
        group["indptr"], group["barcodes"] = by_cell.indptr, np.array(NAMES, dtype="S")
        group["features/id"] = group["features/name"] = np.array(names, dtype="S")
        group["features/feature_type"] = np.array(kinds, dtype="S")
    cells = {"cell_id": NAMES, "x_centroid": COLUMN * 10, "y_centroid": ROW * 10}
    pd.DataFrame(cells).to_csv(folder / "cells.csv.gz", index=False)
    return folder


def write_spaceranger(folder: Path, names: list[str], kinds: list[str]) -> Path:
    home = folder / "filtered_feature_bc_matrix"
    home.mkdir()
    with gzip.open(home / "matrix.mtx.gz", "wb") as file:
        scipy_io.mmwrite(file, sparse.coo_matrix(counts(len(names)).T), field="integer")
    rows = [f"{name}\t{name}\t{kind}" for name, kind in zip(names, kinds, strict=True)]
    (home / "features.tsv.gz").write_bytes(gzip.compress("\n".join(rows).encode()))
    (home / "barcodes.tsv.gz").write_bytes(gzip.compress("\n".join(NAMES).encode()))
    table = {"barcode": NAMES, "in_tissue": 1, "array_row": ROW, "array_col": COLUMN}
    table |= {"pxl_row_in_fullres": ROW * 10, "pxl_col_in_fullres": COLUMN * 10}
    (folder / "spatial").mkdir()
    pd.DataFrame(table).to_csv(folder / "spatial" / "tissue_positions.csv", index=False)
    (folder / "spatial" / "scalefactors_json.json").write_text(json.dumps({}))
    return folder


def write_merscope(folder: Path, names: list[str], kinds: list[str]) -> Path:
    table = pd.DataFrame(counts(len(names)), pd.Index(NAMES, name="cell"), names)
    table.to_csv(folder / "cell_by_gene.csv")
    cells = {"EntityID": NAMES, "center_x": COLUMN * 10, "center_y": ROW * 10}
    pd.DataFrame(cells).to_csv(folder / "cell_metadata.csv", index=False)
    return folder


def write_cosmx(folder: Path, names: list[str], kinds: list[str]) -> Path:
    key = pd.DataFrame({"fov": 1, "cell_ID": 1 + np.arange(N)})
    table = pd.DataFrame(counts(len(names)), columns=names)
    pd.concat([key, table], axis=1).to_csv(folder / "S1_exprMat_file.csv", index=False)
    where = {"CenterX_global_px": COLUMN * 10, "CenterY_global_px": ROW * 10}
    key.assign(**where).to_csv(folder / "S1_metadata_file.csv", index=False)
    return folder


def write_gem(folder: Path, names: list[str], kinds: list[str]) -> Path:
    values = counts(len(names)) + 1  # a gene without molecules is not in such a file
    cell, feature = np.nonzero(values)
    table = {"geneID": np.array(names)[feature], "x": COLUMN[cell] * 50, "y": ROW[cell] * 50}
    table["MIDCount"] = values[cell, feature]
    pd.DataFrame(table).to_csv(folder / "t.gem", sep="\t", index=False)
    return folder / "t.gem"


#: Those whose files say of what kind a feature is.
TYPED = (write_in_memory, write_h5ad, write_zarr, write_xenium, write_spaceranger)
BY_NAME = (write_by_name, write_merscope, write_cosmx, write_gem)


@pytest.mark.parametrize("write", [*TYPED, *BY_NAME])
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_no_control_among_genes_and_no_gene_lost(write, data, tmp_path_factory):
    found = data.draw(st.lists(genes, min_size=1, max_size=8, unique=True), "genes")
    none = st.one_of(controls, others) if write in TYPED else controls
    beside = data.draw(st.lists(none, max_size=8, unique_by=lambda pair: pair[0]), "others")
    features = data.draw(
        st.permutations([(name, "Gene Expression") for name in found] + beside), "order"
    )
    names, kinds = map(list, zip(*features, strict=True))
    made = write(tmp_path_factory.mktemp("t"), names, kinds)
    if write is write_in_memory:
        _, images = prepare(made)
        notes = images.notes
    else:
        dataset = open_dataset(made)
        assert set(dataset.adata.var_names) == set(found)
        images, notes = rasterize(dataset.adata), dataset.notes
    assert set(images.gene_names) == set(found)
    # What is left out is counted, and adds nothing to the library.
    said = [note for note in notes if "left out of genes and totals" in note]
    assert len(said) == bool(beside)
    if beside:
        assert said[0].startswith(f"{len(beside)} feature")
    values = counts(len(names)) + (write is write_gem)
    total = values[:, [name in found for name in names]].sum()
    assert images.matrix.sum() == total
