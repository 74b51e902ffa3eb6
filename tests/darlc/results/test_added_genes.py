"""Genes outside the model in the result file: beside the modelled ones, never over them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from anndata import read_h5ad

from darlc.errors import InputError
from darlc.images.sgep_images import rasterize
from darlc.io.recovery_file import keep, recover
from darlc.io.result_file import from_adata, load, to_adata
from darlc.results.added_genes import AddedGenes, outside

ADDED = ["Gene13", "Gene12"]


@pytest.fixture
def extended(result):
    """Return a result with the two genes that were left out of its model."""
    rng = np.random.default_rng(1)
    added = AddedGenes(
        np.array(ADDED),
        rng.normal(size=(2, 3)).astype(np.float32),
        rng.random((2, result.grid.n_pixels)).astype(np.float16),
    )
    return replace(result, added=added)


def assert_same(ours: AddedGenes, theirs: AddedGenes) -> None:
    for name in ("gene_names", "embedding", "denoised"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name), strict=True)


@pytest.mark.parametrize("suffix", [".h5ad", ".zarr"])
def test_a_file_brings_them_back(extended, tmp_path, suffix, assert_same_result):
    again = load(extended.save(tmp_path / f"r{suffix}"))
    assert_same(again.added, extended.added)
    assert_same_result(replace(again, added=None), replace(extended, added=None))
    assert_same(load(again.save(tmp_path / f"s{suffix}")).added, extended.added)


def test_the_modelled_genes_stay_what_they_are(extended, result):
    with_added, without = to_adata(extended), to_adata(result)
    pd.testing.assert_frame_equal(with_added.var, without.var)
    np.testing.assert_array_equal(
        with_added.varm["darlc_membership"], without.varm["darlc_membership"]
    )
    rows = pd.DataFrame(with_added.varm["X_darlc"], index=with_added.var_names)
    np.testing.assert_array_equal(rows.loc[ADDED], extended.added.embedding)
    np.testing.assert_array_equal(rows.loc[result.gene_names], result.embedding)
    assert with_added.var.loc[ADDED, "darlc_cluster"].isna().all()


def test_the_denoised_layer_holds_them(extended):
    layer = to_adata(extended, denoised_layer=True).to_df("darlc_denoised")
    placed = extended.observation_pixel >= 0
    np.testing.assert_array_equal(
        layer.loc[placed, ADDED].T,
        extended.added.denoised[:, extended.observation_pixel[placed]].astype(np.float32),
    )


def test_a_recovery_file_keeps_them(extended, tmp_path):
    from darlc.data.dataset import Dataset

    del extended.adata.obs["remark"]
    path = keep(extended, Dataset(extended.adata), tmp_path / "kept.h5ad")
    assert_same(recover(path)[1].added, extended.added)


def test_those_that_are_gone_or_damaged_are_refused(extended, tmp_path):
    del extended.adata.obs["remark"]
    adata = read_h5ad(extended.save(tmp_path / "r.h5ad"))
    with pytest.raises(InputError, match="1 of its genes are gone"):
        from_adata(adata[:, adata.var_names != "Gene13"].copy())
    adata.uns["darlc"]["added"]["denoised"] = np.zeros((1, 72), dtype=np.float16)
    with pytest.raises(InputError, match="changed since it was written"):
        from_adata(adata)
    other = replace(extended, added=replace(extended.added, gene_names=np.array(["a", "Gene12"])))
    with pytest.raises(InputError, match=r"1 of 2 genes of the result .* \(such as a\)"):
        to_adata(other)


def test_only_genes_that_are_neither_modelled_nor_added_are_outside(extended, result):
    images = rasterize(result.adata)
    assert list(outside(result, images).gene_names) == ["Gene12", "Gene13"]
    assert outside(extended, images).n_genes == 0
    first = replace(extended.added, gene_names=np.array(["Gene13", "other"]))
    assert list(outside(replace(result, added=first), images).gene_names) == ["Gene12"]


def test_added_genes_follow_one_another(extended):
    added = extended.added
    both = added.and_then([replace(added, gene_names=np.array(["a", "b"]))])
    assert list(both.gene_names) == [*ADDED, "a", "b"] and both.n_genes == 4
    np.testing.assert_array_equal(both.denoised, np.vstack([added.denoised] * 2))
    with pytest.raises(ValueError, match=r"rows"):
        replace(added, gene_names=np.array(["a"]))
