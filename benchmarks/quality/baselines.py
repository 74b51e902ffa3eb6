"""What a clustering of genes must beat, and the ceiling: a grid of simple methods, and the oracle.

The grid crosses a transform, Gaussian smoothing, unit length or not, and k-means or a Gaussian
mixture, all on principal components of images that are standardised after smoothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from itertools import product
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import silhouette_score
from sklearn.mixture import GaussianMixture

from benchmarks.quality.methods import Answer, Method
from darlc.images.sgep_images import SGEPImages
from darlc.images.statistics import standardised, unit_length
from darlc.learn.denoise.transform import stabilise

if TYPE_CHECKING:
    from anndata import AnnData

Clusterer = Literal["k-means", "mixture"]

TRANSFORMS = ("square root", "log1p", "pearson")
SIGMAS = (1.0, 1.5, 2.0, 3.0)
CLUSTERERS: tuple[Clusterer, ...] = ("k-means", "mixture")
#: The one that needs no choice, for comparisons that cannot afford the grid.
PLAIN = "square root, σ 2, unit length, k-means"
#: Numbers of clusters that are compared where K is unknown.
SWEEP = (2, 3, 4, 6, 8, 10, 12, 14, 16, 18, 20, 24, 28, 32)
_COMPONENTS = 20
_STARTS = 10
_GENES_EACH = 5
#: Overdispersion of the counts behind Pearson residuals (Lause et al. 2021, their default).
_OVERDISPERSION = 100.0


def grid(images: SGEPImages, clusters: int, seed: int) -> dict[str, Answer]:
    """Cluster genes by every cell of the grid.

    Parameters
    ----------
    images
        The genes to cluster.
    clusters
        Number K of clusters.
    seed
        Seed of PCA, k-means and mixtures.

    Returns
    -------
    dict
        An answer by name, such as ``"pearson, σ 1.5, unit length, k-means"``. The seconds of a
        cell hold its own way only, from the counts to the clusters.
    """
    answers = {}
    for name, z, seconds in _embeddings(images, seed):
        for clusterer in CLUSTERERS:
            start = time.perf_counter()
            labels = _cluster(z, clusters, clusterer, seed)
            spent = seconds + time.perf_counter() - start
            answers[f"{name}, {clusterer}"] = Answer(labels, z, seconds=spent)
    return answers


def configuration(name: str) -> Method:
    """Return one cell of the grid as a method; it needs K.

    Raises
    ------
    KeyError
        There is no such cell.
    """
    if name not in names():
        raise KeyError(f"the grid has no cell '{name}'")
    embedded, _, clusterer = name.rpartition(", ")
    kind: Clusterer = "k-means" if clusterer == "k-means" else "mixture"

    def method(images: SGEPImages, clusters: int | None, seed: int) -> Answer:
        if clusters is None:
            raise ValueError("a cell of the grid needs the number of clusters")
        start = time.perf_counter()
        z = embed(images, embedded, seed)
        labels = _cluster(z, clusters, kind, seed)
        return Answer(labels, z, seconds=time.perf_counter() - start)

    return method


def names() -> list[str]:
    """Return the names of all cells of the grid."""
    cells = product(TRANSFORMS, SIGMAS, (True, False), CLUSTERERS)
    return [f"{_name(transform, sigma, unit)}, {by}" for transform, sigma, unit, by in cells]


def best_overall(scores: Mapping[str, Mapping[str, float]]) -> str:
    """Return the cell with the best mean score over all datasets: the baseline of a task.

    Parameters
    ----------
    scores
        Score by dataset and cell; every dataset holds the same cells.
    """
    cells = next(iter(scores.values()))
    return max(cells, key=lambda cell: float(np.mean([one[cell] for one in scores.values()])))


def unknown(images: SGEPImages, seed: int, embedded: str = "") -> dict[str, Answer]:
    """Cluster genes where K is unknown: k-means by silhouette, and a mixture by BIC.

    Parameters
    ----------
    images
        The genes to cluster.
    seed
        Seed of PCA, k-means and mixtures.
    embedded
        Which embedding of the grid; that of ``PLAIN`` where it is empty.
    """
    start = time.perf_counter()
    z = embed(images, embedded or PLAIN.rpartition(", ")[0], seed)
    shared = time.perf_counter() - start
    most = max(len(z) // _GENES_EACH, 2)
    sweep = [k for k in SWEEP if k <= most]

    start = time.perf_counter()
    by_k = {k: _cluster(z, k, "k-means", seed) for k in sweep}
    k = max(sweep, key=lambda k: float(silhouette_score(z, by_k[k])))
    silhouette = Answer(by_k[k], z, seconds=shared + time.perf_counter() - start)

    start = time.perf_counter()
    scaled = _scaled(z)
    mixtures = [_mixture(k, seed).fit(scaled) for k in sweep]
    chosen = min(mixtures, key=lambda mixture: float(mixture.bic(scaled)))
    labels = chosen.predict(scaled).astype(np.int64)
    bic = Answer(labels, z, seconds=shared + time.perf_counter() - start)
    return {"k-means, silhouette": silhouette, "mixture, BIC": bic}


def embed(images: SGEPImages, embedded: str, seed: int) -> NDArray[np.float32]:
    """Return the grid's embedding of a name, (G, D), such as ``"square root, σ 2, unit length"``.

    Raises
    ------
    KeyError
        The grid has no such embedding.
    """
    cells = {_name(*cell): cell for cell in product(TRANSFORMS, SIGMAS, (True, False))}
    transform, sigma, unit = cells[embedded]
    z = _components(images.grid.smoothed(transformed(images, transform), sigma), seed)
    return unit_length(z) if unit else z


def transformed(images: SGEPImages, transform: str) -> NDArray[np.float32]:
    """Return values over tissue pixels, (G, P), after one of the grid's transforms."""
    if transform == "square root" or images.values == "log":
        return stabilise(images)
    if transform == "log1p":
        return images.expression()
    return pearson_residuals(images)


