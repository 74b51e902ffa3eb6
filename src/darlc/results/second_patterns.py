"""Genes of two patterns: their second clusters, and how much of a gene is from there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from darlc.results.clusters import Clusters

#: Probability from which a gene is shown as a sum of two patterns.
LIKELY = 0.8


@dataclass(frozen=True, eq=False)
class SecondPatterns:
    """Second patterns of G genes: how likely each is a sum of two, of which, and in what shares.

    Parameters
    ----------
    cluster
        (G,) the likeliest second cluster, a column of ``Result.membership``; -1 where there is
        none, as of genes that follow no pattern.
    share
        (G,) float32: share of the gene's molecules that follow the second pattern, if it is a sum.
    probability
        (G,) float32: that the gene is a sum of two patterns.
    """

    cluster: NDArray[np.int64]
    share: NDArray[np.float32]
    probability: NDArray[np.float32]

    @classmethod
    def none(cls, n_genes: int) -> Self:
        """Return those of genes of which none has a second pattern."""
        zero = np.zeros(n_genes, dtype=np.float32)
        return cls(np.full(n_genes, -1), zero, zero.copy())

    @property
    def likely(self) -> NDArray[np.bool_]:
        """(G,) which genes are sums of two patterns, with a probability of .8 or more."""
        return (self.probability >= LIKELY) & (self.cluster >= 0)

    def select(self, rows: NDArray[np.int64]) -> Self:
        """Return those of some genes."""
        return type(self)(self.cluster[rows], self.share[rows], self.probability[rows])

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Return those of all genes of several."""
        return cls(
            np.concatenate([part.cluster for part in parts]),
            np.concatenate([part.share for part in parts]),
            np.concatenate([part.probability for part in parts]),
        )

    def shown(self, own: Clusters, edited: Clusters) -> Self:
        """Return them with the columns of edited clusters.

        Parameters
        ----------
        own
            The model's clusters, whose columns ``cluster`` holds.
        edited
            As the user sees them. A cluster is found again where most of its genes are. A gene
            whose two clusters were merged has one pattern.
        """
        again = np.full(own.n_clusters + 1, -1, dtype=np.int64)
        for column in np.unique(self.cluster[self.cluster >= 0]):
            if len(genes := edited.cluster[own.cluster == column]):
                again[column] = np.bincount(genes).argmax()
        cluster = again[self.cluster]
        cluster = np.where(cluster == edited.cluster, -1, cluster)
        alone = cluster < 0
        return type(self)(
            cluster, np.where(alone, 0, self.share), np.where(alone, 0, self.probability)
        )
