"""The share of a gene's own count in the estimate of its rate in a pixel.

Beyond pattern and programmes a gene may vary individually from pixel to pixel, as between cells.
Its counts then vary more than Poisson counts, and the posterior mean of its rate is between
prediction and count: ``(1 - share) · predicted + share · counted``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, gammaln, logit

from darlc.results.denoised_views import FLOOR

Array = NDArray[np.float64]

#: Candidate shares.
SHARES = expit(np.linspace(logit(0.004), logit(0.98), 16))
#: Squared coefficients of variation up to which variation counts as technical noise, and from which
#: it counts fully as variation of cells.
_TECHNICAL, _CELLULAR = 0.25, 0.5
_ITERATIONS = 30


@dataclass(frozen=True, eq=False)
class OwnShare:
    """Parameters that all genes of a tissue share.

    Parameters
    ----------
    prior
        (S,) frequency of every candidate share over genes.
    trust
        In [0, 1]: how far variation between pixels exceeds technical noise.
    """

    prior: Array
    trust: float

    @classmethod
    def of(cls, likelihood: Array, clumping: Array) -> Self:
        """Estimate from genes' log-likelihoods (g, S) and clumping (g,); see ``weigh``."""
        prior = np.full(len(SHARES), 1.0 / len(SHARES))
        for _ in range(_ITERATIONS):
            prior = posterior(likelihood, prior).mean(axis=0) + 1e-6
            prior /= prior.sum()
        # One dispersion for all genes: excess variance is dispersion times clumping.
        excess = posterior(likelihood, prior) @ (SHARES / (1.0 - SHARES))
        dispersion = excess.sum() / clumping.sum()
        trust = (dispersion - _TECHNICAL) / (_CELLULAR - _TECHNICAL)
        return cls(prior, float(np.clip(trust, 0.0, 1.0)))

    def to_arrays(self) -> dict[str, Array]:
        """Return prior and trust as arrays by name."""
        return {"prior": self.prior, "trust": np.array([self.trust])}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.floating]]) -> Self:
        """Rebuild from the arrays of ``to_arrays``.

        Raises
        ------
        KeyError, ValueError
            A part is missing or of another shape.
        """
        prior = np.asarray(arrays["prior"], dtype=np.float64)
        if prior.shape != SHARES.shape:
            raise ValueError(f"a prior of shape {prior.shape} for {len(SHARES)} shares")
        return cls(prior, float(arrays["trust"].item()))

    def shares(self, likelihood: Array) -> Array:
        """Return genes' shares (g,) from their log-likelihoods (g, S)."""
        return self.trust * (posterior(likelihood, self.prior) @ SHARES)


def weigh(
    counts: NDArray[np.float32], expected: NDArray[np.float32], leverage: NDArray[np.float32]
) -> tuple[Array, Array]:
    """Return the likelihood of candidate shares, given counts and predictions without them.

    Parameters
    ----------
    counts, expected
        (g, P), counts and predictions.
    leverage
        (g, P) how much the prediction depends on the count itself, which is corrected for.

    Returns
    -------
    tuple
        Log-likelihood (g, S) of a negative binomial whose variance is mean / (1 - share), for
        every share; and the clumping (g,), mean of the squared expectation over its mean.
    """
    lowest = FLOOR * expected.mean(axis=1, keepdims=True)
    lever = np.minimum(leverage, 0.9)
    without = np.maximum((expected - lever * counts) / (1.0 - lever), lowest)
    total = without.sum(axis=1, dtype=np.float64)
    seen = counts.sum(axis=1, dtype=np.float64)
    gene, pixel = np.nonzero(counts)
    y, m = counts[gene, pixel].astype(np.float64), without[gene, pixel].astype(np.float64)
    likelihood = np.empty((len(counts), len(SHARES)))
    # Pixels without a molecule add to the total only, so gamma functions are needed for few.
    for column, share in enumerate(SHARES):
        shape = m * (1.0 - share) / share
        log_likelihood = np.bincount(
            gene, gammaln(y + shape) - gammaln(shape), minlength=len(counts)
        )
        log_likelihood += total * (1.0 - share) / share * np.log1p(-share) + seen * np.log(share)
        likelihood[:, column] = log_likelihood
    clumping = np.square(without).sum(axis=1, dtype=np.float64) / np.maximum(total, 1e-12)
    return likelihood, np.maximum(clumping, 1e-12)


def posterior(likelihood: Array, prior: Array) -> Array:
    """Return the probabilities (g, S) of the shares."""
    score = likelihood + np.log(prior)
    weight = np.exp(score - score.max(axis=1, keepdims=True))
    return weight / weight.sum(axis=1, keepdims=True)
