"""Model: denoised views, clusters and embeddings of genes, as far as they exist."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from darlc.results.clusters import Clusters
from darlc.results.denoised_views import DenoisedViews, GeneViews, consensus_pattern
from darlc.results.result import Result
from darlc.results.second_patterns import SecondPatterns

#: Products that a matrix multiplication does in a few milliseconds.
_QUICK = 20_000_000


class Model:
    """Denoised views, clusters and embeddings of genes: live during training, final after it.

    Parameters
    ----------
    genes
        (G,) positions among all genes: of the drawing genes during training, then of all genes
        with an answer.
    denoised
        (G, P) in log-normalised units, None before the denoise stage has ended.
    clusters
        Clusters, with the user's edits; None before there are any.
    embedding
        (G, D) float32, None before training has ended.
    drawing
        (G,) which genes draw the patterns; None for all.
    sums
        Second patterns of the genes, and the model's own clusters, which they count; None where
        none were looked for.
    """

    def __init__(
        self,
        genes: NDArray[np.int64],
        denoised: GeneViews | None = None,
        clusters: Clusters | None = None,
        embedding: NDArray[np.float32] | None = None,
        drawing: NDArray[np.bool_] | None = None,
        sums: tuple[SecondPatterns, Clusters] | None = None,
    ) -> None:
        self.genes = genes
        self.denoised = denoised
        self.clusters = clusters if clusters is not None and clusters.n_clusters else None
        self.embedding = embedding if embedding is not None and embedding.shape[1] else None
        self.drawing = drawing
        self._sums = sums

    @classmethod
    def of(cls, result: Result, genes: NDArray[np.int64]) -> Model:
        """Return the model of a result, whose genes have positions (G,) among all genes."""
        second = result.second_patterns
        sums = None if second is None else (second, result.clusters)
        clusters = result.shown_clusters
        return cls(genes, result.denoised, clusters, result.embedding, result.drawing, sums)

    def with_clusters(self, clusters: Clusters) -> Model:
        """Return the model with other clusters; everything else is kept."""
        other = Model(self.genes, self.denoised, clusters, self.embedding, self.drawing, self._sums)
        if (row_of := self.__dict__.get("row_of")) is not None:
            other.__dict__["row_of"] = row_of
        before = self.clusters
        if before is not None and clusters.membership is before.membership and self.has_consensus:
            other.__dict__["consensus"] = self.consensus
        return other

    def has_view(self, gene: int) -> bool:
        """Return whether a gene, by its position among all genes, has a denoised view."""
        return self.denoised is not None and gene in self.row_of

    def view_of(self, gene: int) -> NDArray[np.floating] | None:
        """Return a gene's denoised view (P,); None where it has none."""
        if self.denoised is None or (row := self.row_of.get(gene)) is None:
            return None
        view: NDArray[np.floating] = self.denoised[row]
        return view

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
        """Row of a gene of the model, by its position among all genes."""
        return {int(gene): row for row, gene in enumerate(self.genes)}

    @cached_property
    def cluster(self) -> NDArray[np.int64]:
        """(G,) cluster of each gene; -1 before there are any."""
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
        """(G,) second-best cluster of each gene; -1 where there is none."""
        if self.clusters is None:
            return np.full(len(self.genes), -1, dtype=np.int64)
        return self.clusters.second

    @cached_property
    def second_patterns(self) -> SecondPatterns | None:
        """Second patterns of genes that are sums, by the clusters as they are shown."""
        if self._sums is None or self.clusters is None:
            return None
        second, own = self._sums
        return second.shown(own, self.clusters)

    @cached_property
    def also(self) -> NDArray[np.int64]:
        """(G,) second cluster of each gene that is likely a sum of two patterns; else -1."""
        if (second := self.second_patterns) is None:
            return np.full(len(self.genes), -1, dtype=np.int64)
        return np.where(second.likely, second.cluster, -1)

    def also_text(self, row: int) -> str:
        """Return a second pattern of the gene of a row, and its share of the molecules, as text.

        Empty for a gene of one pattern.
        """
        second, column = self.second_patterns, int(self.also[row])
        if second is None or column < 0:
            return ""
        return f"also cluster {self.names[column]} ({second.share[row]:.0%})"

    @property
    def patterned(self) -> bool:
        """Whether there are clusters and views, from which consensus patterns can be computed."""
        return self.clusters is not None and self.denoised is not None

    @property
    def quick(self) -> bool:
        """Whether consensus patterns take so little time that no thread is needed."""
        if not isinstance(self.denoised, DenoisedViews):
            return False
        n_pixels, n_programmes = self.denoised.factors.programmes.shape
        return self.n_clusters * n_programmes * n_pixels < _QUICK

    @property
    def has_consensus(self) -> bool:
        """Whether the consensus patterns are computed already."""
        return "consensus" in self.__dict__

    @cached_property
    def consensus(self) -> NDArray[np.float32] | None:
        """(K, P) consensus patterns; None before there are clusters."""
        if self.membership is None or self.denoised is None:
            return None
        return consensus_pattern(self.denoised, self.membership, self.drawing)
