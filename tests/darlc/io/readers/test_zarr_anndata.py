"""AnnData stores: round trip in both versions of Zarr, and a result that opens again."""

from __future__ import annotations

import anndata
import numpy as np
import pytest

from darlc.io import find_format, open_dataset


@pytest.mark.parametrize("version", [2, 3])
def test_round_trip(tmp_path, adata, counts, fingerprint, version):
    adata.obs["layer"] = ["a", "b", "a", "b"]
    path = tmp_path / "a.zarr"
    with anndata.settings.override(zarr_write_format=version):
        adata.write_zarr(path)
    before = fingerprint(path)
    dataset = open_dataset(path)
    assert (dataset.format, dataset.notes) == ("zarr", ())
    np.testing.assert_array_equal(dataset.adata.X.toarray(), counts)
    np.testing.assert_array_equal(dataset.adata.obsm["spatial"], adata.obsm["spatial"])
    assert dataset.adata.obs["layer"].tolist() == ["a", "b", "a", "b"]
    assert fingerprint(path) == before


def test_other_stores_are_not_claimed(tmp_path):
    zarr = pytest.importorskip("zarr")
    zarr.create_array(tmp_path / "image.zarr", shape=(3, 3), dtype="u1")
    zarr.open_group(tmp_path / "group.zarr", mode="w").create_group("0")
    assert find_format(tmp_path / "image.zarr") is None
    assert find_format(tmp_path / "group.zarr") is None


def test_a_result_opens_as_the_dataset_that_it_holds(result, tmp_path):
    path = result.save(tmp_path / "r.zarr")
    dataset = open_dataset(path)
    assert dataset.format == "zarr"
    assert (dataset.adata.X != result.adata.X).nnz == 0
    assert "darlc" in dataset.adata.uns and "darlc_cluster" in dataset.adata.var
