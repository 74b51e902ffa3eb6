"""Libraries of simulated tissue, whose true ones are known."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from darlc.images.grid import Grid
from darlc.learn.cluster.count_model import CountModel
from darlc.learn.cluster.library import choose_library, correct_library, log_likelihood
from darlc.learn.cluster.split_merge import CountClusters


@pytest.fixture(scope="module")
def hard(truth) -> np.ndarray:
    _, label = np.unique(truth.astype(str), return_inverse=True)
    return np.eye(4, dtype=np.float32)[label]


def _error(size: np.ndarray, library: np.ndarray) -> float:
    return float(np.std(np.log(size / library)))


def test_the_library_is_corrected_for_composition(images, tissue, hard) -> None:
    library = np.empty(images.n_pixels, dtype=np.float32)
    library[images.observation_pixel] = tissue.obs["library"]
    corrected = correct_library(images.measured(), images.library, hard, images.grid)
    assert corrected.mean() == pytest.approx(1.0, abs=1e-3)
    assert _error(corrected, library) < 0.8 * _error(images.library, library)


@pytest.fixture(scope="module")
def waves() -> tuple[Grid, np.ndarray, np.ndarray, np.ndarray]:
    """Return grid, rates (G, P), library (P,) and memberships (G, 6).

    Six patterns at strengths of .3 to 1; half of the genes follow the first.
    """
    side, random = 20, np.random.default_rng(0)
    grid = Grid(np.ones((side, side), dtype=bool), np.eye(3))
    row, column = np.divmod(np.arange(side * side), side)
    angle = np.arange(6)[:, None] * np.pi / 6
    along = np.cos(angle) * (row - 9.5) + np.sin(angle) * (column - 9.5)
    pattern = 1.0 + 0.9 * np.sin(0.3 * along)
    label = np.repeat(np.arange(6), [100, 20, 20, 20, 20, 20])
    strength = random.uniform(0.3, 1.0, (len(label), 1))
    library = (1.0 + 0.3 * random.random(side * side)).astype(np.float32)
    rate = 40.0 * (1.0 + strength * (pattern[label] - 1.0)) * library
    return grid, rate, library, np.eye(6, dtype=np.float32)[label]


def test_lines_of_different_strength_meet_at_the_library(waves) -> None:
    grid, rate, library, soft = waves
    counts = np.random.default_rng(2).poisson(rate).astype(np.float32)
    totals = counts.sum(axis=0)
    corrected = correct_library(counts, totals, soft, grid)
    assert _error(totals, library) > 0.15
    assert _error(corrected, library) < 0.35 * _error(totals, library)


def test_the_likelier_library_is_chosen(waves) -> None:
    """Corrected where a pattern biases totals; about the totals where genes have none."""
    grid, rate, library, soft = waves
    random, device = np.random.default_rng(3), torch.device("cpu")
    counts = random.poisson(rate).astype(np.float32)
    totals = counts.sum(axis=0)
    model = choose_library(counts, totals, soft, grid, device)
    assert _error(model.size.numpy(), library) < 0.35 * _error(totals, library)
    flat = random.poisson(40.0 * library * np.ones((len(soft), 1))).astype(np.float32)
    totals = flat.sum(axis=0)
    model = choose_library(flat, totals, soft, grid, device)
    assert _error(model.size.numpy(), library) < 1.5 * _error(totals, library)


def test_likelihoods_compare_libraries_whatever_the_dispersion(waves) -> None:
    grid, rate, library, soft = waves
    counts = np.random.default_rng(4).poisson(rate).astype(np.float32)
    likelihoods = {}
    for name, size in (("true", library), ("totals", counts.sum(axis=0))):
        for dispersion in (2.0, 50.0):
            clusters = CountClusters(CountModel(counts, size, grid, dispersion))
            state = clusters.start(torch.from_numpy(soft))
            likelihoods[name, dispersion] = log_likelihood(clusters, state)
    assert likelihoods["true", 2.0] == pytest.approx(likelihoods["true", 50.0])
    assert likelihoods["true", 2.0] > likelihoods["totals", 2.0] + 100


def test_without_clusters_the_totals_stay(images) -> None:
    counts = images.measured()
    alone = np.eye(images.n_genes, dtype=np.float32)
    nowhere = np.zeros((images.n_genes, 4), dtype=np.float32)
    for membership in (alone, nowhere):
        size = correct_library(counts, images.library, membership, images.grid)
        np.testing.assert_allclose(size, images.library / images.library.mean(), rtol=1e-6)
