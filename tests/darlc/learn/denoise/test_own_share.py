"""The own share: that of a gamma–Poisson model whose truth is known, and none where none is due."""

from __future__ import annotations

import numpy as np
import pytest

from darlc.learn.denoise.own_share import SHARES, OwnShare, posterior, weigh


def draw(share: float, n: int = 400, mean: float = 3.0) -> tuple[np.ndarray, np.ndarray]:
    """Counts (40, n) whose variance is their mean over (1 - share), and their expectation."""
    rng = np.random.default_rng(0)
    expected = np.full((40, n), mean) * rng.lognormal(0.0, 0.3, n)
    rate = expected
    if share:
        shape = expected * (1.0 - share) / share
        rate = rng.gamma(shape, expected / shape)
    return rng.poisson(rate).astype(np.float32), expected.astype(np.float32)


@pytest.mark.parametrize("share", [0.5, 0.8, 0.95])
def test_the_share_of_a_gamma_poisson_model_is_found(share: float) -> None:
    counts, expected = draw(share)
    likelihood, clumping = weigh(counts, expected, np.zeros_like(expected))
    own = OwnShare.of(likelihood, clumping)
    np.testing.assert_allclose(own.shares(likelihood) / own.trust, share, atol=0.08)
    np.testing.assert_allclose(
        clumping, (expected**2).sum(axis=1) / expected.sum(axis=1), rtol=1e-5
    )


def test_likelihood_is_that_of_the_negative_binomial() -> None:
    from scipy.stats import nbinom

    counts, expected = draw(0.5, n=30)
    likelihood, _ = weigh(counts, expected, np.zeros_like(expected))
    for column in (3, 10):
        share = SHARES[column]
        full = nbinom.logpmf(counts, expected * (1 - share) / share, 1 - share).sum(axis=1)
        flat = nbinom.logpmf(counts, expected * (1 - SHARES[7]) / SHARES[7], 1 - SHARES[7])
        np.testing.assert_allclose(
            likelihood[:, column] - likelihood[:, 7], full - flat.sum(axis=1), rtol=1e-4, atol=1e-3
        )


def test_poisson_counts_leave_nothing_to_themselves() -> None:
    counts, expected = draw(0.0)
    likelihood, clumping = weigh(counts, expected, np.zeros_like(expected))
    own = OwnShare.of(likelihood, clumping)
    assert own.trust == 0.0
    assert not own.shares(likelihood).any()


def test_what_the_own_count_did_to_the_prediction_is_taken_out() -> None:
    counts, expected = draw(0.5)
    lever = np.full_like(expected, 0.3)
    followed = expected + 0.3 * (counts - expected)
    clean, _ = weigh(counts, expected, np.zeros_like(expected))
    corrected, _ = weigh(counts, followed, lever)
    naive, _ = weigh(counts, followed, np.zeros_like(expected))
    best = (posterior(one, np.full(len(SHARES), 1.0)) @ SHARES for one in (clean, corrected))
    np.testing.assert_allclose(*best, atol=0.02)
    assert not np.allclose(naive, clean, rtol=1e-3)


def test_it_survives_being_taken_apart() -> None:
    own = OwnShare(np.full(len(SHARES), 1.0 / len(SHARES)), 0.25)
    again = OwnShare.from_arrays(own.to_arrays())
    np.testing.assert_array_equal(again.prior, own.prior)
    assert again.trust == own.trust
    with pytest.raises(ValueError, match="a prior of shape"):
        OwnShare.from_arrays({"prior": np.ones(3), "trust": np.ones(1)})
