"""Typical genes of a cluster: confident members whose denoised views resemble its pattern."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from darlc.images.statistics import standardised
from darlc.results.clusters import Clusters
from darlc.results.denoised_views import GeneViews

#: How many of a cluster's most confident genes are compared with its pattern.
_CANDIDATES = 24


def representatives(
    denoised: GeneViews,
    clusters: Clusters,
    patterns: NDArray[np.floating],
    n: int = 3,
) -> NDArray[np.int64]:
    """Return the rows of each cluster's most typical genes, most typical first.

    Typicality is the product of confidence and of the correlation of the gene's denoised view with
    the cluster's consensus pattern.

    Parameters
    ----------
    denoised
        (G, P) denoised views.
    clusters
        Of these genes.
    patterns
        (K, P) consensus patterns; those of clusters without genes are ignored.
    n
        Genes for each cluster.

    Returns
    -------
    (K, n)
        -1 where a cluster has fewer genes.
    """
    found = np.full((clusters.n_clusters, n), -1, dtype=np.int64)
    if not len(denoised) or not clusters.n_clusters:
        return found
    rows = np.arange(len(denoised))
    rows, _ = _best(rows, clusters.cluster, clusters.confidence, max(n, _CANDIDATES))
    cluster = clusters.cluster[rows]
    alive, place = np.unique(cluster, return_inverse=True)
    pattern = standardised(patterns[alive])[place]
    likeness = np.einsum("gp,gp->g", standardised(denoised[rows]), pattern) / pattern.shape[1]
    best, rank = _best(np.arange(len(rows)), cluster, likeness * clusters.confidence[rows], n)
    found[cluster[best], rank] = rows[best]
    return found


def _best(
    rows: NDArray[np.int64],
    cluster: NDArray[np.int64],
    score: NDArray[np.floating],
    n: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the ``n`` rows of each cluster with the highest score, and their ranks there."""
    order = np.lexsort((-score, cluster))
    ordered = cluster[order]
    rank = np.arange(len(order)) - np.searchsorted(ordered, ordered)
    kept = rank < n
    return rows[order[kept]], rank[kept]
