"""The model grid: sums are kept, centres lie in the middle, and interpolation is exact on ramps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from darlc.images.grid import Grid
from darlc.images.pooling import finest_factor, interpolation, pooled, pooled_grid
from darlc.images.sgep_images import SGEPImages, Values

AFFINE = np.array([[2.0, 0.1, 30.0], [-0.1, 2.0, -4.0], [0.0, 0.0, 1.0]])
FACTORS = st.integers(1, 5)


@st.composite
def tissues(draw: st.DrawFn, values: Values = "counts") -> SGEPImages:
    """Draw images over a tissue of any outline, with holes, and observations left out."""
    height, width = draw(st.integers(1, 9)), draw(st.integers(2, 9))
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    mask = rng.random((height, width)) < draw(st.sampled_from([0.3, 0.8, 1.0]))
    mask[0, 0] = True
    n = int(mask.sum())
    matrix = rng.poisson(1.5, (n, 4)).astype(np.float32)
    if values == "log":
        matrix = np.log1p(matrix)
    return SGEPImages(
        matrix=sparse.csc_array(matrix),
        grid=Grid(mask=mask, affine=AFFINE),
        gene_names=np.array(["a", "b", "c", "d"]),
        observation_pixel=np.concatenate([rng.permutation(n), [-1], rng.integers(0, n, 3)]),
        values=values,
    )


def whole(height: int, width: int) -> Grid:
    return Grid(mask=np.ones((height, width), dtype=bool), affine=AFFINE)


@settings(deadline=None, max_examples=40)
@given(tissues(), FACTORS)
def test_sums_and_library_are_kept(images: SGEPImages, factor: int) -> None:
    coarse = pooled(images, factor)
    grid, owner = pooled_grid(images.grid, factor)
    assert coarse.n_pixels == grid.n_pixels and np.array_equal(coarse.grid.mask, grid.mask)
    for pixel in range(grid.n_pixels):
        own = owner == pixel
        np.testing.assert_array_equal(
            coarse.measured()[:, pixel], images.measured()[:, own].sum(axis=1)
        )
        assert coarse.library[pixel] == images.library[own].sum()
    placed = images.observation_pixel >= 0
    np.testing.assert_array_equal(
        coarse.observation_pixel[placed], owner[images.observation_pixel[placed]]
    )
    assert (coarse.observation_pixel[~placed] == -1).all()


@settings(deadline=None, max_examples=20)
@given(tissues(), FACTORS)
def test_the_library_of_some_genes_stays_that_of_all(images: SGEPImages, factor: int) -> None:
    some = images.select(np.array([2, 0]))
    np.testing.assert_array_equal(pooled(some, factor).library, pooled(images, factor).library)
    np.testing.assert_array_equal(
        pooled(some, factor).measured(), pooled(images, factor).measured(np.array([2, 0]))
    )


@settings(deadline=None, max_examples=20)
@given(tissues("log"), FACTORS)
def test_values_that_are_no_counts_are_averaged(images: SGEPImages, factor: int) -> None:
    coarse = pooled(images, factor)
    _, owner = pooled_grid(images.grid, factor)
    for pixel in range(coarse.n_pixels):
        mean = images.measured()[:, owner == pixel].mean(axis=1)
        np.testing.assert_allclose(coarse.measured()[:, pixel], mean, rtol=1e-5, atol=1e-6)
    assert coarse.values == "log" and (coarse.library > 0).all()


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 6), st.integers(1, 6), FACTORS)
def test_centres_lie_in_the_middle_of_theirs(rows: int, columns: int, factor: int) -> None:
    grid = whole(rows * factor, columns * factor)
    coarse, owner = pooled_grid(grid, factor)

    def places(of: Grid) -> np.ndarray:
        return np.column_stack([of.pixels, np.ones(of.n_pixels)]) @ of.affine.T

    for pixel in range(coarse.n_pixels):
        np.testing.assert_allclose(
            places(coarse)[pixel], places(grid)[owner == pixel].mean(axis=0), atol=1e-9
        )
    assert coarse.pixel_size == pytest.approx(factor * grid.pixel_size)


@settings(deadline=None, max_examples=10)
@given(tissues())
def test_a_factor_of_one_changes_nothing(images: SGEPImages) -> None:
    assert pooled(images, 1) is images
    grid, owner = pooled_grid(images.grid, 1)
    assert grid is images.grid and np.array_equal(owner, np.arange(grid.n_pixels))
    np.testing.assert_array_equal(interpolation(images.grid, 1).toarray(), np.eye(images.n_pixels))


@settings(deadline=None, max_examples=60)
@given(tissues(), FACTORS)
def test_weights_are_shares_whatever_the_outline(images: SGEPImages, factor: int) -> None:
    found = interpolation(images.grid, factor)
    coarse, owner = pooled_grid(images.grid, factor)
    assert found.shape == (images.n_pixels, coarse.n_pixels)
    dense = found.toarray()
    assert (dense >= 0).all() and ((dense > 0).sum(axis=1) <= 4).all()
    np.testing.assert_allclose(dense.sum(axis=1), 1.0, rtol=1e-5)
    assert (dense[np.arange(len(owner)), owner] > 0).all(), "its own pooled pixel has a share"


@settings(deadline=None, max_examples=30)
@given(st.integers(3, 6), st.integers(3, 6), st.integers(2, 5))
def test_a_ramp_is_exact_inside(rows: int, columns: int, factor: int) -> None:
    grid = whole(rows * factor, columns * factor)
    ramp = grid.pixels @ np.array([3.0, -2.0]) + 5.0
    _, owner = pooled_grid(grid, factor)
    means = np.bincount(owner, ramp) / np.bincount(owner)
    between = interpolation(grid, factor) @ means
    margin = factor // 2
    inside = ((grid.pixels >= margin) & (grid.pixels < np.array(grid.shape) - margin)).all(axis=1)
    assert inside.any()
    np.testing.assert_allclose(between[inside], ramp[inside], rtol=1e-5, atol=1e-4)
    # At the edge nothing is made up beyond what the nearest pixels hold.
    assert between.min() >= means.min() - 1e-4 and between.max() <= means.max() + 1e-4


def test_holes_lend_nothing() -> None:
    mask = np.ones((6, 6), dtype=bool)
    mask[2:4, 2:4] = False
    grid = Grid(mask=mask, affine=AFFINE)
    coarse, _ = pooled_grid(grid, 2)
    assert coarse.mask.sum() == 8 and not coarse.mask[1, 1]
    np.testing.assert_allclose(interpolation(grid, 2) @ np.full(8, 7.0), 7.0, rtol=1e-6)


def test_a_hexagonal_grid_is_not_pooled() -> None:
    hexagonal = replace(whole(6, 6), layout="hexagonal")
    for factor in (0, 2):
        with pytest.raises(ValueError, match="cannot be pooled"):
            pooled_grid(hexagonal, factor)
    assert finest_factor(hexagonal, 3) == 1


@settings(deadline=None, max_examples=40)
@given(tissues(), st.integers(1, 80))
def test_the_finest_factor_is_the_smallest_within_the_budget(images: SGEPImages, most: int) -> None:
    grid = images.grid
    factor = finest_factor(grid, most)
    assert pooled_grid(grid, factor)[0].n_pixels <= most
    assert all(pooled_grid(grid, finer)[0].n_pixels > most for finer in range(1, factor))
