"""How good clusters of genes are: pure functions of arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn import metrics as sklearn_metrics

from darlc.images.statistics import standardised

#: The silhouette compares all pairs; of more genes than this a fixed sample is used.
MOST_PAIRED = 5000


def adjusted_rand(truth: ArrayLike, labels: ArrayLike) -> float:
    """Return the adjusted Rand index of two labellings, (n,) each; 0 is chance, 1 is equal."""
    return float(sklearn_metrics.adjusted_rand_score(truth, labels))


def normalised_mutual_information(truth: ArrayLike, labels: ArrayLike) -> float:
    """Return the mutual information over the mean entropy of two labellings, in [0, 1]."""
    return float(sklearn_metrics.normalized_mutual_info_score(truth, labels))


def silhouette(points: NDArray[np.floating], labels: NDArray[np.int64]) -> float:
    """Return the mean silhouette of clusters of ``points`` (n, d), in [-1, 1]; high is good.

    NaN for fewer than two clusters, or where every point is a cluster.
    """
    if not _has_clusters(labels):
        return float("nan")
    size = MOST_PAIRED if len(labels) > MOST_PAIRED else None
    return float(sklearn_metrics.silhouette_score(points, labels, sample_size=size, random_state=0))


def davies_bouldin(points: NDArray[np.floating], labels: NDArray[np.int64]) -> float:
    """Return the Davies–Bouldin index of clusters of ``points`` (n, d); low is good.

    On embeddings it is known as DBIE, on tissue pixels as DBIP. NaN for fewer than two clusters,
    or where every point is a cluster.
    """
    if not _has_clusters(labels):
        return float("nan")
    return float(sklearn_metrics.davies_bouldin_score(points, labels))


def consensus_correlation(
    views: NDArray[np.floating], membership: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Return each gene's correlation with the consensus of the others in its cluster, (G,).

    The gene itself is left out of the consensus, which would otherwise favour small clusters; a
    gene that is alone in its cluster has NaN.

    Parameters
    ----------
    views
        (G, P) denoised views.
    membership
        (G, K), rows sum to 1.
    """
    z = standardised(views)
    n_pixels = z.shape[1]
    cluster = membership.argmax(axis=1)
    total = membership.astype(np.float32).T @ z
    own = membership[np.arange(len(z)), cluster].astype(np.float64)
    mass = membership.sum(axis=0, dtype=np.float64)[cluster] - own
    # Of total - own · z, by products: z has length √P, or 0 where it is constant.
    with_total = np.einsum("gp,gp->g", z, total[cluster], dtype=np.float64)
    length = np.einsum("gp,gp->g", z, z, dtype=np.float64)
    rest = (
        np.einsum("kp,kp->k", total, total, dtype=np.float64)[cluster]
        - 2 * own * with_total
        + own**2 * length
    )
    alone = (mass < 1e-6) | (rest < 1e-9 * n_pixels) | (length == 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = (with_total - own * length) / np.sqrt(length * np.maximum(rest, 0))
    return np.where(alone, np.nan, np.clip(correlation, -1.0, 1.0))


def _has_clusters(labels: NDArray[np.int64]) -> bool:
    return 2 <= len(np.unique(labels)) < len(labels)
