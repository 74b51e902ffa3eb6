"""How far memberships can be trusted, by whether both halves of a gene's molecules agree.

Ours, beyond the paper. The count model assumes that genes are what its patterns say; on real tissue
no gene is, and its posterior is too sure. So molecules are dealt out into two halves, and the
posterior of one is made less sure until it predicts which cluster wins on the other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax

from darlc.images.grid import Grid
from darlc.learn.cluster.count_model import CountModel
from darlc.learn.cluster.split_merge import CountClusters, State

#: Patterns drawn from few molecules are not known as well as the likelihood takes them to be: found
#: on simulated tissue, where genes are what the model says, and that nothing is reported on.
LEAST_TEMPERATURE = 1.25
_MOST_TEMPERATURE = 30.0
_MOST_DOUBT = 0.5
#: Both halves had a part in the search for the clusters, and agree better than molecules that had
#: none. Found on the tuning split of the real tissues; see docs/evidence.md.
_OPTIMISM = 1.3
#: EM iterations in which memberships follow the molecules of one half, so that they know nothing of
#: the other half any more.
_STEPS = 3


@dataclass(frozen=True)
class Calibration:
    """What makes posteriors as sure as other molecules let them be.

    Parameters
    ----------
    temperature
        By which log posteriors are divided.
    doubt
        Share of genes of which even a sure posterior says nothing.
    """

    temperature: float
    doubt: float

    def apply(self, membership: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return memberships (G, K) that are less sure; which cluster is best stays."""
        log = np.log(np.maximum(membership.astype(np.float64), 1e-30))
        return np.exp(_log_calibrated(log, self.temperature, self.doubt)).astype(np.float32)


def calibrate(counts: CountClusters, state: State, grid: Grid, seed: int) -> Calibration:
    """Find how sure posteriors can be, by which clusters win on molecules that they have not seen.

    Parameters
    ----------
    counts
        The counts of the genes.
    state
        Where the search for clusters stands.
    grid
        Where the pixels lie.
    seed
        By which molecules are dealt out.
    """
    whole = counts.model.counts.cpu().numpy().astype(np.int64)
    first = np.random.default_rng(seed).binomial(whole, 0.5)
    halves = [_thinned(half, counts, grid) for half in (first, whole - first)]
    # Each half predicts the other.
    pairs = [_told_and_won(own, other, state) for own, other in (halves, halves[::-1])]

    def surprise(values: NDArray[np.float64]) -> float:
        temperature, doubt = float(np.exp(values[0])), float(values[1])
        return sum(
            -float(_pick(_log_calibrated(told, temperature, doubt), won).mean())
            for told, won in pairs
        )

    bounds = [np.log([LEAST_TEMPERATURE, _MOST_TEMPERATURE]), np.array([0.0, _MOST_DOUBT])]
    found = minimize(surprise, np.array([np.log(2.0), 0.02]), method="L-BFGS-B", bounds=bounds).x
    return Calibration(_OPTIMISM * float(np.exp(found[0])), float(found[1]))


def _thinned(half: NDArray[np.int64], counts: CountClusters, grid: Grid) -> CountClusters:
    """Return the counts of some of the molecules, (G, P)."""
    model = counts.model
    # Which detail patterns keep was learnt from all molecules, so halves do without.
    thinned = CountModel(
        half.astype(np.float32), model.size.cpu().numpy(), grid, model.dispersion, model.device
    )
    return CountClusters(thinned, counts.weight)


def _told_and_won(
    own: CountClusters, other: CountClusters, state: State
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return log densities of clusters on a half, (G, K + 1), and which win on the other, (G,).

    Those that one half tells draw their patterns in the other, a gene left out of its own.
    """
    for _ in range(_STEPS):
        state = own.step(state)
    told = own.evidence(state)
    after = replace(state, membership=torch.softmax(told, dim=1))
    won = other.evidence(after).argmax(dim=1)
    return told.cpu().double().numpy(), won.cpu().numpy()


def _log_calibrated(
    log: NDArray[np.float64], temperature: float, doubt: float
) -> NDArray[np.float64]:
    """Return log posteriors (G, K) at a temperature, of which a share knows nothing."""
    sure = log_softmax(log / temperature, axis=1)
    if doubt <= 0:
        return np.asarray(sure)
    return np.logaddexp(sure + np.log1p(-doubt), np.log(doubt / log.shape[1]))


def _pick(values: NDArray[np.float64], columns: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.take_along_axis(values, columns[:, None], axis=1)[:, 0]
