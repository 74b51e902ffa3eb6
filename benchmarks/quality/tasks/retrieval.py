"""Task 3: real images with real truth. Embryos stained for the same gene must find each other.

In-situ hybridisation images of fruit fly embryos (BDGP), several of a gene: every image that has
a mate asks for it, and the others answer in order of their embeddings' cosine.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

from benchmarks.quality.methods import Answer, Method, ours
from benchmarks.quality.settings import Settings, Unavailable
from benchmarks.quality.tables import Plot, Table
from benchmarks.quality.tasks.retrieval_bound import metrics, whitened
from darlc.images.grid import Grid
from darlc.images.sgep_images import SGEPImages
from darlc.images.statistics import standardised, unit_length

_FILE = "bdgp_ish.npz"
CLUSTERS = 20
_COMPONENTS = 20
_SIGMA = 1.5
_SEEDS = (0, 1, 2)
#: Settings are tuned on the queries of half of the genes, drawn with this seed.
_HALVES = 0
_COLUMNS = (
    "method",
    "queries",
    "recall@1",
    "recall@10",
    "mAP",
    "mAP, genes not tuned on",
    "co-clustering ratio",
    "seeds",
    "seconds",
)
_BOUND = ("metric", "queries", "recall@1", "recall@10", "recall@10 of any so far", "mAP")


def run(settings: Settings) -> list[Table]:
    """Measure how well images of one gene find each other, and whether they share a cluster."""
    table = Table("retrieval", _COLUMNS, settings.out, Plot("mAP", "method", "method"))
    try:
        images, gene = load(settings.data)
    except Unavailable as reason:
        table.append({"method": str(reason)})
        return [table]
    tuned = tuning_half(gene)
    seeds = _SEEDS[:1] if settings.subset else _SEEDS
    for name, method in methods(settings).items():
        answers = [method(images, CLUSTERS, seed) for seed in seeds]
        figures = np.mean([_figures(one, gene, tuned, settings.tuning) for one in answers], axis=0)
        table.append(
            {
                "method": name,
                "queries": int((_mates(gene) & (tuned | (not settings.tuning))).sum()),
                **dict(zip(_COLUMNS[2:7], map(float, figures), strict=True)),
                "seeds": len(seeds),
                "seconds": float(np.mean([one.seconds for one in answers])),
            }
        )
    return [table, _bound(images, gene, settings)]


def load(folder: Path) -> tuple[SGEPImages, NDArray[np.str_]]:
    """Return the stack as SGEP images under unique names, and the gene of each, (G,).

    Raises
    ------
    Unavailable
        The file is not in the folder.
    """
    if not (folder / _FILE).exists():
        raise Unavailable(f"{_FILE} is not in {folder}")
    with np.load(folder / _FILE) as stack:
        values, mask, gene = stack["images"], stack["mask"], stack["gene"]
    names = np.array([f"{name}-{i}" for i, name in enumerate(gene)])
    images = SGEPImages(
        matrix=sparse.csc_array(values[:, mask].T.astype(np.float32)),
        grid=Grid(mask, np.eye(3)),
        gene_names=names,
        observation_pixel=np.arange(int(mask.sum())),
        # Staining intensities: neither counts nor to be scaled by a pixel's total.
        values="log",
    )
    return images, gene


def methods(settings: Settings) -> dict[str, Method]:
    """Return what is compared, by name."""
    return {
        "raw pixels": _raw,
        "PCA + k-means": _pca,
        "smoothed PCA + k-means": _smoothed_pca,
        "whitened PCA of square roots + k-means": _whitened_pca,
        "ours, untrained": ours(settings.preset, train={"pretrain_epochs": 0, "joint_epochs": 0}),
        "ours": ours(settings.preset),
    }


def tuning_half(gene: NDArray[np.str_]) -> NDArray[np.bool_]:
    """Return which images (G,) are of the genes that settings may be tuned on."""
    genes = np.unique(gene)
    drawn = np.random.default_rng(_HALVES).permutation(genes)[: len(genes) // 2]
    return np.isin(gene, drawn)


def retrieval(
    embedding: NDArray[np.floating], gene: NDArray[np.str_], depth: int = 10
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.float64]]:
    """Let every image ask for the others of its gene, ranked by cosine.

    Parameters
    ----------
    embedding
        (G, D); rows of NaN are like nothing.
    gene
        (G,).
    depth
        How many answers count for the recall.

    Returns
    -------
    first, found, precision
        (G,) each: whether the first answer is right, whether any of the first ``depth`` is, and
        the average precision. All zero for images that have no mate.
    """
    z = unit_length(np.nan_to_num(embedding.astype(np.float64)))
    cosine = z @ z.T
    np.fill_diagonal(cosine, -np.inf)
    order = np.argsort(-cosine, axis=1, kind="stable")[:, :-1]
    right = gene[order] == gene[:, None]
    precision = np.cumsum(right, axis=1) / np.arange(1, right.shape[1] + 1)
    mates = np.maximum(right.sum(axis=1), 1)
    return right[:, 0], right[:, :depth].any(axis=1), (precision * right).sum(axis=1) / mates


def co_clustering(labels: NDArray[np.int64], gene: NDArray[np.str_]) -> float:
    """Return how much likelier a pair of one gene shares a cluster than any pair does.

    The share of same-gene pairs that lie in one cluster, over that of all pairs. An image without
    a cluster (label -1) shares none. NaN where no pair lies in one cluster.
    """
    together = (labels[:, None] == labels) & (labels >= 0)
    same = gene[:, None] == gene
    apart = ~np.eye(len(labels), dtype=bool)
    everywhere = together[apart].mean()
    return float(together[same & apart].mean() / everywhere) if everywhere else float("nan")


def _bound(images: SGEPImages, gene: NDArray[np.str_], settings: Settings) -> Table:
    """Return figures of simple metrics, and the recall of all of them up to a row together."""
    table = Table("retrieval_bound", _BOUND, settings.out)
    asking = _mates(gene) & (tuning_half(gene) | (not settings.tuning))
    any_found = np.zeros(len(gene), dtype=bool)
    for name, values in metrics(images):
        first, found, precision = retrieval(whitened(values), gene)
        any_found |= found
        figures = (float(one[asking].mean()) for one in (first, found, any_found, precision))
        row = dict(zip(_BOUND[2:], figures, strict=True))
        table.append({"metric": name, "queries": int(asking.sum()), **row})
    return table


def _figures(
    answer: Answer, gene: NDArray[np.str_], tuned: NDArray[np.bool_], tuning: bool
) -> tuple[float, float, float, float, float]:
    """Return recall@1, recall@10, mAP, mAP of the genes not tuned on, and the ratio."""
    assert answer.embedding is not None
    first, found, precision = retrieval(answer.embedding, gene)
    mates = _mates(gene)
    asking = mates & tuned if tuning else mates
    return (
        float(first[asking].mean()),
        float(found[asking].mean()),
        float(precision[asking].mean()),
        float("nan") if tuning else float(precision[mates & ~tuned].mean()),
        co_clustering(answer.labels, gene),
    )


def _mates(gene: NDArray[np.str_]) -> NDArray[np.bool_]:
    """Return which images (G,) have another one of their gene."""
    _, inverse, count = np.unique(gene, return_inverse=True, return_counts=True)
    return count[inverse] > 1


def _raw(images: SGEPImages, clusters: int | None, seed: int) -> Answer:
    """Correlation of raw pixels: cosine once standardised."""
    start = time.perf_counter()
    return _clustered(standardised(images.measured()), clusters, seed, start)


def _pca(images: SGEPImages, clusters: int | None, seed: int) -> Answer:
    """Leading components of the pixels as they are."""
    start = time.perf_counter()
    z = PCA(_COMPONENTS, random_state=seed).fit_transform(images.measured())
    return _clustered(z, clusters, seed, start)


def _smoothed_pca(images: SGEPImages, clusters: int | None, seed: int) -> Answer:
    """Leading components of smoothed, standardised images, scaled to unit length."""
    start = time.perf_counter()
    values = standardised(images.grid.smoothed(images.measured(), _SIGMA))
    z = PCA(_COMPONENTS, random_state=seed).fit_transform(values)
    return _clustered(unit_length(z), clusters, seed, start)


def _whitened_pca(images: SGEPImages, clusters: int | None, seed: int) -> Answer:
    """Many leading components, weak ones raised: what clean images ask for, without a network."""
    start = time.perf_counter()
    z = whitened(standardised(np.sqrt(np.maximum(images.measured(), 0.0))))
    return _clustered(unit_length(z), clusters, seed, start)


def _clustered(z: NDArray[np.floating], clusters: int | None, seed: int, start: float) -> Answer:
    assert clusters is not None
    labels = KMeans(clusters, n_init=10, random_state=seed).fit_predict(z).astype(np.int64)
    return Answer(labels, z, seconds=time.perf_counter() - start)
