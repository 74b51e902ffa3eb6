"""Log ratios of two regions: smooth genes with few high peaks, and regions of scattered spots."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from scipy.ndimage import gaussian_filter

from darlc.explore.enrichment import ObservationExpression
from darlc.explore.parts import log_field
from darlc.explore.parts.log_field import log_ratio_p
from darlc.images.grid import Grid

SIDE, GENES = 40, 300
PIXELS = SIDE * SIDE
GRID = Grid(np.ones((SIDE, SIDE), dtype=bool), np.eye(3))


def peaked(seed: int, sigma: float = 8.0) -> np.ndarray:
    """Return counts (P, g) of genes with smooth lognormal rates of their own."""
    random = np.random.default_rng(seed)
    field = gaussian_filter(random.normal(size=(GENES, SIDE, SIDE)), (0, sigma, sigma))
    field = field.reshape(GENES, PIXELS)
    field = (field - field.mean(1, keepdims=True)) / field.std(1, keepdims=True)
    return random.poisson(np.exp(0.8 * field).T).astype(float)


def disc(row: int, column: int, radius: float) -> np.ndarray:
    where = np.mgrid[:SIDE, :SIDE].reshape(2, -1).T
    return np.hypot(*(where - (row, column)).T) <= radius


def p_of(counts: np.ndarray, inside: np.ndarray, grid: Grid = GRID) -> np.ndarray:
    a, b = inside.astype(float), (~inside).astype(float)
    with np.errstate(divide="ignore"):
        ratio = np.log(counts.T @ a / a.sum()) - np.log(counts.T @ b / b.sum())
    matrix = sparse.csc_array(counts)
    return log_ratio_p(matrix, np.ones(PIXELS), np.arange(PIXELS), grid, (a, b), ratio)


def test_peaks_that_lie_inside_by_chance_are_as_rare_as_said() -> None:
    regions = [disc(8, 8, 5), disc(20, 25, 7), disc(33, 12, 6)]
    p = np.concatenate([p_of(peaked(i), inside) for i, inside in enumerate(regions)])
    assert 0.015 < np.mean(p < 0.05) < 0.085 and np.mean(p < 0.001) < 0.004


def test_the_test_of_a_region_is_no_surer_where_it_would_be() -> None:
    inside = disc(8, 8, 5)
    counts = peaked(5)
    expression = ObservationExpression(
        sparse.csc_array(counts), np.ones(PIXELS), np.arange(PIXELS), GRID
    )
    found = expression.enrichment(inside)
    low = found.p < 0.05
    assert low.any() and (found.p[low] >= p_of(counts, inside)[low] * (1 - 1e-9)).all()


def test_genes_of_the_region_stay_sure() -> None:
    """Threefold inside, above a pattern of their own that is weaker."""
    inside = disc(15, 15, 6)
    rate = np.where(inside, 6.0, 2.0)[:, None] * np.ones(GENES)
    counts = np.random.default_rng(1).poisson(rate).astype(float)
    assert p_of(counts, inside).max() < 1e-4


def test_of_scattered_spots_it_says_nothing() -> None:
    random = np.random.default_rng(2)
    inside = random.random(PIXELS) < 0.2
    rate = np.where(inside, 3.0, 1.0)[:, None] * np.ones(GENES)
    assert p_of(random.poisson(rate).astype(float), inside).max() < 1e-3


def test_a_region_without_the_gene_is_left_to_the_other_test() -> None:
    inside = disc(20, 20, 5)
    counts = np.where(inside[:, None], 0.0, np.ones((PIXELS, 2)))
    assert p_of(counts, inside).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("scale", [0.01, 100.0])
def test_the_unit_of_values_does_not_count(scale) -> None:
    counts, inside = peaked(3)[:, :20], disc(10, 30, 6)
    np.testing.assert_allclose(p_of(counts * scale, inside), p_of(counts, inside), rtol=1e-4)


def test_large_tissue_is_pooled(monkeypatch) -> None:
    counts, inside = peaked(4)[:, :50], disc(10, 30, 8)
    fine = p_of(counts, inside)
    monkeypatch.setattr(log_field, "MOST_PIXELS", 400)
    coarse = p_of(counts, inside)
    assert np.corrcoef(np.log(fine), np.log(coarse))[0, 1] > 0.95
