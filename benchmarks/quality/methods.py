"""What a method is to the benchmark, and ours as one."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darlc.config import Config, Preset
from darlc.events import Finished
from darlc.images.sgep_images import SGEPImages
from darlc.learn.train.run import train
from darlc.results.palette import NO_PATTERN
from darlc.results.result import Result


@dataclass(frozen=True, eq=False)
class Answer:
    """What a method says about genes.

    Parameters
    ----------
    labels
        (G,) int64 cluster of every gene; -1 where the method assigns none.
    embedding
        (G, D), or None; rows of genes that were left out are NaN.
    confidence
        (G,) in [0, 1], or None; 0 where a gene was left out.
    denoised
        (G, P) denoised views, or None; rows of genes that were left out are NaN.
    seconds
        Wall time that it took.
    """

    labels: NDArray[np.int64]
    embedding: NDArray[np.floating] | None = None
    confidence: NDArray[np.floating] | None = None
    denoised: NDArray[np.floating] | None = None
    seconds: float = 0.0

    @property
    def n_clusters(self) -> int:
        """Number of clusters that hold a gene."""
        return len(np.unique(self.labels[self.labels >= 0]))


#: From the images of the genes to cluster, K (None where unknown) and a seed.
Method = Callable[[SGEPImages, int | None, int], Answer]


def ours(preset: Preset = "standard", **changes: Any) -> Method:
    """Return our fit as a method.

    Parameters
    ----------
    preset
        Where the settings come from.
    **changes
        Fields of `darlc.config.Config` that differ from the preset. A mapping changes single
        settings of a part: ``ours(train={"kl": 0.0})``.
    """

    def method(images: SGEPImages, clusters: int | None, seed: int) -> Answer:
        start = time.perf_counter()
        result = fit(images, configure(preset, clusters, seed, images.n_genes, changes))
        return answer(images, result, time.perf_counter() - start)

    return method


def configure(
    preset: Preset, clusters: int | None, seed: int, genes: int, changes: Mapping[str, Any]
) -> Config:
    """Return a preset's settings with changes; a mapping changes settings of a part."""
    config = Config.from_preset(
        preset, clusters="auto" if clusters is None else clusters, seed=seed, genes=genes
    )
    whole = {
        name: replace(getattr(config, name), **value) if isinstance(value, Mapping) else value
        for name, value in changes.items()
    }
    return config.replace(**whole)


def fit(images: SGEPImages, config: Config) -> Result:
    """Return the result of training to its end."""
    for event in train(images, config):
        if isinstance(event, Finished):
            return event.result
    raise RuntimeError("training ended without a result")


def answer(images: SGEPImages, result: Result, seconds: float) -> Answer:
    """Lay a result out over all genes that were given; the engine may have left some out."""
    # The drawing genes only, so that figures compare with those of versions that knew no others.
    drawing = np.flatnonzero(result.drawing)
    genes = images.index(list(result.gene_names[drawing]))
    labels = np.full(images.n_genes, -1, dtype=np.int64)
    patternless = np.array([name == NO_PATTERN for name in result.cluster_names])
    cluster = result.cluster[drawing]
    labels[genes] = np.where(patternless[cluster], -1, cluster)
    confidence = np.zeros(images.n_genes)
    confidence[genes] = result.confidence[drawing]
    embedding = np.full((images.n_genes, result.embedding.shape[1]), np.nan, dtype=np.float32)
    embedding[genes] = result.embedding[drawing]
    denoised = np.full((images.n_genes, images.n_pixels), np.nan, dtype=np.float32)
    denoised[genes] = result.denoised[drawing]
    return Answer(labels, embedding, confidence, denoised, seconds)
