"""Queries for genes that follow a pattern, with work that is shared between queries."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from qtpy.QtGui import QImage

from darlc.errors import DarlcError, InputError
from darlc.explore.pattern import PatternFit, PatternQuestion
from darlc.images.sgep_images import SGEPImages
from napari_darlc.session.session import Model
from napari_darlc.widgets.common.thumbnails import ThumbnailPainter, draw_genes, magma
from napari_darlc.widgets.region.pattern_choice import OfGenes
from napari_darlc.widgets.region.shapes import Sampled

#: Genes listed: those that follow the pattern, but no more than a user looks at.
_MOST, _FEWEST = 200, 10


@dataclass(frozen=True, eq=False)
class PatternAnswer:
    """Which genes follow a pattern.

    Parameters
    ----------
    found
        All genes that were compared.
    rows
        (n,) the genes worth listing, the best first, among those of ``found``.
    pictures
        Their pictures.
    picture
        The pattern itself; None for that of genes.
    """

    found: PatternFit
    rows: NDArray[np.int64]
    pictures: list[QImage]
    picture: QImage | None


@dataclass(frozen=True, eq=False)
class Painted:
    """A layer as it was when it was asked about.

    Parameters
    ----------
    pixels
        The layer, to be looked up.
    labels
        Whether it holds labels, of which any but 0 is painted, and not numbers.
    """

    pixels: Sampled
    labels: bool

    def over(self, images: SGEPImages) -> NDArray[np.float64]:
        """Return the pattern over tissue pixels, (P,)."""
        grid = images.grid
        x_and_y = grid.pixels @ grid.affine[:2, :2].T + grid.affine[:2, 2]
        values = self.pixels.at(x_and_y)
        return np.asarray(values > 0, dtype=np.float64) if self.labels else np.nan_to_num(values)


class PatternQueries:
    """Answers queries on one dataset; slow, so to be called off the GUI thread, one at a time.

    Parameters
    ----------
    images
        All genes.
    model
        Whose genes are compared; None compares all.
    """

    def __init__(self, images: SGEPImages, model: Model | None) -> None:
        self._images, self._model = images, model
        self._question = PatternQuestion(images, None if model is None else model.genes)

    def fits(self, images: SGEPImages, model: Model | None) -> bool:
        """Return whether these are still the genes and views that answers are about."""
        before = self._model
        if images is not self._images or before is None or model is None:
            return images is self._images and before is model
        return before.genes is model.genes and before.denoised is model.denoised

    def answer(
        self, asked: Painted | OfGenes, painter: ThumbnailPainter, ratio: float
    ) -> PatternAnswer | str:
        """Return which genes follow a pattern, with their pictures; or what is wrong with it.

        Parameters
        ----------
        asked
            The pattern.
        painter, ratio
            What draws the genes, and pixels of the screen in a pixel of the pictures.
        """
        drawn = None
        try:
            if isinstance(asked, OfGenes):
                found = self._of_genes(asked)
            else:
                drawn = asked.over(self._images)
                found = self._question.drawn(drawn)
        except DarlcError as error:
            return str(error)
        n = int(np.clip(found.followed().sum(), _FEWEST, _MOST))
        rows = found.order[:n]
        pictures = draw_genes(self._images, self._model, found.genes[rows], painter)
        own = [] if drawn is None else painter.paint(drawn[None], magma())
        for picture in (*pictures, *own):
            picture.setDevicePixelRatio(ratio)
        return PatternAnswer(found, rows, pictures, own[0] if own else None)

    def _of_genes(self, asked: OfGenes) -> PatternFit:
        model = self._model
        if model is None or model.denoised is None:
            raise InputError("the pattern of genes needs denoised views: train first.")
        return self._question.of_genes(asked.genes, model.genes, model.denoised)
