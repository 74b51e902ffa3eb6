"""Factors in a result file: whoever reads the documented keys can compute the views by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from anndata import AnnData, read_h5ad, read_zarr

from darlc.images.sgep_images import rasterize
from darlc.images.statistics import unit_length
from darlc.io.parts.stored_views import with_added
from darlc.io.result_file import from_adata, load, to_adata
from darlc.results.denoised_views import DenoisedViews, Factors
from darlc.results.result import Result

SUFFIXES = pytest.mark.parametrize("suffix", [".h5ad", ".zarr"])


def read(path: Path) -> AnnData:
    return read_zarr(path) if path.suffix == ".zarr" else read_h5ad(path)


def identity(result: Result) -> Result:
    """Return the result with views as of values that are no counts."""
    factors = replace(result.denoised.factors, link="identity")
    return replace(
        result,
        denoised=DenoisedViews(replace(factors, share=np.zeros_like(factors.share))),
    )


@SUFFIXES
def test_views_come_back_to_the_last_bit(result, tmp_path, suffix) -> None:
    again = load(result.save(tmp_path / f"r{suffix}"))
    assert isinstance(again.denoised, DenoisedViews) and result.denoised.factors.share.any()
    np.testing.assert_array_equal(again.denoised[:], result.denoised[:])
    assert again.denoised.dtype == np.float32
    np.testing.assert_array_equal(again.consensus(), result.consensus())


@SUFFIXES
@pytest.mark.parametrize("link", ["log1p", "identity"])
def test_a_script_computes_a_view_by_the_documented_formula(result, tmp_path, suffix, link) -> None:
    if link == "identity":
        result = identity(result)
    adata = read(result.save(tmp_path / f"r{suffix}", denoised_layer=True))
    stored = adata.uns["darlc"]
    assert stored["views"]["link"] == link
    product = adata.obsm["X_darlc_programmes"] @ adata.varm["darlc_coefficients"].T
    counts = adata.layers["counts"].toarray()
    placed = np.arange(adata.n_obs) != 5
    size = counts.sum(axis=1) / np.median(counts.sum(axis=1)[placed])
    for row, name in enumerate(stored["genes"]):
        gene = adata.var_names.get_loc(name)
        mean, share = stored["views"]["mean"][row], stored["views"]["share"][row]
        if link == "identity":
            view = np.maximum(mean + product[:, gene], 0)
        else:
            rate = mean * np.maximum(1 + product[:, gene], 0.02)
            view = np.log1p((1 - share) * rate + share * counts[:, gene] / size)
        layer = adata.layers["darlc_denoised"][:, gene]
        assert np.isnan(view[5]) and np.isnan(layer[5]), "it was left out"
        np.testing.assert_allclose(layer[placed], view[placed], rtol=1e-4, atol=1e-5)


def test_genes_without_an_answer_have_none(result) -> None:
    adata = to_adata(result)
    unanswered = ~adata.var_names.isin(result.gene_names)
    assert unanswered.sum() == 2
    assert np.isnan(adata.varm["darlc_coefficients"][unanswered]).all()
    assert np.isfinite(adata.varm["darlc_coefficients"][~unanswered]).all()


def test_genes_are_found_wherever_they_stand(result) -> None:
    adata = to_adata(result)
    moved = adata[:, np.random.default_rng(0).permutation(adata.n_vars)].copy()
    again = from_adata(moved)
    np.testing.assert_array_equal(again.denoised.factors.mean, result.denoised.factors.mean)
    np.testing.assert_array_equal(
        again.denoised.factors.coefficients, result.denoised.factors.coefficients
    )


def test_a_share_is_of_the_counts_that_are_there(result) -> None:
    """As in the window; that counts have changed since the fit is said elsewhere."""
    adata = to_adata(result)
    adata.layers["counts"] = adata.layers["counts"] * 2
    adata.X = adata.X * 2
    again = from_adata(adata)
    share = again.denoised.factors.share
    own = int(np.flatnonzero(share)[0])
    images = rasterize(adata)
    raw = images.expression(images.index([str(result.gene_names[own])]))
    expected = result.denoised.factors.views(np.array([own]), raw)[0]
    np.testing.assert_allclose(again.denoised[own], expected, rtol=1e-5)
    alone = int(np.flatnonzero(share == 0)[0])
    np.testing.assert_array_equal(again.denoised[alone], result.denoised[alone])
    assert np.isfinite(again.consensus()).all()


def test_stored_views_of_older_files_take_the_place_of_factors(result) -> None:
    """A file that is saved again holds what it has, and nothing of another fit."""
    fitted = to_adata(result)
    stored = replace(result, denoised=result.denoised[:].astype(np.float16), adata=fitted)
    again = to_adata(stored)
    assert "X_darlc_programmes" not in again.obsm and "darlc_coefficients" not in again.varm
    assert "views" not in again.uns["darlc"]
    assert again.uns["darlc"]["denoised"].dtype == np.float16
    np.testing.assert_array_equal(from_adata(again).denoised, stored.denoised)


def test_added_genes_of_older_files_get_the_membership_of_their_nearest(result) -> None:
    rng = np.random.default_rng(0)
    like = np.array([3, 8])
    embedding = (2 * result.embedding[like]).astype(np.float32)
    views = rng.random((2, result.grid.n_pixels)).astype(np.float16)
    old = replace(
        result,
        denoised=result.denoised[:].astype(np.float16),
        edited=result.clusters.merged([0, 1]),
    )
    names = np.array(["Gene13", "Gene12"])
    both = with_added(old, names, embedding, views)
    assert list(both.gene_names) == [*result.gene_names, "Gene13", "Gene12"]
    assert both.drawing.tolist() == [True] * 12 + [False] * 2
    nearest = np.argsort(-unit_length(embedding) @ unit_length(result.embedding).T, axis=1)[:, :5]
    np.testing.assert_allclose(both.membership[12:], result.membership[nearest].mean(axis=1))
    np.testing.assert_array_equal(both.cluster[12:], result.cluster[like])
    np.testing.assert_array_equal(both.denoised[12:], views)
    np.testing.assert_array_equal(both.embedding[12:], embedding)
    assert both.edited is not None
    np.testing.assert_array_equal(both.edited.cluster[12:], old.edited.cluster[like])
    again = from_adata(to_adata(both))
    np.testing.assert_array_equal(again.membership, both.membership)
    np.testing.assert_array_equal(again.drawing, both.drawing)
    # What draws the patterns is what did.
    np.testing.assert_allclose(both.consensus(), old.consensus(), rtol=1e-4, atol=1e-5)


def test_factors_of_no_genes(result) -> None:
    """A result of which nothing is left, as of a run that was stopped at once."""
    none = np.empty(0, dtype=np.int64)
    factors: Factors = result.denoised.factors.select(none)
    empty = replace(
        result,
        gene_names=result.gene_names[:0],
        embedding=result.embedding[:0],
        membership=result.membership[:0],
        drawing=result.drawing[:0],
        denoised=DenoisedViews(factors),
    )
    assert to_adata(empty).uns["darlc"]["views"]["mean"].shape == (0,)
