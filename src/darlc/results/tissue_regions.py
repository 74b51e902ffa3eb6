"""Regions of the tissue: whose pattern is strongest where, as smooth as asked for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from darlc.images.grid import Grid
from darlc.images.statistics import standardised
from darlc.results.clusters import Clusters
from darlc.results.palette import NO_PATTERN

#: Default smoothness: what agrees best with the true regions of simulated tissues.
SMOOTHNESS = 1.0


def strongest_pattern(
    consensus: NDArray[np.floating],
    clusters: Clusters,
    grid: Grid,
    smoothness: float = SMOOTHNESS,
) -> NDArray[np.int64]:
    """Return the cluster whose consensus pattern is strongest at each tissue pixel, (P,).

    Patterns are standardised, like their genes, and then smoothed over the tissue. Hidden
    clusters, clusters without genes and the group of genes without a pattern are left out.

    Parameters
    ----------
    consensus
        (K, P) consensus patterns.
    clusters
        The K clusters.
    grid
        Where the P pixels lie.
    smoothness
        Standard deviation of the smoothing, in pixels; 0 for none.

    Returns
    -------
    NDArray
        Columns of clusters; -1 everywhere where none takes part.
    """
    taking_part = np.array(
        [
            k
            for k, name in enumerate(clusters.names)
            if clusters.sizes[k] and k not in clusters.hidden and name != NO_PATTERN
        ],
        dtype=np.int64,
    )
    if not len(taking_part):
        return np.full(consensus.shape[1], -1, dtype=np.int64)
    patterns = standardised(consensus[taking_part])
    if smoothness > 0:
        patterns = grid.smoothed_widely(patterns, smoothness)
    return taking_part[patterns.argmax(axis=0)]
