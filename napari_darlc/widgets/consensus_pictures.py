"""Consensus patterns as pictures: one a cluster in its colour, and all of them in one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from qtpy.QtGui import QImage

from darlc.data.grid import Grid
from darlc.data.palette import rgb
from napari_darlc.session import Model
from napari_darlc.widgets.thumbnails import ThumbnailPainter, black_to

#: A pattern is shown from its mean up; this many standard deviations above it are full strength.
_FULL = 2.5
_DIMMEST = 0.25
_CARD_SIDE = 96
_COMBINED_SIDE = 400


@dataclass(frozen=True, eq=False)
class ClusterCard:
    """What the card of a cluster shows.

    Parameters
    ----------
    cluster
        Column of the membership.
    name, colour
        As the model has them.
    n_genes
        Genes whose cluster this is.
    confidence
        Their mean confidence; NaN without genes.
    picture
        The consensus pattern, black to the cluster's colour.
    """

    cluster: int
    name: str
    colour: str
    n_genes: int
    confidence: float
    picture: QImage


class ConsensusPainter:
    """Draws the consensus patterns of one tissue.

    Parameters
    ----------
    grid
        Where the pixels lie.
    """

    def __init__(self, grid: Grid) -> None:
        self.grid = grid

    @cached_property
    def _small(self) -> ThumbnailPainter:
        return ThumbnailPainter(self.grid, _CARD_SIDE)

    @cached_property
    def _large(self) -> ThumbnailPainter:
        return ThumbnailPainter(self.grid, _COMBINED_SIDE)

    def draw(self, model: Model) -> tuple[list[ClusterCard], QImage] | None:
        """Draw the cards of a model, largest cluster first, and the combined picture.

        Clusters without a gene have no card. Slow for many genes: not for the GUI thread.

        Returns
        -------
        cards, combined
            Or None while there are no patterns yet.
        """
        patterns = model.consensus
        if patterns is None:
            return None
        sizes = np.bincount(model.cluster, minlength=model.n_clusters)
        alive = [int(k) for k in np.argsort(-sizes, kind="stable") if sizes[k]]
        cards = [
            ClusterCard(
                cluster=k,
                name=model.names[k],
                colour=model.colours[k],
                n_genes=int(sizes[k]),
                confidence=float(model.confidence[model.cluster == k].mean()),
                picture=self._small.paint(patterns[[k]], black_to(model.colours[k]))[0],
            )
            for k in alive
        ]
        colours = np.array([rgb(model.colours[k]) for k in alive])
        combined = combine(self._large.resample(patterns[alive]), colours)
        return cards, self._large.image(combined)


def combine(patterns: NDArray[np.floating], colours: NDArray[np.floating]) -> NDArray[np.float32]:
    """Give every pixel the colour of the strongest pattern there, brighter where it is stronger.

    Parameters
    ----------
    patterns
        (K, n), of the clusters that hold genes.
    colours
        (K, 3).

    Returns
    -------
    (n, 3)
    """
    spread = np.maximum(patterns.std(axis=1, keepdims=True), 1e-6)
    strength = (patterns - patterns.mean(axis=1, keepdims=True)) / spread
    strongest = strength.argmax(axis=0)
    brightness = np.clip(strength.max(axis=0) / _FULL, _DIMMEST, 1)
    return (colours[strongest] * brightness[:, None]).astype(np.float32)
