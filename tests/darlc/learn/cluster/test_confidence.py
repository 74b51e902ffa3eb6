"""Memberships that are as sure as other molecules of the same tissue let them be."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from benchmarks.quality.scores import calibration_error
from darlc.images.grid import Grid
from darlc.images.sgep_images import rasterize
from darlc.learn.cluster.confidence import (
    LEAST_TEMPERATURE,
    OPTIMISM,
    Calibration,
    calibrate,
)
from darlc.learn.cluster.count_model import CountModel
from darlc.learn.cluster.split_merge import CountClusters, State
from darlc.simulation.tissue import simulate

_CLUSTERS, _EACH, _MOLECULES = 4, 40, 250


@pytest.fixture(scope="module")
def grid() -> Grid:
    return rasterize(simulate(seed=1, genes=20, clusters=3, platform="st")).grid


def draw(grid, own: float, seed: int) -> list[np.ndarray]:
    """Return two independent sets of molecules, (G, P), of genes of four patterns.

    A gene follows its pattern and, with weight ``own``, a smooth field that no other gene follows.
    """
    rng = np.random.default_rng(seed)

    def fields(n: int) -> np.ndarray:
        noise = rng.normal(size=(grid.n_pixels, n))
        smooth = (grid.smoother(2.5) @ noise).T
        return (smooth - smooth.mean(axis=1, keepdims=True)) / smooth.std(axis=1, keepdims=True)

    patterns = np.repeat(0.35 * fields(_CLUSTERS), _EACH, axis=0)
    rate = np.exp(patterns + own * fields(_CLUSTERS * _EACH))
    rate *= _MOLECULES / rate.sum(axis=1, keepdims=True)
    return [rng.poisson(rate).astype(np.float32) for _ in range(2)]


def found(counts: np.ndarray, grid) -> tuple[CountClusters, State]:
    """Return the state that the search would stand at, were the patterns found."""
    model = CountModel(counts, np.ones(grid.n_pixels, dtype=np.float32), grid)
    clusters = CountClusters(model)
    truth = np.repeat(np.eye(_CLUSTERS, dtype=np.float32), _EACH, axis=0)
    state = clusters.start(torch.from_numpy(truth))
    for _ in range(5):
        state = clusters.step(state)
    return clusters, state


def error(first: np.ndarray, second: np.ndarray, grid, calibration: Calibration) -> float:
    """Return how far confidence is from how often the cluster wins on the other molecules."""
    _, state = found(first, grid)
    membership = state.membership.numpy()
    others, _ = found(second, grid)
    won = others.evidence(state).argmax(dim=1).numpy()
    confidence = calibration.apply(membership).max(axis=1)
    return calibration_error(confidence, won == membership.argmax(axis=1))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_genes_with_patterns_of_their_own_are_not_called_sure(grid, seed) -> None:
    first, second = draw(grid, 0.5, seed)
    calibration = calibrate(*found(first, grid), 0)
    plain = calibrate(*found(draw(grid, 0.0, seed)[0], grid), 0)
    sure = np.array([[0.97, 0.01, 0.01, 0.01]], dtype=np.float32)
    assert calibration.apply(sure).max() < plain.apply(sure).max() - 0.02
    least = Calibration(LEAST_TEMPERATURE, 0.0)
    assert error(first, second, grid, calibration) <= 0.1
    assert error(first, second, grid, calibration) < error(first, second, grid, least)


def test_the_same_molecules_give_the_same_calibration(grid) -> None:
    clusters, state = found(draw(grid, 0.2, 0)[0], grid)
    before = state.membership.clone()
    one, other, third = (calibrate(clusters, state, seed) for seed in (0, 0, 1))
    assert one == other != third
    assert torch.equal(state.membership, before)


def test_the_temperature_is_multiplied_by_what_is_asked_for(grid) -> None:
    clusters, state = found(draw(grid, 0.2, 0)[0], grid)
    one, plain = calibrate(clusters, state, 0), calibrate(clusters, state, 0, 1.0)
    assert one.temperature == pytest.approx(OPTIMISM * plain.temperature)
    assert one.doubt == plain.doubt and plain.temperature >= LEAST_TEMPERATURE


def test_genes_whose_molecules_are_all_in_one_half_do_no_harm(grid) -> None:
    counts, _ = draw(grid, 0.2, 0)
    counts[:5] = 0
    counts[np.arange(5), np.arange(5)] = 1
    calibration = calibrate(*found(counts, grid), 0)
    assert LEAST_TEMPERATURE <= calibration.temperature < 39 and 0 <= calibration.doubt < 0.5


@given(
    arrays(np.float32, (5, 3), elements=st.floats(0.0078125, 1, width=32)),
    st.floats(1.0, 30.0),
    st.floats(0.0, 0.5),
)
def test_calibrating_keeps_the_order_and_makes_less_sure(shares, temperature, doubt) -> None:
    membership = shares / shares.sum(axis=1, keepdims=True)
    out = Calibration(temperature, doubt).apply(membership)
    np.testing.assert_allclose(out.sum(axis=1), 1, atol=1e-5)
    assert (out.max(axis=1) <= membership.max(axis=1) + 1e-5).all()
    best = membership.argmax(axis=1)[:, None]
    np.testing.assert_allclose(np.take_along_axis(out, best, 1)[:, 0], out.max(axis=1), atol=1e-6)


@pytest.mark.parametrize("doubt", [0.0, 5e-324, 1e-300, 0.5])
@pytest.mark.parametrize("columns", [1, 2, 50])
def test_no_doubt_is_too_small_for_a_logarithm(doubt, columns) -> None:
    """A search for the doubt tries numbers as near to 0 as there are."""
    membership = np.zeros((2, columns), dtype=np.float32)
    membership[:, 0] = 1.0
    with np.errstate(all="raise", under="ignore"):
        out = Calibration(1.5, doubt).apply(membership)
    np.testing.assert_allclose(out.sum(axis=1), 1.0, rtol=1e-6)
