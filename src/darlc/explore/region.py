"""Genes and clusters that are enriched in a region of the tissue."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from darlc.errors import InputError
from darlc.explore.enrichment import Enrichment, ObservationExpression
from darlc.images.sgep_images import SGEPImages, find_expression
from darlc.results.clusters import Clusters

if TYPE_CHECKING:
    from anndata import AnnData

#: Fewest observations in which a gene must be detected to be compared.
_FEWEST_DETECTED = 10


@dataclass(frozen=True, eq=False)
class RegionMarkers:
    """How expression differs between a region and the rest of the tissue, or another region.

    Parameters
    ----------
    n_inside, n_outside
        Observations compared.
    genes
        (g,) positions, among all genes, of those that were detected often enough.
    enrichment
        Of these genes.
    columns
        (k,) clusters that hold genes, by column of the membership; empty without clusters.
    clusters
        Of these clusters: of sums of their genes, weighted by membership, in which rare genes
        count as much as abundant ones. None without clusters.
    """

    n_inside: int
    n_outside: int
    genes: NDArray[np.int64]
    enrichment: Enrichment
    columns: NDArray[np.int64]
    clusters: Enrichment | None = None


class Regions:
    """Compares regions with the rest of the tissue, or with each other; shared work is done once.

    Parameters
    ----------
    adata
        The data that the images were made from.
    images
        All genes.
    modelled
        (G,) positions of the genes of the result among all genes.
    clusters
        Clusters of the genes of the result; without them, only genes are compared.
    considered
        (n_obs,) observations that may be compared, of those that have a pixel; all by default.

    Raises
    ------
    InputError
        Too few observations are left, or no gene is detected in enough of them.
    """

    def __init__(
        self,
        adata: AnnData,
        images: SGEPImages,
        modelled: NDArray[np.int64] | None = None,
        clusters: Clusters | None = None,
        considered: NDArray[np.bool_] | None = None,
    ) -> None:
        used = images.observation_pixel >= 0
        self._used = np.flatnonzero(used if considered is None else used & considered)
        fewest = min(_FEWEST_DETECTED, len(self._used) // 4)
        matrix = find_expression(adata)[0][self._used]
        matrix.eliminate_zeros()
        detected = np.bincount(matrix.indices, minlength=images.n_genes)
        self.genes = np.flatnonzero(detected >= max(fewest, 1))
        if not len(self.genes):
            raise InputError(
                f"no gene is detected often enough in the {len(self._used)} observations that are "
                "compared: choose a larger part of the tissue."
            )
        library = np.ones(len(self._used))
        if images.values != "log":
            total = np.asarray(matrix.sum(axis=1, dtype=np.float64)).ravel()
            library = np.where(total > 0, total, 1.0)
        self._observations = ObservationExpression(
            matrix.tocsc()[:, self.genes],
            library,
            images.observation_pixel[self._used],
            images.grid,
            images.values,
        )
        self._modelled, self._clusters = modelled, clusters

    def compare(
        self, inside: NDArray[np.bool_], against: NDArray[np.bool_] | None = None
    ) -> RegionMarkers:
        """Compare a region (n_obs,) with the rest of the observations, or with another region.

        Observations in both regions count in neither.

        Raises
        ------
        InputError
            Too few observations are inside, or outside.
        """
        x = inside[self._used]
        rest = ~x if against is None else against[self._used] & ~x
        if against is not None:
            x = x & ~against[self._used]
        columns, sums = self._sums
        return RegionMarkers(
            n_inside=int(x.sum()),
            n_outside=int(rest.sum()),
            genes=self.genes,
            enrichment=self._observations.enrichment(x, rest),
            columns=columns,
            clusters=None if sums is None else sums.enrichment(x, rest),
        )

    @cached_property
    def _sums(self) -> tuple[NDArray[np.int64], ObservationExpression | None]:
        """Return the clusters that can be compared, and the sums of their genes."""
        if self._modelled is None or self._clusters is None:
            return np.empty(0, dtype=np.int64), None
        row = np.full(max(int(self._modelled.max()), int(self.genes.max())) + 1, -1)
        row[self._modelled] = np.arange(len(self._modelled))
        there = np.flatnonzero(row[self.genes] >= 0)
        membership = self._clusters.membership[row[self.genes[there]]].astype(np.float64)
        columns = np.flatnonzero(self._clusters.sizes)
        columns = columns[membership[:, columns].sum(axis=0) > 0]
        if not len(columns):
            return columns, None
        share = membership[:, columns] / membership[:, columns].sum(axis=0)
        weights = np.zeros((len(self.genes), len(columns)))
        if self._observations.values == "log":
            weights[there] = share
        else:
            # Each gene is scaled to the mean total of the cluster's genes.
            totals = self._observations.totals[there]
            weights[there] = share / totals[:, None] * (share.T @ totals)
        return columns, self._observations.combined(weights)


def covered_pixels(images: SGEPImages, inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the share (P,) of each pixel's observations that are inside a region.

    Parameters
    ----------
    images
        Of the tissue.
    inside
        (n_obs,).
    """
    used = images.observation_pixel >= 0
    pixel = images.observation_pixel[used]
    held = np.bincount(pixel, minlength=images.n_pixels)
    within = np.bincount(pixel, inside[used].astype(np.float64), minlength=images.n_pixels)
    return within / np.maximum(held, 1)
