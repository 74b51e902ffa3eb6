"""How far memberships can be trusted, by whether both halves of a gene's molecules agree.

Ours, beyond the paper. The count model assumes that genes are what its patterns say; on real tissue
no gene is, and its posterior is too sure. So molecules are dealt out into two halves, and the
posterior of one is tempered until it predicts which cluster wins on the other.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

from darlc.data.grid import Grid
from darlc.learn.counts import CountModel
from darlc.learn.split_merge import CountClusters, State

#: Patterns drawn from few molecules are not known as well as the likelihood takes them to be: found
#: on simulated tissue, where genes are what the model says, and that nothing is reported on.
LEAST_TEMPERATURE = 1.25
_MOST_TEMPERATURE = 30.0


def held_out_temperature(counts: CountClusters, state: State, grid: Grid, seed: int) -> float:
    """Return the temperature at which posteriors are as sure as other molecules let them be.

    Parameters
    ----------
    counts
        The counts of the genes.
    state
        Memberships whose patterns are taken.
    grid
        Where the pixels lie.
    seed
        By which molecules are dealt out.

    Returns
    -------
    float
        At least ``LEAST_TEMPERATURE``.
    """
    whole = counts.model.counts.cpu().numpy().astype(np.int64)
    first = np.random.default_rng(seed).binomial(whole, 0.5)
    evidence = [_evidence(half, counts, state, grid) for half in (first, whole - first)]
    # Each half predicts the other.
    pairs = [(own, other.argmax(axis=1)) for own, other in (evidence, evidence[::-1])]

    def surprise(log_temperature: float) -> float:
        return sum(_surprise(own / np.exp(log_temperature), won) for own, won in pairs)

    bounds = np.log([LEAST_TEMPERATURE, _MOST_TEMPERATURE])
    return float(np.exp(minimize_scalar(surprise, bounds=tuple(bounds), method="bounded").x))


def tempered(membership: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """Return memberships (G, K) to the power of 1 / temperature, normalised."""
    log = np.log(np.maximum(membership, 1e-30)) / temperature
    shares = np.exp(log - log.max(axis=1, keepdims=True))
    return (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)


def _evidence(
    half: NDArray[np.int64], counts: CountClusters, state: State, grid: Grid
) -> NDArray[np.float64]:
    """Return the log density of some molecules (G, P) and each cluster, (G, K + 1)."""
    model = counts.model
    # Which detail patterns keep was learnt from all molecules, so halves do without.
    thinned = CountModel(
        half.astype(np.float32), model.size.cpu().numpy(), grid, model.dispersion, model.device
    )
    found = CountClusters(thinned, counts.weight).evidence(state)
    return np.asarray(torch.nan_to_num(found).cpu().double().numpy())


def _surprise(evidence: NDArray[np.float64], won: NDArray[np.int64]) -> float:
    """Return the mean negative log posterior of clusters (G,), given log densities (G, K)."""
    chosen = np.take_along_axis(evidence, won[:, None], axis=1)[:, 0]
    return float((logsumexp(evidence, axis=1) - chosen).mean())
