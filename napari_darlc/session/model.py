"""Model: what is known of the genes so far."""

from __future__ import annotations

from copy import copy
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from darlc.results.added_genes import AddedGenes
from darlc.results.clusters import Clusters
from darlc.results.consensus_update import carried
from darlc.results.result import Result, consensus_pattern

#: Patterns that are kept for an edit to be taken back.
_KEPT = 6


class Model:
    """What is known of the genes so far: live while training runs, final after it.

    Parameters
    ----------
    genes
        (G,) positions of the modelled genes among all genes.
    denoised
        (G, P) float16 in log-normalised units, or None before the denoise stage has ended.
    clusters
        As the user edited them; None before there are any.
    embedding
        (G, D) float32, or None before training has ended.
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
        #: Memberships of earlier edits, with their patterns: undo must not wait for these.
        self._earlier: tuple[tuple[NDArray[np.float32], NDArray[np.float32]], ...] = ()

    @classmethod
    def of(cls, result: Result, genes: NDArray[np.int64]) -> Model:
        """Return what a result knows of its genes, which stand at (G,) among all genes."""
        clusters = result.clusters if result.edited is None else result.edited
        return cls(genes, result.denoised, clusters, result.embedding)

    def with_clusters(self, clusters: Clusters) -> Model:
        """Return the same genes with other clusters; what these do not change is kept."""
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
                patterns = carried(other._earlier[-1][1], before, clusters, self.denoised)
        if patterns is not None:
            other.__dict__["consensus"] = patterns
        return other

    def with_added(self, added: AddedGenes, genes: NDArray[np.int64]) -> Model:
        """Return the same with genes outside the model, which stand at (A,) among all genes."""
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

    def warm(self) -> None:
        """Find out, in any thread, what a window would otherwise wait for when it asks."""
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
        """Clusters whose genes are not shown."""
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
        """Whether there are consensus patterns, which it may take a while to work out."""
        return self.clusters is not None and self.denoised is not None

    @property
    def worked_out(self) -> bool:
        """Whether the consensus patterns are at hand, so that nobody waits for them."""
        return "consensus" in self.__dict__

    @cached_property
    def consensus(self) -> NDArray[np.float32] | None:
        """(K, P) consensus patterns; None before there are clusters."""
        if self.membership is None or self.denoised is None:
            return None
        return consensus_pattern(self.denoised, self.membership)
