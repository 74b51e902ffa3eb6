"""Each pixel is given to the cluster whose pattern is strongest; smoothing removes speckles."""

from __future__ import annotations

import numpy as np
import pytest

from darlc.images.grid import Grid
from darlc.results.clusters import Clusters
from darlc.results.palette import NO_PATTERN
from darlc.results.tissue_regions import strongest_pattern

NAMES = ("a", "hidden", "c", "empty", NO_PATTERN)
MEMBERSHIP = np.eye(5, dtype=np.float32)[[0, 0, 1, 1, 2, 2, 4, 4]]


def _grid(layout="square") -> Grid:
    mask = np.ones((24, 30), dtype=bool)
    mask[:4, :4] = False
    return Grid(mask, np.eye(3), layout)


@pytest.mark.parametrize("smoothness", [0.0, 2.0])
def test_who_takes_no_part(smoothness) -> None:
    grid, random = _grid(), np.random.default_rng(0)
    consensus = random.normal(size=(5, grid.n_pixels))
    consensus[3] = np.nan  # a cluster without genes has no pattern
    clusters = Clusters(MEMBERSHIP, NAMES, hidden=frozenset({1}))
    assert set(strongest_pattern(consensus, clusters, grid, smoothness)) == {0, 2}
    none = Clusters(MEMBERSHIP, NAMES, hidden=frozenset({0, 1, 2}))
    assert set(strongest_pattern(consensus, none, grid, smoothness)) == {-1}


@pytest.mark.parametrize("layout", ["square", "hexagonal"])
def test_smoothing_brings_back_regions_under_noise(layout) -> None:
    grid, random = _grid(layout), np.random.default_rng(0)
    region = np.digitize(grid.pixels[:, 1], [10, 20])
    clusters = Clusters(np.eye(3, dtype=np.float32))
    noisy = np.eye(3)[:, region] + random.normal(scale=0.7, size=(3, grid.n_pixels))
    found = {s: strongest_pattern(noisy, clusters, grid, s) for s in (0.0, 1.0, 2.0)}
    right = {s: (each == region).mean() for s, each in found.items()}
    assert right[0.0] < 0.85 < right[1.0] < right[2.0] + 0.02
    assert right[2.0] > 0.93
    # Without smoothing it is the strongest of standardised patterns, pixel by pixel.
    z = (noisy - noisy.mean(axis=1, keepdims=True)) / noisy.std(axis=1, keepdims=True)
    np.testing.assert_array_equal(found[0.0], z.argmax(axis=0))


def test_how_strong_a_pattern_is_as_a_whole_does_not_matter() -> None:
    grid, random = _grid(), np.random.default_rng(1)
    clusters = Clusters(np.eye(3, dtype=np.float32))
    consensus = random.normal(size=(3, grid.n_pixels))
    scaled = consensus * np.array([[0.1], [1.0], [30.0]]) + np.array([[5.0], [0.0], [-2.0]])
    np.testing.assert_array_equal(
        strongest_pattern(scaled, clusters, grid, 1.5),
        strongest_pattern(consensus, clusters, grid, 1.5),
    )


def test_a_pattern_of_few_genes_must_be_higher() -> None:
    grid = _grid()
    members = np.repeat([0, 1], [2, 50])
    clusters = Clusters(np.eye(2, dtype=np.float32)[members])
    column = grid.pixels[:, 1].astype(float)
    consensus = np.stack([column, -column])
    found = strongest_pattern(consensus, clusters, grid, 0.0)
    # Both have the same strength in opposite halves: the sign decides, however few the genes.
    np.testing.assert_array_equal(found, (column < column.mean()).astype(int))
    both = np.stack([column, column + 0.01 * np.sin(column)])
    above = column > column.mean()
    assert (strongest_pattern(both, clusters, grid, 0.0)[above] == 1).all()