def pearson_residuals(images: SGEPImages, clip: bool = True) -> NDArray[np.float32]:
    """Return analytic Pearson residuals of counts, (G, P) (Lause et al. 2021, eq. 3 to 5).

    Parameters
    ----------
    images
        Counts; a pixel's library is that of all genes of the tissue.
    clip
        Whether to clip at ± the root of the number of pixels, as the authors advise.
    """
    residuals = scaled(images.measured(), expectation(images))
    if clip:
        bound = np.sqrt(images.n_pixels)
        residuals = np.clip(residuals, -bound, bound)
    return residuals.astype(np.float32)


def scaled(counts: NDArray[np.floating], expected: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return what counts exceed their expectation by, in standard deviations, (G, P) all."""
    return (counts - expected) / np.sqrt(expected + expected**2 / _OVERDISPERSION)


def expectation(images: SGEPImages) -> NDArray[np.float64]:
    """Return the counts (G, P) that a gene without a pattern would have: total × library share."""
    total = np.asarray(images.matrix.sum(axis=0), dtype=np.float64).ravel()
    share = images.library / images.library.sum(dtype=np.float64)
    # A gene that is nowhere expressed has residuals of zero, not of 0 / 0.
    return np.maximum(np.outer(total, share), 1e-12)


def oracle(adata: AnnData) -> NDArray[np.int64]:
    """Assign genes of a simulated tissue to the true pattern of highest Poisson likelihood.

    The oracle knows the patterns, every gene's strength and total, and the library.

    Returns
    -------
    ndarray
        (G,) column of ``obsm["patterns"]``.
    """
    counts = adata.X
    log_patterns = np.log(adata.obsm["patterns"])
    library = adata.obs["library"].to_numpy()
    strength = adata.var["strength"].to_numpy()
    total = np.asarray(counts.sum(axis=0)).ravel()
    # Of the likelihood of counts given their total, what differs between patterns.
    expected = np.column_stack(
        [np.log(library @ np.exp(np.outer(one, strength))) for one in log_patterns.T]
    )
    likelihood = strength[:, None] * (counts.T @ log_patterns) - total[:, None] * expected
    return np.asarray(likelihood).argmax(axis=1).astype(np.int64)


def _embeddings(images: SGEPImages, seed: int) -> Iterator[tuple[str, NDArray[np.float32], float]]:
    """Yield every embedding of the grid with its name and seconds, smoothing and PCA once each."""
    smoothers = {sigma: images.grid.smoother(sigma) for sigma in SIGMAS}
    for transform in TRANSFORMS:
        start = time.perf_counter()
        values = transformed(images, transform)
        shared = time.perf_counter() - start
        for sigma, smoother in smoothers.items():
            start = time.perf_counter()
            z = _components(np.ascontiguousarray((smoother @ values.T).T), seed)
            seconds = shared + time.perf_counter() - start
            yield _name(transform, sigma, True), unit_length(z), seconds
            yield _name(transform, sigma, False), z, seconds


def _components(values: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    components = min(_COMPONENTS, min(values.shape) - 1)
    return PCA(components, random_state=seed).fit_transform(standardised(values))


def _scaled(z: NDArray[np.float32]) -> NDArray[np.float64]:
    """Bring rows to a mean square of 1: the mixture's ridge on variances is an absolute number."""
    return z / np.sqrt(np.mean(np.square(z, dtype=np.float64)))


def _cluster(
    z: NDArray[np.float32], clusters: int, clusterer: Clusterer, seed: int
) -> NDArray[np.int64]:
    if clusterer == "k-means":
        labels = KMeans(clusters, n_init=_STARTS, random_state=seed).fit_predict(z)
    else:
        labels = _mixture(clusters, seed).fit_predict(_scaled(z))
    return labels.astype(np.int64)


def _mixture(clusters: int, seed: int) -> GaussianMixture:
    return GaussianMixture(clusters, covariance_type="tied", n_init=3, random_state=seed)


def _name(transform: str, sigma: float, unit: bool) -> str:
    return f"{transform}, σ {sigma:g}, {'unit length' if unit else 'any length'}"
