"""What a clustering of genes must beat, and the ceiling: strong simple methods, and the oracle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

from darlc.data.images import SGEPImages
from darlc.data.statistics import standardised
from darlc.learn.transform import stabilise

if TYPE_CHECKING:
    from anndata import AnnData

SIGMAS = (1.5, 2.0, 3.0)
_COMPONENTS = 20


def smooth_pca_kmeans(
    images: SGEPImages, clusters: int, sigma: float, seed: int = 0
) -> NDArray[np.int64]:
    """Cluster genes by square root, smoothing, standardising, PCA, unit length and k-means.

    Parameters
    ----------
    images
        The genes to cluster.
    clusters
        Number K of clusters.
    sigma
        Gaussian smoothing in pixels.
    seed
        Seed of PCA and k-means.

    Returns
    -------
    ndarray
        (G,) cluster of every gene.
    """
    smooth = images.grid.smoother(sigma) @ stabilise(images).T
    values = standardised(np.ascontiguousarray(smooth.T))
    components = min(_COMPONENTS, min(values.shape) - 1)
    z = PCA(components, random_state=seed).fit_transform(values)
    z /= np.maximum(np.linalg.norm(z, axis=1, keepdims=True), 1e-12)
    return KMeans(clusters, n_init=10, random_state=seed).fit_predict(z).astype(np.int64)


def oracle(adata: AnnData) -> NDArray[np.int64]:
    """Assign genes of a simulated tissue to the true pattern of highest Poisson likelihood.

    The oracle knows the patterns, every gene's strength and mean, and the library.
    """
    counts = adata.X.toarray()
    patterns, library = adata.obsm["patterns"], adata.obs["library"].to_numpy()
    strength = adata.var["strength"].to_numpy()
    likelihood = np.empty((adata.n_vars, patterns.shape[1]))
    for k, pattern in enumerate(patterns.T):
        rate = pattern[:, None] ** strength * library[:, None]
        likelihood[:, k] = (counts * np.log(rate / rate.sum(axis=0))).sum(axis=0)
    return likelihood.argmax(axis=1)
