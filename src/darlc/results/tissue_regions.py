"""Regions of the tissue: whose pattern is strongest where, as smooth as asked for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from darlc.config import SMOOTHNESS
from darlc.images.grid import Grid
from darlc.images.statistics import standardised
from darlc.results.clusters import Clusters
from darlc.results.palette import NO_PATTERN


def pattern_strength(
    patterns: NDArray[np.floating],
    genes: NDArray[np.int64],
    grid: Grid,
    smoothness: float = SMOOTHNESS,
) -> NDArray[np.float32]:
    """Return how strong patterns are at each tissue pixel, (K, P), comparable with one another.

    Each is standardised over the tissue, like its genes, and smoothed. As it is a mean of genes,
    its noise falls with the root of their number, by which it is multiplied: a pattern that few
    genes share must be higher to be as sure.

    Parameters
    ----------
    patterns
        (K, P) consensus patterns.
    genes
        (K,) numbers of their genes.
    grid
        Where the P pixels lie.
    smoothness
        Standard deviation of the smoothing, in pixels; 0 for none.
    """
    strength = standardised(patterns) * np.sqrt(genes, dtype=np.float32)[:, None]
    return grid.smoothed_widely(strength, smoothness) if smoothness > 0 else strength


def strongest_pattern(
    consensus: NDArray[np.floating],
    clusters: Clusters,
    grid: Grid,
    smoothness: float = SMOOTHNESS,
) -> NDArray[np.int64]:
    """Return the cluster whose consensus pattern is strongest at each tissue pixel, (P,).

    See `pattern_strength`. Hidden clusters, clusters without genes and the group of genes without
    a pattern are left out.

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
    sizes = np.asarray(clusters.sizes)
    taking_part = np.array(
        [
            k
            for k, name in enumerate(clusters.names)
            if sizes[k] and k not in clusters.hidden and name != NO_PATTERN
        ],
        dtype=np.int64,
    )
    if not len(taking_part):
        return np.full(consensus.shape[1], -1, dtype=np.int64)
    strength = pattern_strength(consensus[taking_part], sizes[taking_part], grid, smoothness)
    return taking_part[strength.argmax(axis=0)]
