"""Clusters of genes: the mixture on the embedding together with the counts that it must explain."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from darlc.config import Config
from darlc.data.images import SGEPImages
from darlc.learn.counts import CountModel
from darlc.learn.library import choose_library, estimate_dispersion
from darlc.learn.mixture import StudentMixture
from darlc.learn.split_merge import CountClusters, State

#: Numbers of clusters that ``auto`` compares.
_SWEEP = (2, 3, 4, 6, 8, 10, 12, 14, 16, 18, 20, 24, 28, 32)
_SWEEP_STEPS = 40
_GENES_EACH = 5


class GeneClusters:
    """Memberships of the modelled genes, and the two models behind them.

    The score of a gene in a cluster is log π + log t(embedding | cluster) / D + β · leave-one-out
    log likelihood of its counts under the cluster's pattern (the last term is ours). Without
    counts or with β = 0 it is the published mixture, log π + log t(embedding | cluster).

    Parameters
    ----------
    images
        The modelled genes.
    config
        Number of clusters, mixture, β and seed.
    device
        Where the counts are scored.
    """

    def __init__(self, images: SGEPImages, config: Config, device: torch.device) -> None:
        self.images = images
        self.config = config
        self.device = device
        self.counted = images.values == "counts" and config.count_weight > 0
        self.mixture = StudentMixture()
        self.membership: NDArray[np.float32] = np.empty((images.n_genes, 0), dtype=np.float32)
        self._counts: CountClusters | None = None
        self._state: State | None = None

    def start(self, z: NDArray[np.float32], search: bool = True) -> Iterator[int]:
        """Find clusters of embeddings (G, D); yields after every gain, memberships updated.

        Parameters
        ----------
        z
            Embeddings.
        search
            Whether to look for better clusters by split–merge moves.
        """
        self.mixture = self._fit_mixture(z)
        self.membership = _by_size(self.mixture.predict_proba(z)).astype(np.float32)
        self.mixture.fit_memberships(z, self.membership)
        yield 0
        if not self.counted:
            return
        counts = self.images.measured()
        size = choose_library(
            counts, self.images.library, self.membership, self.images.grid, self.device
        )
        soft = torch.from_numpy(self.membership).to(self.device)
        model = CountModel(counts, size, self.images.grid, device=self.device)
        dispersion = estimate_dispersion(model, soft)
        model = CountModel(counts, size, self.images.grid, dispersion, self.device)
        self._counts = CountClusters(model, self.config.count_weight)
        # Neither start is always the better one; the counts tell which it is.
        starts = [self.membership, _hard_clusters(z, self.mixture)]
        best = self._counts.best(torch.from_numpy(m).to(self.device) for m in starts)
        self._take(best)
        yield 1
        moves = self.config.mixture.moves if search else 0
        for i, state in enumerate(self._counts.search(best, moves), start=2):
            self._take(state)
            yield i
        self.membership = _by_size(self.membership).astype(np.float32)
        self._state = self._counts.start(torch.from_numpy(self.membership))
        self.mixture.fit_memberships(z, self.membership)

    def follow(self, z: NDArray[np.float32], iterations: int = 1) -> None:
        """Follow embeddings (G, D) that have moved: a few EM iterations of both models."""
        if self._counts is None or self._state is None:
            self.mixture.refine(z, 3 * iterations)
            self.membership = self.mixture.predict_proba(z).astype(np.float32)
            return
        for _ in range(iterations):
            self.mixture.fit_memberships(z, self.membership)
            # The embedding was trained towards these memberships and has seen the same molecules:
            # at full weight it would vote for itself. A dimension's worth only breaks ties.
            vote = torch.from_numpy(self.mixture.log_density(z)).float() / z.shape[1]
            self._take(self._counts.step(self._state, vote.to(self.device)))

    def drop_empty(self) -> int:
        """Leave out clusters that no gene belongs to; return how many there were."""
        taken = np.bincount(self.membership.argmax(axis=1), minlength=self.membership.shape[1]) > 0
        if taken.all():
            return 0
        kept = self.membership[:, taken]
        self.membership = kept / kept.sum(axis=1, keepdims=True)
        self.mixture = self.mixture.keep(taken)
        return int((~taken).sum())

    def _take(self, state: State) -> None:
        self._state = state
        self.membership = state.membership.cpu().numpy()

    def _fit_mixture(self, z: NDArray[np.float32]) -> StudentMixture:
        clusters, settings = self.config.clusters, self.config.mixture

        def mixture(k: int, restarts: int, iterations: int = 200) -> StudentMixture:
            return StudentMixture(
                k,
                scale=settings.scale,
                dof_min=settings.dof_min,
                dof_max=settings.dof_max,
                n_init=restarts,
                max_iter=iterations,
                random_state=self.config.seed,
            )

        if isinstance(clusters, int):
            return mixture(clusters, settings.restarts).fit(z)
        most = max(len(z) // _GENES_EACH, 2)
        fits = {k: mixture(k, 1, _SWEEP_STEPS).fit(z) for k in _SWEEP if k <= most}
        best = min(fits, key=lambda k: fits[k].icl(z))
        return mixture(best, settings.restarts).fit(z)


def _hard_clusters(z: NDArray[np.float32], like: StudentMixture) -> NDArray[np.float32]:
    """Return k-means clusters as memberships (G, K), as many as the mixture has."""
    k = like.n_components
    means = KMeans(k, n_init=like.n_init, random_state=like.random_state)
    return np.eye(k, dtype=np.float32)[means.fit_predict(z)]


def _by_size(membership: NDArray[np.floating]) -> NDArray[np.floating]:
    """Order clusters by the number of their genes, the largest first."""
    size = np.bincount(membership.argmax(axis=1), minlength=membership.shape[1])
    return np.ascontiguousarray(membership[:, np.argsort(-size, kind="stable")])
