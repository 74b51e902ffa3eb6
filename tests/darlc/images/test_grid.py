"""Smoothing and spreading over the tissue and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from darlc.images.grid import Grid, Layout


@pytest.fixture
def grid() -> Grid:
    mask = np.ones((12, 10), dtype=bool)
    mask[0, :4] = mask[5, 5] = False
    return Grid(mask, np.eye(3))


def test_smoothing_keeps_a_constant_and_the_tissue_apart(grid: Grid) -> None:
    smoother = grid.smoother(1.5)
    np.testing.assert_allclose(smoother @ np.ones(grid.n_pixels), 1.0, rtol=1e-5)


def test_smoothing_far_from_edges_is_a_gaussian() -> None:
    grid = Grid(np.ones((31, 31), dtype=bool), np.eye(3))
    picture = np.zeros((31, 31), dtype=np.float32)
    picture[15, 15] = 1.0
    ours = grid.spread(grid.smoother(1.5) @ picture[grid.mask])
    np.testing.assert_allclose(ours, gaussian_filter(picture, 1.5, truncate=3.0), atol=2e-3)


def test_spread_lays_values_on_the_tissue(grid: Grid) -> None:
    values = np.arange(2 * grid.n_pixels, dtype=np.float32).reshape(2, -1)
    canvas = grid.spread(values)
    assert canvas.shape == (2, 12, 10)
    assert np.isnan(canvas[:, ~grid.mask]).all()
    np.testing.assert_array_equal(canvas[:, grid.mask], values)


def test_neighbours_are_symmetric_and_never_off_the_tissue(grid: Grid) -> None:
    adjacency = grid.neighbours
    assert (adjacency != adjacency.T).nnz == 0
    assert adjacency.diagonal().sum() == 0
    assert np.diff(adjacency.indptr).max() == 8


def test_world_swaps_the_axes_of_the_affine() -> None:
    affine = np.array([[0.0, 2.0, 10.0], [3.0, 0.0, 20.0], [0.0, 0.0, 1.0]])
    grid = Grid(np.ones((2, 2), dtype=bool), affine)
    np.testing.assert_allclose(grid.affine @ [1, 0, 1], [10, 23, 1])
    np.testing.assert_allclose(grid.world @ [1, 0, 1], [23, 10, 1])
    assert grid.pixel_size == pytest.approx(np.sqrt(6))


@pytest.mark.parametrize("sigma", [1.0, 2.0, 5.0])
def test_narrow_and_wide_smoothing_agree_on_a_square_grid(grid: Grid, sigma: float) -> None:
    values = np.random.default_rng(0).normal(size=(4, grid.n_pixels)).astype(np.float32)
    narrow, wide = grid.smoothed(values, sigma), grid.smoothed_widely(values, sigma)
    assert narrow.shape == wide.shape == values.shape and wide.dtype == np.float32
    # They differ by the corners of the kernel, which hold about 1 %.
    assert np.abs(narrow - wide).max() < 0.1 * narrow.std()


@pytest.mark.parametrize("layout", ["hexagonal", "square", "binned"])
def test_wide_smoothing_keeps_a_constant_and_the_tissue_apart(grid: Grid, layout: Layout) -> None:
    grid = Grid(grid.mask, np.eye(3), layout=layout)
    ones = np.ones((2, grid.n_pixels), dtype=np.float32)
    np.testing.assert_allclose(grid.smoothed_widely(ones, 4.0), 1.0, rtol=1e-5)


def test_rows_are_smoothed_one_by_one(grid: Grid) -> None:
    values = np.random.default_rng(0).normal(size=(3, grid.n_pixels)).astype(np.float32)
    together = grid.smoothed(values, 1.5)
    assert together.flags.c_contiguous
    for row, alone in zip(together, values, strict=True):
        np.testing.assert_allclose(row, grid.smoother(1.5) @ alone, rtol=1e-5, atol=1e-6)
