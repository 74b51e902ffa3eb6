"""Observations to pixels: nothing lost, nothing moved, and what is assumed is said."""

from __future__ import annotations

import numpy as np
import pytest
from anndata import AnnData
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from darlc.errors import InputError
from darlc.images.sgep_images import SGEPImages, rasterize


def _cells(seed: int = 0, n: int = 300, genes: int = 4) -> AnnData:
    random = np.random.default_rng(seed)
    adata = AnnData(sparse.csr_matrix(random.poisson(2.0, (n, genes)).astype(np.float32)))
    adata.obsm["spatial"] = random.uniform(0, 1000, (n, 2))
    return adata


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), bin_size=st.sampled_from([None, 30.0, 77.0, 200.0]))
def test_no_molecule_is_lost(seed: int, bin_size: float | None) -> None:
    adata = _cells(seed)
    images = rasterize(adata, bin_size)
    np.testing.assert_allclose(images.measured().sum(axis=1), adata.X.toarray().sum(axis=0))
    assert images.n_pixels == images.grid.mask.sum()
    placed = images.observation_pixel[images.observation_pixel >= 0]
    assert np.bincount(placed, minlength=images.n_pixels).min() >= 1


def test_pixels_lie_where_their_observations_are() -> None:
    adata = _cells()
    images = rasterize(adata, 50.0)
    home = np.column_stack([images.grid.pixels, np.ones(images.n_pixels)]) @ images.grid.affine.T
    away = np.abs(home[images.observation_pixel, :2] - adata.obsm["spatial"])
    assert away.max() <= 25.0 + 1e-6


