"""Split a cluster into two: 2-means on the directions of its genes' embeddings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from darlc.images.statistics import unit_length

_RESTARTS = 10


def two_means(embedding: NDArray[np.floating], seed: int = 0) -> NDArray[np.int64]:
    """Return the part of each gene: 0 in the larger part, 1 in the smaller.

    Lengths do not count, as for the mixture. Where all genes are equal, all are in the larger part.

    Parameters
    ----------
    embedding
        (n, D) of the cluster's genes.
    seed
        Seed of the 2-means.

    Returns
    -------
    (n,)
    """
    # Imported here: it is slow to import, and most callers never split a cluster.
    from sklearn.cluster import KMeans

    directions = unit_length(embedding)
    if np.allclose(directions, directions[:1], atol=1e-6):
        return np.zeros(len(embedding), dtype=np.int64)
    means = KMeans(2, n_init=_RESTARTS, random_state=seed).fit(directions)
    part = means.labels_.astype(np.int64)
    return 1 - part if 2 * part.sum() > len(part) else part
