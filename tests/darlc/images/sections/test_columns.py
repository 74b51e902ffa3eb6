"""What may tell sections apart, by its name and values."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from darlc.images.sections.columns import columns, ends_of_names, named

N = 60


@pytest.fixture
def adata() -> AnnData:
    adata = AnnData(np.ones((N, 1), dtype=np.float32))
    adata.obsm["spatial"] = np.random.default_rng(0).uniform(size=(N, 2))
    return adata


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *((each, "usual") for each in ("orig.ident", "donor_id", "fov", "SampleID", "sample_type")),
        *(
            (each, "usual")
            for each in ("brain_section_label", "Animal ID", "TMA.core", "libraryID")
        ),
        *((each, "cells") for each in ("cell_type", "CellType", "leiden_0.5", "seurat_clusters")),
        *((each, "cells") for each in ("RNA_snn_res.0.8", "sample_cluster")),
        *((each, "label") for each in ("ident", "layer", "region", "Class", "predicted.id")),
        *((each, "label") for each in ("in_tissue", "n_genes")),
        *((each, "other") for each in ("foo", "q1", "tissue")),
    ],
)
def test_a_name_says_what_a_column_holds(adata, name, kind):
    adata.obs[name] = np.repeat(["a", "b"], N // 2)
    (column,) = columns(adata)
    assert (column.name, column.kind, column.names) == (name, kind, ("a", "b"))
    assert column.together and column.sizes.tolist() == [N // 2, N // 2]


@pytest.mark.parametrize("name", ["z", "Z", "z_coord", "Bregma", "section_z"])
def test_heights_are_numbers(adata, name):
    adata.obs[name] = np.repeat([0.5, -9.0], N // 2)
    (column,) = columns(adata)
    assert column.kind == "height" and column.index("0.5") == 0 and column.index("-9") == 1
    assert column.index("7") == -1


def test_what_names_observations_or_holds_other_things_is_none(adata):
    adata.obs["id"] = [f"i{i}" for i in range(N)]
    adata.obs["value"] = np.linspace(0, 1, N)
    adata.obs["when"] = pd.Timestamp("2020-01-01")
    adata.obs["lists"] = [[i % 2] for i in range(N)]
    adata.obs["same"] = "a"
    adata.obs["nothing"] = np.nan
    assert not list(columns(adata))


def test_missing_values_are_a_group(adata):
    adata.obs["sample"] = ["a", None] * (N // 2)
    (column,) = columns(adata)
    assert len(column.values) == 2 and column.sizes.tolist() == [N // 2, N // 2]


def test_tables_of_coordinates_and_a_third_one(adata):
    table = pd.DataFrame({"slice": np.repeat([1, 2], N // 2)}, index=adata.obs_names)
    adata.obsm["spatial_original"] = table.assign(x=0.1, y=np.arange(N))
    (column,) = columns(adata)
    assert column.name == "slice" and len(eval(column.python(0))) == N // 2
    where = np.column_stack([adata.obsm["spatial"], np.repeat([5.0, 6.0, 7.0], N // 3)])
    adata.obsm["spatial_original"] = where
    (column,) = columns(adata)
    assert column.name == "z" and column.kind == "height" and column.names == ("5.0", "6.0", "7.0")
    # The third one is what is neither x nor y.
    adata.obsm["spatial_original"] = where[:, [2, 0, 1]]
    (column,) = columns(adata)
    assert column.names == ("5.0", "6.0", "7.0") and len(eval(column.python(1))) == N // 3


@pytest.mark.parametrize(
    ("make", "name", "values", "proven"),
    [
        (lambda i: f"ACGTACGTACGT{i:04b}".replace("0", "A").replace("1", "C") + f"-{i % 2 + 1}",
         "name_suffix", ("1", "2"), True),
        (lambda i: f"s{i % 3}_{i // 3}", "name_prefix", ("s0", "s1", "s2"), True),
        (lambda i: f"run_{'ab'[i % 2]}_{i}", "name_prefix_2", ("run_a", "run_b"), False),
    ],
)  # fmt: skip
def test_ends_of_names(adata, make, name, values, proven):
    adata.obs_names = [make(i) for i in range(N)]
    ((column, found),) = ends_of_names(adata)
    assert (column.name, column.names, found) == (name, values, proven)
    assert len(eval(column.python(1))) == N // len(values)
    assert named(adata, name) is not None


def test_names_without_ends(adata):
    adata.obs_names = [f"cell{i}" for i in range(N)]
    assert not list(ends_of_names(adata))
    adata.obs_names = [f"ACGT{i}-1" for i in range(N)]
    assert not list(ends_of_names(adata))
