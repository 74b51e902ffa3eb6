"""AnnData files: round trip, and the places where coordinates may stand."""

from __future__ import annotations

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from darlc.data.left_out import put_back
from darlc.io import open_dataset


def assert_same(found, expected):
    """Compare two AnnData, values and types, in all that a tissue may hold."""
    pd.testing.assert_frame_equal(found.obs, expected.obs)
    pd.testing.assert_frame_equal(found.var, expected.var)
    for part in ("obsm", "layers"):
        ours, theirs = dict(getattr(found, part)), dict(getattr(expected, part))
        assert ours.keys() == theirs.keys()
        for key in ours:
            assert_same_array(ours[key], theirs[key])
    assert_same_array(found.X, expected.X)
    assert found.uns == expected.uns


def assert_same_array(found, expected):
    assert type(found) is type(expected) and found.dtype == expected.dtype
    if sparse.issparse(found):
        assert (found != expected).nnz == 0
    else:
        np.testing.assert_array_equal(found, expected)


@pytest.fixture
def reopen(tmp_path, fingerprint):
    def reopen(adata):
        path = tmp_path / "a.h5ad"
        adata.write_h5ad(path)
        before = fingerprint(path)
        dataset = open_dataset(path)
        assert fingerprint(path) == before
        return dataset

    return reopen


def test_round_trip_changes_nothing(reopen, adata, counts):
    adata.obs["layer"] = pd.Categorical(["one", "two", "one", None])
    adata.layers["counts"] = adata.X.copy()
    adata.obsm["spatial"] = adata.obsm["spatial"].astype(np.int32)
    adata.uns["spatial"] = {"slide": {"scalefactors": {"tissue_lowres_scalef": 0.1}}}
    dataset = reopen(adata)
    assert_same(dataset.adata, adata)
    assert dataset.notes == ()


def test_coordinates_in_x_spatial(reopen, adata):
    where = adata.obsm.pop("spatial")
    adata.obsm["X_spatial"] = where
    dataset = reopen(adata)
    np.testing.assert_array_equal(dataset.adata.obsm["spatial"], where)
    assert "X_spatial" in dataset.notes[0]


def test_coordinates_in_obs_columns(reopen, adata):
    where = adata.obsm.pop("spatial")
    adata.obs["y"], adata.obs["x"] = where[:, 1], where[:, 0]
    dataset = reopen(adata)
    np.testing.assert_array_equal(dataset.adata.obsm["spatial"], where)
    assert len(dataset.notes) == 1


def test_of_three_coordinates_two_are_used_and_all_kept(reopen, adata):
    where = adata.obsm["spatial"]
    deep = np.column_stack([where, np.arange(4.0)])
    adata.obsm["spatial"] = deep
    dataset = reopen(adata)
    np.testing.assert_array_equal(dataset.adata.obsm["spatial"], where)
    np.testing.assert_array_equal(dataset.adata.obsm["spatial_original"], deep)
    assert "3 columns" in dataset.notes[0]


def test_a_coordinate_table_is_read_by_its_names(reopen, adata):
    where = adata.obsm["spatial"]
    adata.obsm["spatial"] = pd.DataFrame(where[:, ::-1], columns=["y", "x"], index=adata.obs_names)
    found = reopen(adata).adata.obsm["spatial"]
    assert isinstance(found, np.ndarray)
    np.testing.assert_array_equal(found, where)


@pytest.mark.parametrize(
    ("name", "shape", "column"),
    [
        ("dlpfc_151510", (4634, 500), "layer"),
        ("mob", (262, 15928), None),
        ("slideseq_cerebellum", (10000, 19130), None),
        ("starmap_mpfc", (1049, 166), "celltype"),
    ],
)
def test_real_files_come_as_they_are(real_data, fingerprint, name, shape, column):
    path = real_data / f"{name}.h5ad"
    before = fingerprint(path)
    dataset = open_dataset(path)
    assert dataset.adata.shape == shape
    assert dataset.notes == ()
    assert column is None or column in dataset.adata.obs
    assert_same(dataset.adata, anndata.read_h5ad(path))
    assert fingerprint(path) == before


def test_a_real_file_with_blanks(real_data):
    """They are no genes, and are kept beside them."""
    path = real_data / "merfish_hypothalamus.h5ad"
    dataset = open_dataset(path)
    assert dataset.notes == (
        "5 features that are not genes were left out of genes and totals: 5 Blank Codeword "
        "(such as Blank-1).",
    )
    assert_same(put_back(dataset.adata), anndata.read_h5ad(path))
