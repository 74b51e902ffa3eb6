"""Clean images are told from noisy ones, and freed of how strongly each was stained."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from darlc.images.grid import Grid
from darlc.images.sgep_images import SGEPImages
from darlc.images.statistics import standardised
from darlc.learn.denoise.transform import are_clean, local_contrast, stabilise


def _stack(values: np.ndarray, grid: Grid, kind="log") -> SGEPImages:
    names = np.array([f"gene{i}" for i in range(len(values))])
    matrix = sparse.csc_array(values.T.astype(np.float32))
    return SGEPImages(matrix, grid, names, np.arange(grid.n_pixels), kind)


@pytest.fixture(scope="module")
def grid() -> Grid:
    mask = np.ones((12, 20), dtype=bool)
    mask[:3, :4] = mask[-2:, -5:] = False
    return Grid(mask, np.eye(3))


@pytest.fixture(scope="module")
def smooth(grid) -> np.ndarray:
    random = np.random.default_rng(0)
    values = grid.smoother(2.0) @ random.normal(size=(grid.n_pixels, 30))
    return np.ascontiguousarray((values - values.min(axis=0)).T).astype(np.float32)


def test_images_are_clean_where_neighbours_agree(grid, smooth) -> None:
    noise = np.random.default_rng(1).normal(size=smooth.shape)
    noisy = smooth + 2.0 * smooth.std(axis=1, keepdims=True) * noise
    assert are_clean(_stack(smooth, grid))
    assert not are_clean(_stack(noisy - noisy.min(), grid))
    # A minority of noisy images does not make a stack noisy; an image without variation is none.
    mixed = np.concatenate([smooth, noisy[:10], np.ones_like(noisy[:10])])
    assert are_clean(_stack(mixed, grid))


def test_counts_are_never_clean_by_themselves_and_a_setting_overrules(grid, smooth) -> None:
    counts = _stack(np.rint(100 * smooth), grid, "counts")
    assert not are_clean(counts)
    assert are_clean(counts, "clean")
    assert not are_clean(_stack(smooth, grid), "noisy")


def test_a_stack_without_variation_is_not_clean(grid) -> None:
    assert not are_clean(_stack(np.ones((4, grid.n_pixels)), grid))


def test_local_contrast_agrees_with_brute_force(grid, smooth) -> None:
    values = standardised(smooth[:3])
    sigma = 0.2 * np.sqrt(grid.n_pixels)
    offset = np.abs(grid.pixels[:, None] - grid.pixels)
    weight = np.exp(-0.5 * np.square(offset).sum(axis=2) / sigma**2)
    # The window is a square of three deviations.
    weight[(offset > np.floor(3.0 * sigma + 0.5)).any(axis=2)] = 0.0
    weight /= weight.sum(axis=1, keepdims=True)
    centred = values - values @ weight.T
    expected = centred / np.sqrt(np.square(centred) @ weight.T + 0.1)
    np.testing.assert_allclose(local_contrast(values, grid), expected, atol=1e-4)


def test_staining_does_not_matter_to_clean_values(grid, smooth) -> None:
    gain = np.random.default_rng(2).uniform(0.2, 3.0, (len(smooth), 1))
    stained = gain * smooth + np.random.default_rng(3).uniform(0.0, 0.5, (len(smooth), 1))
    before, after = (stabilise(_stack(v, grid), clean=True) for v in (smooth, stained))
    np.testing.assert_allclose(after, before, atol=2e-3)


def test_noisy_values_are_what_they_were(grid, smooth) -> None:
    np.testing.assert_array_equal(stabilise(_stack(smooth, grid)), smooth)
    counts = _stack(np.rint(10 * smooth) + 1, grid, "counts")
    size = counts.library / np.median(counts.library)
    np.testing.assert_allclose(stabilise(counts), np.sqrt(counts.measured() / size), rtol=1e-6)
