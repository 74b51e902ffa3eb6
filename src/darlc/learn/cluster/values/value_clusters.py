"""Clusters of genes whose values are not counts, by the mixture and the Gaussian model together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

from darlc.config import Config
from darlc.images.sgep_images import SGEPImages
from darlc.images.statistics import standardised, unit_length
from darlc.learn.cluster.clustering import GeneClusters
from darlc.learn.cluster.count_model import CountModel
from darlc.learn.cluster.search import ClusterSearch
from darlc.learn.cluster.split_merge import CountClusters, State
from darlc.learn.cluster.values.noise import value_model
from darlc.learn.cluster.values.value_model import Noise, ValueModel
from darlc.learn.denoise.transform import are_clean, stabilise

#: Smoothing, in pixels, and components of a start that needs no network.
_SIGMA, _COMPONENTS = 1.5, 20


class ValueClusters(GeneClusters):
    """Memberships of drawing genes that were measured without counts; see `GeneClusters`.

    The noise is told once, from the mixture's clusters, and all starts of the search share it.

    Parameters
    ----------
    images
        The drawing genes.
    config
        Number of clusters, mixture, β and seed.
    device
        Device on which values are scored.
    """

    known: ClassVar[tuple[str, ...]] = ("log", "normalised")

    def __init__(self, images: SGEPImages, config: Config, device: torch.device) -> None:
        super().__init__(images, config, device)
        self._clean = are_clean(images, config.pixels)

    def compare_sums(self) -> Iterator[int]:
        """Compare nothing: sums of two patterns are told by counts."""
        yield from ()

    def _measured(self, images: SGEPImages) -> NDArray[np.float32]:
        return stabilise(images, self._clean)

    def _told(self, model: CountModel) -> dict[str, Any]:
        assert isinstance(model, ValueModel)
        noise = model.noise
        return {"shared": torch.from_numpy(noise.shared), "factor": noise.factor}

    def _model(self, told: Mapping[str, Any]) -> CountModel:
        noise = Noise(told["shared"].numpy(), float(told["factor"]))
        return ValueModel(self._measured(self.images), self.images.grid, noise, self.device)

    def _count_genes(self, soft: NDArray[np.float32]) -> CountClusters:
        values = self._measured(self.images)
        model = value_model(values, soft, self.images.grid, self.device)
        return CountClusters(model, self.config.count_weight)

    def _starts(
        self,
        soft: NDArray[np.float32],
        z: NDArray[np.float32],
        others: Iterable[NDArray[np.float32]],
    ) -> Iterator[NDArray[np.float32]]:
        yield soft
        yield self._smooth_start(soft.shape[1])
        yield from islice(super()._starts(soft, z, others), 1, None)

    def _begin(
        self, starts: Iterable[NDArray[np.float32]], stop: Callable[[], bool]
    ) -> Iterator[tuple[CountClusters, State]]:
        yield from ClusterSearch._begin(self, starts, stop)

    def _smooth_start(self, k: int) -> NDArray[np.float32]:
        """Return k-means clusters (G, K) of smoothed genes, which no network has seen."""
        smooth = standardised(self.images.grid.smoothed(stabilise(self.images), _SIGMA))
        components = min(_COMPONENTS, min(smooth.shape) - 1)
        z = unit_length(PCA(components, random_state=self.config.seed).fit_transform(smooth))
        means = KMeans(k, n_init=self.config.mixture.restarts, random_state=self.config.seed)
        return np.eye(k, dtype=np.float32)[means.fit_predict(z)]


def gene_clusters(images: SGEPImages, config: Config, device: torch.device) -> GeneClusters:
    """Return the clusters of drawing genes, by the noise that their values have."""
    kind = GeneClusters if images.values in GeneClusters.known else ValueClusters
    return kind(images, config, device)
