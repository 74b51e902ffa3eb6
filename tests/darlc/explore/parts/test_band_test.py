"""The test by band of frequency: by known truth of white and of smooth noise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.ndimage import gaussian_filter

from darlc.explore.parts.band_test import BandVariance, band_test
from darlc.explore.parts.modes import SmoothModes
from darlc.images.grid import Grid

SIDE, GENES = 24, 400
PIXELS = SIDE * SIDE


@pytest.fixture(scope="module")
def space() -> SmoothModes:
    grid = Grid(np.ones((SIDE, SIDE), dtype=bool), np.eye(3))
    return SmoothModes.of(np.arange(PIXELS), np.ones(PIXELS), grid)


def noise(sigma: float) -> np.ndarray:
    values = np.random.default_rng(0).normal(size=(GENES, SIDE, SIDE))
    values = gaussian_filter(values, (0, sigma, sigma)).reshape(GENES, PIXELS).T
    return values - values.mean(axis=0)


def asked(space: SmoothModes, values: np.ndarray, x: np.ndarray):
    """Test values (P, g) against a quantity (P,) with mean 0."""
    amplitudes = space.modes.T @ values
    power = space.by_band(amplitudes**2, (values**2).sum(axis=0))
    least = np.full(values.shape[1], 1e-12)
    return band_test(space, space.modes.T @ x, x @ x, amplitudes, values.T @ x, power, least)


def corner() -> np.ndarray:
    row, column = np.mgrid[:SIDE, :SIDE].reshape(2, -1)
    inside = (row < 8) & (column < 8)
    return inside - inside.mean()


@pytest.mark.parametrize("sigma", [0.0, 2.0, 4.0])
def test_noise_of_any_smoothness_is_no_finding(space, sigma) -> None:
    found = asked(space, noise(sigma), corner())
    # Rarer where noise is white, since coarser bands have at least the variance of finer ones.
    assert (0.0 if sigma == 0 else 0.015) < np.mean(found.p < 0.05) < 0.09
    assert np.abs(found.correlation).max() <= 1


def test_white_noise_has_the_usual_t_and_correlation(space) -> None:
    values, x = noise(0.0), corner()
    found = asked(space, values, x)
    usual = stats.pearsonr(values, x[:, None], axis=0)
    np.testing.assert_allclose(found.correlation, usual.statistic, atol=1e-9)
    t = usual.statistic * np.sqrt((PIXELS - 2) / (1 - usual.statistic**2))
    assert np.corrcoef(found.statistic, t)[0, 1] > 0.99


def test_an_effect_is_found_beside_smooth_noise_and_does_not_count_as_noise(space) -> None:
    values, x = noise(2.0), corner()
    before, after = asked(space, values, x), asked(space, values + 10 * x[:, None], x)
    assert after.p.max() < 1e-3
    np.testing.assert_allclose(after.variance, before.variance)


def test_values_that_do_not_vary(space) -> None:
    found = asked(space, np.zeros((PIXELS, 2)), corner())
    assert found.p.tolist() == [1, 1] and found.statistic.tolist() == [0, 0]
    assert not found.varies.any() and found.degrees.tolist() == [0, 0]


def test_variance_of_one_quantity_gives_that_of_another(space) -> None:
    """As it is over many draws of the noise."""
    values, x = noise(3.0), corner()
    amplitudes = space.modes.T @ values
    power = space.by_band(amplitudes**2, (values**2).sum(axis=0))
    of_x = space.by_band((space.modes.T @ x) ** 2, x @ x)[:, None]
    product = space.by_band((space.modes.T @ x)[:, None] * amplitudes, values.T @ x)
    other = np.roll(x.reshape(SIDE, SIDE), (9, 7), (0, 1)).ravel()
    of_other = space.by_band((space.modes.T @ other) ** 2, other @ other)[:, None]
    variance, degrees = BandVariance.of(space, power, of_x, product).expected(of_other)
    assert np.mean(variance) == pytest.approx(np.var(values.T @ other), rel=0.25)
    assert (degrees > 1).all()
