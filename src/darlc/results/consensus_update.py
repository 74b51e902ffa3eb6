"""Consensus patterns after an edit, computed from those before it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from darlc.results.clusters import Clusters
from darlc.results.result import LEAST_MASS, consensus_pattern

_Patterns = NDArray[np.float32]


def updated_consensus(
    patterns: _Patterns, before: Clusters, after: Clusters, denoised: NDArray[np.floating]
) -> _Patterns | None:
    """Return the consensus patterns of edited clusters, for edits where this is quick.

    A pattern is a mean: the pattern of merged clusters is the weighted mean of theirs, and the rest
    of a split one is the difference, so that only views of the genes that were split off are read.

    Parameters
    ----------
    patterns
        (K, P) before the edit.
    before, after
        Clusters of the same G genes.
    denoised
        (G, P) denoised views.

    Returns
    -------
    (L, P)
        None where the edit was neither renaming, merging nor splitting.
    """
    column_of = {column.tobytes(): k for k, column in enumerate(before.membership.T)}
    source = np.array([column_of.get(column.tobytes(), -1) for column in after.membership.T])
    new = np.flatnonzero(source < 0)
    gone = np.setdiff1d(np.arange(before.n_clusters), source)
    found = np.empty((after.n_clusters, patterns.shape[1]), dtype=np.float32)
    found[source >= 0] = patterns[source[source >= 0]]
    if not len(new):
        return found
    replaced, by = before.membership[:, gone].sum(axis=1), after.membership[:, new].sum(axis=1)
    if not np.allclose(replaced, by, atol=1e-5):
        return None
    if len(new) == 1:
        found[new[0]] = _mean(patterns[gone], before.membership[:, gone])
    elif len(gone) == 1 and len(new) == 2:
        filled = (after.membership[:, new] > 0).sum(axis=0)
        part, rest = new[filled.argsort()]
        rows = np.flatnonzero(after.membership[:, part])
        if 2 * len(rows) > len(denoised):
            return None
        found[part] = consensus_pattern(denoised[rows], after.membership[rows][:, [part]])[0]
        both = np.stack([patterns[gone[0]], found[part]])
        masses = np.stack([before.membership[:, gone[0]], -after.membership[:, part]], axis=1)
        found[rest] = _mean(both, masses)
    else:
        return None
    return found


def _mean(patterns: _Patterns, membership: NDArray[np.float32]) -> _Patterns:
    """Return the mean (P,) of patterns (n, P), weighted by the mass of memberships (G, n)."""
    mass = membership.sum(axis=0, dtype=np.float64)
    if mass.sum() < LEAST_MASS:
        return np.full(patterns.shape[1], np.nan, dtype=np.float32)
    held = np.abs(mass) >= LEAST_MASS
    return ((mass[held] @ patterns[held]) / mass[held].sum()).astype(np.float32)
