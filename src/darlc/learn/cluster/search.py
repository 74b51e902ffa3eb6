"""The search for clusters of genes: by counts where there are any, else by the mixture alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from torch import Tensor

from darlc.config import Config
from darlc.learn.cluster.choose_k import Sweep
from darlc.learn.cluster.mixture.student_t import StudentMixture
from darlc.learn.cluster.numbering import matched
from darlc.learn.cluster.split_merge import CountClusters, State

#: Numbers of clusters that the published mixture compares, by ICL.
_CANDIDATES = (2, 3, 4, 6, 8, 10, 12, 14, 16, 18, 20, 24, 28, 32)
_SWEEP_STEPS = 40
_GENES_EACH = 5
#: Where counts choose the number: initial clusters, and the number of most informative genes used.
_BEGIN, _MOST_SWEPT = 16, 1000
#: About how many steps a comparison of numbers takes, and a search for better clusters at most.
_COMPARING, _MOVING = 32, 8


class ClusterSearch:
    """Clusters of embeddings, and of counts where there are any.

    Parameters
    ----------
    n_genes
        Number G of drawing genes.
    config
        Number of clusters, mixture, β and seed.
    device
        Device on which counts are scored.
    count
        Returns the counts of the genes, whose library and dispersion are estimated with memberships
        (G, K); None without counts.
    """

    def __init__(
        self,
        n_genes: int,
        config: Config,
        device: torch.device,
        count: Callable[[NDArray[np.float32]], CountClusters] | None,
    ) -> None:
        self.config = config
        self.device = device
        self.counted = count is not None
        #: Whether the last cluster is the group of genes without a pattern.
        self.patternless = self.counted
        self.mixture = StudentMixture()
        self.membership: NDArray[np.float32] = np.empty((n_genes, 0), dtype=np.float32)
        #: Objective of each number of clusters, where the counts chose it.
        self.curve: dict[int, float] = {}
        self._count = count
        self._counts: CountClusters | None = None
        self._found: State | None = None

    @property
    def found(self) -> tuple[CountClusters, State]:
        """The counts, and where the search for clusters ended; after ``start``, of counts only."""
        assert self._counts is not None and self._found is not None
        return self._counts, self._found

    @property
    def n_steps(self) -> int:
        """About how many steps ``start`` takes."""
        if not self.counted:
            return 1
        comparing = _COMPARING if self.config.clusters == "auto" else 0
        begun = 1 if comparing else self.config.mixture.starts
        return 1 + begun + comparing + min(_MOVING, self.config.mixture.moves)

    def start(
        self,
        z: NDArray[np.float32],
        stop: Callable[[], bool] = lambda: False,
        others: Iterable[NDArray[np.float32]] = (),
    ) -> Iterator[int]:
        """Find clusters of embeddings (G, D); yields after every gain, with memberships updated.

        Parameters
        ----------
        z
            Embeddings.
        stop
            Called after every step of the search; once it returns True, the search ends with the
            best clusters so far.
        others
            Further embeddings, at whose clusters a search of counts may start too where the number
            of clusters is given; each is asked for only then.
        """
        self.mixture = self._fit_mixture(z)
        soft = _by_size(self.mixture.predict_proba(z)).astype(np.float32)
        if self._count is None:
            self.membership = soft
            self.mixture.fit_memberships(z, soft)
            yield 0
            return
        # Clusters are numbered like these, the largest first.
        self.membership = np.hstack([soft, np.zeros_like(soft[:, :1])])
        if self.config.clusters == "auto":
            begun = self._begin_swept(z, soft, stop)
        else:
            n = max(2, self.config.mixture.starts)
            begun = self._begin(islice(self._starts(soft, z, others), n), stop)
        counts, state = next(begun)
        step = 0
        self._take(counts, state)
        yield step
        for counts, state in begun:
            self._take(counts, state)
            yield (step := step + 1)
        moves = 0 if stop() else self.config.mixture.moves
        for better in counts.search(state, moves):
            self._take(counts, better)
            yield (step := step + 1)
            if stop():
                break
        self.mixture.fit_memberships(z, self.membership)

    def _starts(
        self,
        soft: NDArray[np.float32],
        z: NDArray[np.float32],
        others: Iterable[NDArray[np.float32]],
    ) -> Iterator[NDArray[np.float32]]:
        """Yield memberships (G, K) to start at; none is always the best one."""
        yield soft
        yield _hard_clusters(z, self.mixture)
        for other in others:
            mixture = self._fit_mixture(other)
            yield mixture.predict_proba(other).astype(np.float32)
            yield _hard_clusters(other, mixture)

    def _begin(
        self, starts: Iterable[NDArray[np.float32]], stop: Callable[[], bool]
    ) -> Iterator[tuple[CountClusters, State]]:
        """Yield the counts and ever better states, by all starts and one library."""
        assert self._count is not None
        first, *others = starts
        counts = self._count(first)
        yield counts, counts.start(torch.from_numpy(first))
        yield counts, counts.best(torch.from_numpy(start) for start in (first, *others))

    def _begin_swept(
        self, z: NDArray[np.float32], soft: NDArray[np.float32], stop: Callable[[], bool]
    ) -> Iterator[tuple[CountClusters, State]]:
        """Yield the counts, while their number of clusters is chosen, and then its state."""
        assert self._count is not None
        counts = self._count(soft)
        first = counts.start(torch.from_numpy(soft))
        yield counts, first
        genes = _most_informative(counts)
        some = CountClusters(counts.model.subset(genes), self.config.count_weight)
        sweep = Sweep(some, z[genes.cpu().numpy()], self.config.mixture, self.config.seed)
        for _ in () if stop() else sweep.run():
            yield counts, first
            if stop():
                break
        starts = [soft, _hard_clusters(z, self.mixture)]
        if sweep.surveyed:
            self.curve = dict(sorted(sweep.curve.items()))
            swept = counts.extend(sweep.best, genes)
            starts = [swept.membership[:, :-1].cpu().numpy()]
        yield counts, counts.best(torch.from_numpy(start) for start in starts)

    def _take(self, counts: CountClusters, state: State) -> None:
        self._counts = counts
        self._found = _renumbered(state, self.membership)
        self.membership = self._found.membership.cpu().numpy()

    def _mixture(self, k: int, restarts: int, iterations: int = 200) -> StudentMixture:
        return new_mixture(self.config, k, restarts, iterations)

    def _fit_mixture(self, z: NDArray[np.float32]) -> StudentMixture:
        clusters, settings, mixture = self.config.clusters, self.config.mixture, self._mixture
        if isinstance(clusters, int):
            return mixture(clusters, settings.restarts).fit(z)
        most = max(len(z) // _GENES_EACH, 2)
        if self.counted:
            return mixture(min(_BEGIN, most), settings.restarts).fit(z)
        fits = {k: mixture(k, 1, _SWEEP_STEPS).fit(z) for k in _CANDIDATES if k <= most}
        best = min(fits, key=lambda k: fits[k].icl(z))
        return mixture(best, settings.restarts).fit(z)


def new_mixture(config: Config, k: int, restarts: int, iterations: int = 200) -> StudentMixture:
    """Return a mixture of k components with the settings of a fit, not fitted yet."""
    settings = config.mixture
    return StudentMixture(
        k,
        scale=settings.scale,
        dof_min=settings.dof_min,
        dof_max=settings.dof_max,
        n_init=restarts,
        max_iter=iterations,
        random_state=config.seed,
    )


def _most_informative(counts: CountClusters) -> Tensor:
    """Return positions (n,) of the most informative genes, in order."""
    information = counts.model.information
    return information.topk(min(_MOST_SWEPT, len(information))).indices.sort().values


def _hard_clusters(z: NDArray[np.float32], like: StudentMixture) -> NDArray[np.float32]:
    """Return k-means clusters as memberships (G, K), as many as the mixture has."""
    k = like.n_components
    means = KMeans(k, n_init=like.n_init, random_state=like.random_state)
    return np.eye(k, dtype=np.float32)[means.fit_predict(z)]


def _by_size(membership: NDArray[np.floating]) -> NDArray[np.floating]:
    """Order clusters by the number of their genes, the largest first."""
    size = np.bincount(membership.argmax(axis=1), minlength=membership.shape[1])
    return np.ascontiguousarray(membership[:, np.argsort(-size, kind="stable")])


def _renumbered(state: State, before: NDArray[np.float32]) -> State:
    """Order clusters like matching earlier ones (G, K); the group without a pattern stays last."""
    membership = state.membership.cpu().numpy()
    last = membership.shape[1] - 1
    order = np.append(matched(before[:, :-1], membership[:, :last]), last)
    columns = torch.from_numpy(order).to(state.membership.device)
    return replace(
        state, membership=state.membership[:, columns], log_weight=state.log_weight[columns]
    )
