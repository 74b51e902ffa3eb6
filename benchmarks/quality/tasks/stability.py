"""Whether clusters stay the same, and whether they tell of brightness instead of patterns."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality import baselines
from benchmarks.quality.cache import our
from benchmarks.quality.datasets import load
from benchmarks.quality.methods import Answer, Method
from benchmarks.quality.scores import information, row_correlation, separated
from benchmarks.quality.settings import Settings, Unavailable
from benchmarks.quality.tables import Plot, Table
from benchmarks.quality.tasks.splitting import CLUSTERS, halves
from benchmarks.quality.tissues import tissues
from darlc import metrics
from darlc.images.selection import choose_genes
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.images.statistics import standardised

SEEDS = (0, 1, 2)
_REAL = ("mob", "dlpfc_151510")
_SIMULATED = 2
_SPLIT_SEED = 203
_MOST_GENES = 1000
#: Smoothing, in pixels, of the images that DBIP compares: the same for all methods.
_SIGMA = 1.5


def run(settings: Settings) -> list[Table]:
    """Measure stability, confounds and indices on two simulated tissues and two real ones."""
    methods: dict[str, Method] = {
        "ours": our(settings),
        "PCA + k-means": baselines.configuration(baselines.PLAIN),
    }
    stable = Table(
        "stability",
        ("dataset", "method", "ARI between seeds", "least", "ARI between halves", "note"),
        settings.out,
        Plot("ARI between seeds", "dataset", "method"),
    )
    confounds = Table(
        "stability_confounds",
        (
            *("dataset", "method", "with", "bits", "normalised", "adjusted"),
            *("DBIE", "DBIP"),
        ),
        settings.out,
    )
    for name, images, clusters in _tissues(settings, stable):
        first, second = halves(images, _SPLIT_SEED)
        for method_name, method in methods.items():
            answers = [method(images, clusters, seed) for seed in SEEDS]
            between = [_ari(a, b) for a, b in combinations(answers, 2)]
            split = _ari(method(first, clusters, SEEDS[0]), method(second, clusters, SEEDS[0]))
            stable.append(
                {
                    "dataset": name,
                    "method": method_name,
                    "ARI between seeds": np.mean(between),
                    "least": min(between),
                    "ARI between halves": split,
                }
            )
            _confounds(name, method_name, images, answers[0], confounds)
    return [stable, confounds]


def _tissues(settings: Settings, table: Table) -> Iterator[tuple[str, SGEPImages, int]]:
    """Yield the name, the images and K of every tissue that is here."""
    for tissue in () if settings.subset else tissues(settings)[:_SIMULATED]:
        yield tissue.name, rasterize(tissue.make(settings.data)), tissue.clusters
    for name in _REAL[:1] if settings.subset else _REAL:
        try:
            images = rasterize(load(name, settings.data))
        except Unavailable as error:
            table.append({"dataset": name, "note": str(error)})
            continue
        yield name, images.select(choose_genes(images, _MOST_GENES).genes), CLUSTERS[name]


def _ari(first: Answer, second: Answer) -> float:
    return metrics.adjusted_rand(separated(first.labels), separated(second.labels))


def _confounds(dataset: str, method: str, images: SGEPImages, answer: Answer, table: Table) -> None:
    """Add what clusters tell of mean expression and of library size, and the indices."""
    z, pixels = answer.embedding, _pixels(images)
    kept = answer.labels >= 0
    labels = answer.labels[kept]
    indices = {
        "DBIE": None if z is None else metrics.davies_bouldin(z[kept], labels),
        "DBIP": metrics.davies_bouldin(pixels[kept], labels),
    }
    counts = images.measured()
    library = np.broadcast_to(images.library, counts.shape)
    for confound, values in (
        ("mean expression", counts.mean(axis=1)),
        ("correlation with library size", row_correlation(counts, library)),
    ):
        bits, normalised, adjusted = information(answer.labels, values)
        table.append(
            {
                "dataset": dataset,
                "method": method,
                "with": confound,
                "bits": bits,
                "normalised": normalised,
                "adjusted": adjusted,
                **indices,
            }
        )


def _pixels(images: SGEPImages) -> NDArray[np.float32]:
    """Return smoothed images (G, P), standardised within the tissue."""
    return standardised(images.grid.smoothed(baselines.transformed(images, "square root"), _SIGMA))
