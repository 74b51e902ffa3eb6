"""Images of consensus patterns: one for each cluster in its colour, and a combined one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from qtpy.QtGui import QImage

from darlc.explore.representatives import representatives
from darlc.images.grid import Grid
from darlc.results.clusters import Clusters
from darlc.results.palette import rgb, shades
from napari_darlc.session.model import Model
from napari_darlc.widgets.common.thumbnails import ThumbnailPainter

#: Standard deviations above its mean at which a pattern has full strength; it starts at the mean.
_FULL = 2.5
_DIMMEST = 0.25
#: Grey of tissue if all clusters are hidden.
_NOTHING = 0.2
_CARD_SIDE, _GENE_SIDE = 96, 56
_COMBINED_SIDE = 400
#: Typical genes on a card.
_TYPICAL = 3


@dataclass(frozen=True, eq=False)
class TypicalGene:
    """A typical gene of a cluster.

    Parameters
    ----------
    gene
        Its position among all genes.
    label
        Its displayed label.
    picture
        Its denoised view, in shades of the cluster's colour.
    """

    gene: int
    label: str
    picture: QImage


@dataclass(frozen=True, eq=False)
class ClusterCard:
    """Content of a cluster's card.

    Parameters
    ----------
    cluster
        Column of the membership.
    name, colour
        Name and colour of the cluster.
    n_genes
        Number of genes of the cluster.
    n_unsure
        Number of them whose membership is less than a half.
    confidence
        Mean confidence; NaN without genes.
    hidden
        Whether its genes are not shown.
    picture
        The consensus pattern, in shades of the cluster's colour; empty without genes.
    typical
        Typical genes, most typical first.
    """

    cluster: int
    name: str
    colour: str
    n_genes: int
    n_unsure: int
    confidence: float
    hidden: bool
    picture: QImage
    typical: tuple[TypicalGene, ...] = ()


class ConsensusPainter:
    """Draws the consensus patterns of one tissue.

    Parameters
    ----------
    grid
        Grid of the pixels.
    """

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        #: The patterns drawn last, and their images by column and colour.
        self._patterns: NDArray[np.float32] | None = None
        self._pictures: dict[tuple[int, str], tuple[QImage, tuple[TypicalGene, ...]]] = {}

    @cached_property
    def _small(self) -> ThumbnailPainter:
        return ThumbnailPainter(self.grid, _CARD_SIDE)

    @cached_property
    def _tiny(self) -> ThumbnailPainter:
        return ThumbnailPainter(self.grid, _GENE_SIDE)

    @cached_property
    def _large(self) -> ThumbnailPainter:
        return ThumbnailPainter(self.grid, _COMBINED_SIDE)

    def draw(
        self, model: Model, order: tuple[int, ...], labels: NDArray[np.str_]
    ) -> tuple[list[ClusterCard], QImage] | None:
        """Draw cards of a model's clusters, and the combined image.

        Hidden clusters are not in the combined image. It is slow for many genes, so call it off the
        GUI thread.

        Parameters
        ----------
        model
            Model with the clusters.
        order
            Columns of the clusters, in the order of the cards.
        labels
            (n_genes,) displayed labels of all genes.

        Returns
        -------
        cards, combined
            Cards and image, or None while there are no patterns.
        """
        patterns, clusters = model.consensus, model.clusters
        if patterns is None or clusters is None or model.denoised is None:
            return None
        n_clusters = clusters.n_clusters
        with np.errstate(invalid="ignore"):
            confidence = (
                np.bincount(clusters.cluster, clusters.confidence, n_clusters) / clusters.sizes
            )
        unsure = np.bincount(clusters.cluster[clusters.unsure], minlength=n_clusters)
        if patterns is not self._patterns:
            self._patterns, self._pictures = patterns, {}
        self._paint(model, clusters, patterns, order, labels)
        cards = []
        for k in order:
            picture, typical = self._pictures[k, clusters.colours[k]]
            card = ClusterCard(
                cluster=k,
                name=clusters.names[k],
                colour=clusters.colours[k],
                n_genes=int(clusters.sizes[k]),
                n_unsure=int(unsure[k]),
                confidence=float(confidence[k]),
                hidden=k in clusters.hidden,
                picture=picture,
                typical=typical,
            )
            cards.append(card)
        shown = [k for k in order if clusters.sizes[k] and k not in clusters.hidden]
        colours = np.array([rgb(clusters.colours[k]) for k in shown]).reshape(-1, 3)
        combined = combine(self._large.resample(patterns[shown]), colours)
        return cards, self._large.image(combined)

    def _paint(
        self,
        model: Model,
        clusters: Clusters,
        patterns: NDArray[np.float32],
        order: tuple[int, ...],
        labels: NDArray[np.str_],
    ) -> None:
        """Draw the missing images."""
        missing = [k for k in order if (k, clusters.colours[k]) not in self._pictures]
        if not missing or model.denoised is None:
            return
        typical = representatives(model.denoised, clusters, patterns, _TYPICAL)
        for k in missing:
            table, rows = shades(clusters.colours[k]), typical[k][typical[k] >= 0]
            known = np.isfinite(patterns[k]).all()
            picture = self._small.paint(patterns[[k]], table)[0] if known else QImage()
            genes = zip(rows, self._tiny.paint(model.denoised[rows], table), strict=True)
            self._pictures[k, clusters.colours[k]] = (
                picture,
                tuple(
                    TypicalGene(gene := int(model.genes[row]), str(labels[gene]), small)
                    for row, small in genes
                ),
            )


def combine(patterns: NDArray[np.floating], colours: NDArray[np.floating]) -> NDArray[np.float32]:
    """Give every pixel the colour of the strongest pattern there, brighter where it is stronger.

    Parameters
    ----------
    patterns
        (K, n), of the shown clusters with genes.
    colours
        (K, 3).

    Returns
    -------
    (n, 3)
    """
    if not len(patterns):
        return np.full((patterns.shape[1], 3), _NOTHING, dtype=np.float32)
    spread = np.maximum(patterns.std(axis=1, keepdims=True), 1e-6)
    strength = (patterns - patterns.mean(axis=1, keepdims=True)) / spread
    strongest = strength.argmax(axis=0)
    brightness = np.clip(strength.max(axis=0) / _FULL, _DIMMEST, 1)
    return (colours[strongest] * brightness[:, None]).astype(np.float32)
