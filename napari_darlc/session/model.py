"""Model: denoised views, clusters and embeddings of genes, as far as they exist."""

from __future__ import annotations

from copy import copy
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from darlc.results.added_genes import AddedGenes
from darlc.results.clusters import Clusters
from darlc.results.consensus_update import updated_consensus
from darlc.results.result import Result, consensus_pattern

#: Number of earlier patterns that are kept for undo.
_KEPT = 6


class Model:
    """Denoised views, clusters and embeddings of genes: live during training, final after it.

    Parameters
    ----------
    genes
        (G,) positions of the modelled genes among all genes.
    denoised
        (G, P) float16 in log-normalised units, None before the denoise stage has ended.
    clusters
        Clusters, with the user's edits; None before there are any.
    embedding
        (G, D) float32, None before training has ended.
    """

    def __init__(
        self,
        genes: NDArray[np.int64],
        denoised: NDArray[np.float16] | None = None,
        clusters: Clusters | None = None,
        embedding: NDArray[np.float32] | None = None,
    ) -> None:
        self.genes = genes
        self.denoised = denoised
        self.clusters = clusters if clusters is not None and clusters.n_clusters else None
        self.embedding = embedding if embedding is not None and embedding.shape[1] else None
        #: Genes outside the model that were denoised and embedded, and their positions, (A,).
        self.added: AddedGenes | None = None
        self.added_genes: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        #: Memberships of earlier edits, with their patterns, so that undo is quick.
        self._earlier: tuple[tuple[NDArray[np.float32], NDArray[np.float32]], ...] = ()

    @classmethod
    def of(cls, result: Result, genes: NDArray[np.int64]) -> Model:
        """Return the model of a result, whose genes have positions (G,) among all genes."""
        clusters = result.clusters if result.edited is None else result.edited
        return cls(genes, result.denoised, clusters, result.embedding)

    def with_clusters(self, clusters: Clusters) -> Model:
        """Return the model with other clusters; everything else is kept."""
        other = Model(self.genes, self.denoised, clusters, self.embedding)
        other.added, other.added_genes = self.added, self.added_genes
        if (row_of := self.__dict__.get("row_of")) is not None:
            other.__dict__["row_of"] = row_of
        patterns, before = self.__dict__.get("consensus"), self.clusters
        if patterns is None or before is None or self.denoised is None:
            return other
        other._earlier = self._earlier
        if clusters.membership is not before.membership:
            other._earlier = (*self._earlier, (before.membership, patterns))[-_KEPT:]
            patterns = next((p for m, p in self._earlier if m is clusters.membership), None)
            if patterns is None:
                patterns = updated_consensus(other._earlier[-1][1], before, clusters, self.denoised)
        if patterns is not None:
            other.__dict__["consensus"] = patterns
        return other

    def with_added(self, added: AddedGenes, genes: NDArray[np.int64]) -> Model:
        """Return the model with added genes, at positions (A,) among all genes."""
        other = copy(self)
        other.__dict__.pop("_added_row_of", None)
        other.added, other.added_genes = added, genes
        return other

    def has_view(self, gene: int) -> bool:
        """Return whether a gene, by its position among all genes, has a denoised view."""
        return (self.denoised is not None and gene in self.row_of) or gene in self._added_row_of

    def view_of(self, gene: int) -> NDArray[np.float16] | None:
        """Return a gene's denoised view (P,); None where it has none."""
        if self.denoised is not None and (row := self.row_of.get(gene)) is not None:
            view: NDArray[np.float16] = self.denoised[row]
            return view
        if self.added is not None and (row := self._added_row_of.get(gene)) is not None:
            return self.added.denoised[row]
        return None

    def precompute(self) -> None:
        """Compute slow quantities now, in any thread, so that the window need not wait."""
        _ = (self.row_of, self.cluster, self.confidence, self.consensus)

    @property
    def n_clusters(self) -> int:
        """Number K of clusters; 0 before there are any."""
        return 0 if self.clusters is None else self.clusters.n_clusters

    @property
    def membership(self) -> NDArray[np.float32] | None:
        """(G, K) posterior over clusters; None before there are any."""
        return None if self.clusters is None else self.clusters.membership

    @property
    def names(self) -> tuple[str, ...]:
        """(K,) names of the clusters."""
        return () if self.clusters is None else self.clusters.names

    @property
    def colours(self) -> tuple[str, ...]:
        """(K,) colours of the clusters, ``#rrggbb``."""
        return () if self.clusters is None else self.clusters.colours

    @property
    def hidden(self) -> frozenset[int]:
        """Columns of clusters whose genes are not shown."""
        return frozenset() if self.clusters is None else self.clusters.hidden

    @cached_property
    def row_of(self) -> dict[int, int]:
        """Row of a modelled gene, by its position among all genes."""
        return {int(gene): row for row, gene in enumerate(self.genes)}

    @cached_property
    def _added_row_of(self) -> dict[int, int]:
        return {int(gene): row for row, gene in enumerate(self.added_genes)}

    @cached_property
    def cluster(self) -> NDArray[np.int64]:
        """(G,) cluster of each modelled gene; -1 before there are any."""
        if self.clusters is None:
            return np.full(len(self.genes), -1, dtype=np.int64)
        return self.clusters.cluster

    @cached_property
    def confidence(self) -> NDArray[np.float32]:
        """(G,) highest membership; NaN before there are any."""
        if self.clusters is None:
            return np.full(len(self.genes), np.nan, dtype=np.float32)
        return self.clusters.confidence

    @cached_property
    def second(self) -> NDArray[np.int64]:
        """(G,) second-best cluster of each modelled gene; -1 where there is none."""
        if self.clusters is None:
            return np.full(len(self.genes), -1, dtype=np.int64)
        return self.clusters.second

    @property
    def patterned(self) -> bool:
        """Whether there are clusters and views, from which consensus patterns can be computed."""
        return self.clusters is not None and self.denoised is not None

    @property
    def has_consensus(self) -> bool:
        """Whether the consensus patterns are computed already."""
        return "consensus" in self.__dict__

    @cached_property
    def consensus(self) -> NDArray[np.float32] | None:
        """(K, P) consensus patterns; None before there are clusters."""
        if self.membership is None or self.denoised is None:
            return None
        return consensus_pattern(self.denoised, self.membership)
