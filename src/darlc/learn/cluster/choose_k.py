"""The number of clusters, by the leave-one-out likelihood of counts less a price a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from torch import Tensor

from darlc.config import MixtureConfig
from darlc.learn.cluster.split_merge import CountClusters, State

#: Numbers of clusters that may be compared, and the coarse ones that are compared first.
CANDIDATES = (*range(2, 14), 14, 16, 18, 20, 22, 24, 26, 28, 32, 36, 40)
COARSE = (2, 4, 6, 8, 10, 12, 16, 20, 26, 32, 40)
#: Gain that a cluster must bring, in nats, and as a share of the gain of all clusters over none.
#: Beyond the true number a cluster still gains 5 to 20 nats by fitting noise, or up to .1 % where
#: counts are so deep that small departures from the model are significant; below the true number
#: ten times as much (on simulated tissues that are not used for reported results).
PRICE, PRICE_SHARE = 30.0, 0.002
#: Fewest genes of a cluster on average.
_GENES_EACH = 5
_STARTS = 3
_FIRST = 5
_MOVES = 6


@dataclass
class Sweep:
    """A comparison of numbers of clusters.

    The leave-one-out likelihood of the counts rises steeply up to the true number of patterns and
    hardly any more after it, so the number is taken where likelihood less ``PRICE`` a cluster (or
    a share of the whole gain, if that is more) is highest. A coarse row of candidates starts from
    k-means and a few EM steps; split–merge moves then decide between neighbours, from the best one
    on in both directions.

    Parameters
    ----------
    clusters
        Count clusters of some or all genes.
    z
        (n, D) their embeddings.
    settings
        Most split–merge moves.
    seed
        Seed of k-means.
    """

    clusters: CountClusters
    z: NDArray[np.float32]
    settings: MixtureConfig
    seed: int
    #: Objective less price so far, by number of clusters.
    curve: dict[int, float] = field(default_factory=dict)
    #: Whether all coarse numbers were tried, before which the best so far is not meaningful.
    surveyed: bool = False
    _nothing: float = 0.0
    _states: dict[int, State] = field(default_factory=dict)

    def run(self) -> Iterator[int]:
        """Compare numbers; yields each number after it was tried."""
        self._nothing = float(self.clusters.weight * self.clusters.model.flat.sum())
        most = max(len(self.z) // _GENES_EACH, 2)
        candidates = [k for k in CANDIDATES if k <= most]
        for k in candidates:
            if k in COARSE:
                self._begin(k)
                self.surveyed = k == max(each for each in candidates if each in COARSE)
                yield k
        moves = min(_MOVES, self.settings.moves)
        at = candidates.index(max(self.curve, key=self.curve.__getitem__))
        searched: set[int] = set()
        while True:
            around = [at, at - 1, at - 2, at + 1, at + 2]
            near = [candidates[i] for i in around if 0 <= i < len(candidates)]
            for k in near:
                if k not in searched:
                    searched.add(k)
                    if k not in self._states:
                        self._begin(k)
                    for state in self.clusters.search(self._states[k], moves):
                        self._keep(k, state)
                        yield k
                if self.curve[k] > self.curve[candidates[at]]:
                    at = candidates.index(k)
                    break
            else:
                break

    @property
    def best(self) -> State:
        """The state of the best number so far."""
        return self._states[max(self.curve, key=self.curve.__getitem__)]

    def _begin(self, k: int) -> None:
        start = self.clusters.start(self._k_means(k))
        self._keep(k, self.clusters.run(start, _FIRST))

    def _keep(self, k: int, state: State) -> None:
        self._states[k] = state
        label = state.membership.argmax(dim=1)
        alive = len(torch.unique(label[label < state.membership.shape[1] - 1]))
        gain = self.clusters.evaluate(state) - self._nothing
        self.curve[k] = gain - max(PRICE, PRICE_SHARE * gain) * alive

    def _k_means(self, k: int) -> Tensor:
        labels = KMeans(k, n_init=_STARTS, random_state=self.seed).fit_predict(self.z)
        return torch.from_numpy(np.eye(k, dtype=np.float32)[labels])