def test_a_marker_in_a_known_corner_ends_up_there() -> None:
    adata = _cells(n=2000)
    x, y = adata.obsm["spatial"].T
    counts = adata.X.toarray()
    counts[:, 0] = 20 * ((x > 800) & (y < 200))
    adata.X = sparse.csr_matrix(counts)
    view = rasterize(adata).raw_view(0)[0]
    height, width = view.shape
    # Large x is right, small y is up.
    assert np.nanmean(view[: height // 6, -width // 6 :]) > 1.0
    assert np.nanmax(view[height // 2 :]) == 0.0
    assert np.nanmax(view[:, : width // 2]) == 0.0


def test_order_of_observations_does_not_matter() -> None:
    adata = _cells()
    order = np.random.default_rng(1).permutation(adata.n_obs)
    a, b = rasterize(adata, 60.0), rasterize(adata[order].copy(), 60.0)
    np.testing.assert_allclose(a.measured(), b.measured())
    np.testing.assert_array_equal(a.observation_pixel[order], b.observation_pixel)


def test_normalised_values_are_averaged_and_logs_are_left_alone() -> None:
    adata = _cells()
    adata.X = sparse.csr_matrix(adata.X.toarray() * 13.7)
    linear = rasterize(adata, 250.0)
    assert linear.values == "normalised"
    assert any("not as counts" in note for note in linear.notes)
    pixel = linear.observation_pixel == 3
    np.testing.assert_allclose(
        linear.measured()[:, 3], adata.X.toarray()[pixel].mean(axis=0), rtol=1e-5
    )
    adata.X = sparse.csr_matrix(np.log1p(adata.X.toarray()))
    logs = rasterize(adata, 250.0)
    assert logs.values == "log"
    np.testing.assert_array_equal(logs.expression(), logs.measured())


def test_counts_are_found_in_a_layer() -> None:
    adata = _cells()
    adata.layers["counts"] = adata.X.copy()
    adata.X = sparse.csr_matrix(np.log1p(adata.X.toarray()))
    images = rasterize(adata)
    assert images.values == "counts"
    assert images.measured().sum() == adata.layers["counts"].sum()


def test_empty_outside_and_unplaced_observations_are_left_out_and_counted() -> None:
    adata = _cells()
    counts = adata.X.toarray()
    counts[:5] = 0
    adata.X = sparse.csr_matrix(counts)
    adata.obs["in_tissue"] = 1
    adata.obs.iloc[5:12, 0] = 0
    adata.obsm["spatial"][12:15] = np.nan
    images = rasterize(adata)
    assert (images.observation_pixel[:15] == -1).all()
    assert (images.observation_pixel[15:] >= 0).all()
    text = " ".join(images.notes)
    for part in ("5 observations without any expression", "7 observations outside the tissue"):
        assert part in text
    assert "3 observations without coordinates" in text


def test_expression_is_log_normalised_as_scanpy_does_it() -> None:
    import scanpy as sc

    adata = _cells()
    images = rasterize(adata, 100.0)
    pooled = AnnData(images.measured().T.copy())
    sc.pp.normalize_total(pooled, target_sum=np.median(images.library))
    sc.pp.log1p(pooled)
    np.testing.assert_allclose(images.expression(), pooled.X.T, rtol=1e-5)


def test_selecting_genes_keeps_the_library_and_the_pictures() -> None:
    images = rasterize(_cells())
    few = images.select(np.array([2, 0]))
    assert list(few.gene_names) == ["2", "0"]
    np.testing.assert_array_equal(few.library, images.library)
    np.testing.assert_array_equal(few.raw_view(0), images.raw_view(2))


def test_views_are_transparent_off_the_tissue_only() -> None:
    images = rasterize(_cells())
    view = images.raw_view([1])[0]
    np.testing.assert_array_equal(np.isnan(view), ~images.grid.mask)


def test_fingerprint_tells_data_apart() -> None:
    a, again, other = rasterize(_cells()), rasterize(_cells()), rasterize(_cells(seed=1))
    assert a.fingerprint == again.fingerprint != other.fingerprint


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda a: a.obsm.pop("spatial"), "no coordinates"),
        (lambda a: setattr(a, "X", a.X * 0), "every expression value is zero"),
        (lambda a: a.obsm.__setitem__("spatial", np.ones((300, 2))), "at one point"),
    ],
)
def test_nothing_to_draw_is_a_sentence(change, sentence: str) -> None:
    adata = _cells()
    change(adata)
    with pytest.raises(InputError, match=sentence):
        rasterize(adata)


def test_the_users_data_are_not_modified() -> None:
    adata = _cells()
    counts, spatial = adata.X.copy(), adata.obsm["spatial"].copy()
    images: SGEPImages = rasterize(adata)
    images.expression()
    assert (counts != adata.X).nnz == 0
    np.testing.assert_array_equal(adata.obsm["spatial"], spatial)


@pytest.mark.parametrize("outside", ["none", "silent", "expressed"])
def test_bins_in_order_give_what_bins_in_any_order_give(outside: str) -> None:
    """The short way, for one observation a pixel in the order of the pixels, is the same."""
    random = np.random.default_rng(0)
    row, column = np.indices((9, 8)).reshape(2, -1)
    counts = sparse.random_array((72, 30), density=0.3, random_state=random, format="csr")
    counts.data = np.ceil(5 * counts.data)
    counts.data[::7] = 0.0  # written out, as in some files
    adata = AnnData(counts.tocsr().astype(np.float64))
    adata.obsm["spatial"] = np.column_stack([column, row]).astype(float)
    if outside != "none":
        adata.obs["in_tissue"] = (np.arange(72) % 10 > 0).astype(int)
    if outside == "silent":
        adata.X = sparse.csr_matrix(adata.X.multiply(adata.obs["in_tissue"].to_numpy()[:, None]))
    shuffled = random.permutation(72)
    one, other = rasterize(adata), rasterize(adata[shuffled].copy())
    for name in ("data", "indices", "indptr"):
        np.testing.assert_array_equal(getattr(one.matrix, name), getattr(other.matrix, name))
    assert one.matrix.dtype == np.float32 and one.matrix.data.all()
    np.testing.assert_array_equal(one.observation_pixel[shuffled], other.observation_pixel)
