"""Smooth functions over a tissue."""

from __future__ import annotations

import numpy as np
import pytest

from darlc.explore.parts.modes import smooth_modes
from darlc.images.grid import Grid


def round_tissue(radius: int) -> Grid:
    rows, columns = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    mask = np.hypot(rows, columns) <= radius
    mask &= ~((np.abs(rows - 3) < 3) & (columns > 2))  # with a dent
    return Grid(mask, np.eye(3))


def test_they_are_orthonormal_and_know_nothing_of_the_mean() -> None:
    centres = round_tissue(18).centres
    weight = np.random.default_rng(0).lognormal(0.0, 0.7, len(centres))
    modes, starts = smooth_modes(centres, weight)
    np.testing.assert_allclose(
        modes.T @ (weight[:, None] * modes), np.eye(modes.shape[1]), atol=1e-8
    )
    np.testing.assert_allclose(weight @ modes, 0, atol=1e-8)
    assert starts.tolist() == [0, 4, 12, 28, 60, 124]


def test_they_go_from_coarse_to_fine() -> None:
    grid = round_tissue(18)
    modes, starts = smooth_modes(grid.centres, np.ones(grid.n_pixels))
    # Across touching pixels a fine function changes more.
    degree = grid.neighbours.sum(axis=1)[:, None]
    change = (modes * (degree * modes - grid.neighbours @ modes)).sum(axis=0)
    by_band = np.add.reduceat(change, starts) / np.diff([*starts, len(change)])
    assert (np.diff(by_band) > 0).all() and by_band[0] < by_band[-1] / 10


def test_the_coarsest_ones_span_a_slope() -> None:
    centres = round_tissue(18).centres
    modes, starts = smooth_modes(centres, np.ones(len(centres)))
    slope = centres[:, 0] - centres[:, 0].mean()
    assert ((modes[:, : starts[2]].T @ slope) ** 2).sum() > 0.99 * slope @ slope


@pytest.mark.parametrize(
    ("n", "n_modes", "n_bands"), [(3, 0, 0), (9, 2, 1), (30, 7, 1), (34, 8, 2)]
)
def test_a_small_tissue_has_few(n: int, n_modes: int, n_bands: int) -> None:
    centres = np.random.default_rng(0).uniform(0, 6, (n, 2))
    modes, starts = smooth_modes(centres, np.ones(n))
    assert modes.shape == (n, n_modes) and len(starts) == n_bands


def test_a_tissue_without_width() -> None:
    """Functions across it are the same as none, and are left out."""
    line = np.column_stack([np.zeros(80), np.arange(80.0)])
    modes, _ = smooth_modes(line, np.ones(80))
    assert modes.shape == (80, 20)
    np.testing.assert_allclose(modes.T @ modes, np.eye(20), atol=1e-8)
