"""Calibration of memberships, by the agreement of two halves of every gene's molecules.

Ours, beyond the paper. The count model assumes that genes follow its patterns exactly; on real
tissue they do not, and its posterior is overconfident. So molecules are split at random into two
halves, and the posterior of one is flattened until it predicts the best cluster of the other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax

from darlc.learn.cluster.count_model import CountModel
from darlc.learn.cluster.split_merge import CountClusters, State

#: Additional flattening, because patterns of few molecules are more uncertain than the likelihood
#: assumes. Chosen on simulated tissues that follow the model and are not used for reported results.
LEAST_TEMPERATURE = 1.25
_MOST_TEMPERATURE = 30.0
_MOST_DOUBT = 0.5
#: Both halves had a part in the search for the clusters, and agree better than molecules that had
#: none. Found on the tuning split of the real tissues; see docs/evidence.md.
OPTIMISM = 1.3
#: EM iterations on one half, after which memberships hardly depend on the other half.
_STEPS = 3


@dataclass(frozen=True)
class Calibration:
    """Parameters that flatten posteriors.

    Parameters
    ----------
    temperature
        By which log posteriors are divided.
    doubt
        Share of a uniform distribution that is mixed in.
    """

    temperature: float
    doubt: float

    def apply(self, membership: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return flattened memberships (G, K); the best cluster of a gene does not change."""
        log = np.log(np.maximum(membership.astype(np.float64), 1e-30))
        return np.exp(_log_calibrated(log, self.temperature, self.doubt)).astype(np.float32)


def calibrate(
    counts: CountClusters, state: State, seed: int, optimism: float = OPTIMISM
) -> Calibration:
    """Fit the calibration by the best clusters on held-out molecules.

    Parameters
    ----------
    counts
        The counts of the genes, of one section.
    state
        Final state of the search for clusters.
    seed
        Seed of the split of molecules.
    optimism
        By which the temperature is multiplied, because both halves had a part in the search.
    """
    assert isinstance(counts.model, CountModel)
    halves = [CountClusters(half, counts.weight) for half in counts.model.halves(seed)]
    # Both halves predict the other one.
    pairs = [_predicted_and_best(own, other, state) for own, other in (halves, halves[::-1])]

    def surprise(values: NDArray[np.float64]) -> float:
        temperature, doubt = float(np.exp(values[0])), float(values[1])
        return sum(
            -float(_pick(_log_calibrated(predicted, temperature, doubt), best).mean())
            for predicted, best in pairs
        )

    bounds = [np.log([LEAST_TEMPERATURE, _MOST_TEMPERATURE]), np.array([0.0, _MOST_DOUBT])]
    found = minimize(surprise, np.array([np.log(2.0), 0.02]), method="L-BFGS-B", bounds=bounds).x
    return Calibration(optimism * float(np.exp(found[0])), float(found[1]))


def _predicted_and_best(
    own: CountClusters, other: CountClusters, state: State
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return log densities of clusters on one half, (G, K + 1), and the best on the other, (G,).

    Memberships of one half draw the patterns of the other, each gene left out of its own pattern.
    """
    for _ in range(_STEPS):
        state = own.step(state)
    predicted = own.evidence(state)
    after = replace(state, membership=torch.softmax(predicted, dim=1))
    best = other.evidence(after).argmax(dim=1)
    return predicted.cpu().double().numpy(), best.cpu().numpy()


def _log_calibrated(
    log: NDArray[np.float64], temperature: float, doubt: float
) -> NDArray[np.float64]:
    """Return log posteriors (G, K) at a temperature, mixed with a uniform distribution."""
    sure = log_softmax(log / temperature, axis=1)
    if doubt <= 0:
        return np.asarray(sure)
    # Not the logarithm of the quotient, which is 0 for a doubt near the smallest number there is.
    return np.logaddexp(sure + np.log1p(-doubt), np.log(doubt) - np.log(log.shape[1]))


def _pick(values: NDArray[np.float64], columns: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.take_along_axis(values, columns[:, None], axis=1)[:, 0]
