"""Queries for expression by distance, with work that genes share done once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from qtpy.QtGui import QImage

from darlc.errors import DarlcError
from darlc.explore.distance import DistanceCurve, DistanceQuestion, distance_to, strongest_trends
from darlc.explore.enrichment import SURE, Association
from darlc.explore.polygons import Polygon, Ring
from darlc.images.sgep_images import SGEPImages
from napari_darlc.session.session import Model
from napari_darlc.widgets.common.thumbnails import ThumbnailPainter, draw_genes

if TYPE_CHECKING:
    from anndata import AnnData

#: Genes listed: those that change, but no more than a user looks at.
_MOST, _FEWEST = 200, 10


@dataclass(frozen=True, eq=False)
class Border:
    """Lines and regions, as they were when something was asked of them.

    Parameters
    ----------
    lines, polygons
        In units of ``obsm["spatial"]``.
    """

    lines: tuple[Ring, ...]
    polygons: tuple[Polygon, ...]


@dataclass(frozen=True, eq=False)
class DistanceAnswer:
    """Which genes rise or fall with a distance.

    Parameters
    ----------
    genes
        (g,) positions of the genes that were compared.
    trend
        Of these.
    order
        (g,) rows, the surest first.
    rows
        (n,) the first of them, which are worth listing.
    pictures
        Their pictures.
    """

    genes: NDArray[np.int64]
    trend: Association
    order: NDArray[np.int64]
    rows: NDArray[np.int64]
    pictures: list[QImage]


class DistanceQueries:
    """Answers queries on one border; slow, so to be called off the GUI thread.

    Parameters
    ----------
    adata, images
        The data and their SGEP images.
    model
        Whose genes are compared; None compares all.
    """

    def __init__(self, adata: AnnData, images: SGEPImages, model: Model | None) -> None:
        self._adata, self._images, self._model = adata, images, model
        self._question: DistanceQuestion | None = None

    def answer(
        self, border: Border, painter: ThumbnailPainter, ratio: float
    ) -> DistanceAnswer | str:
        """Return which genes change with the distance; or what is wrong with the border.

        Parameters
        ----------
        border
            What distances are measured from.
        painter, ratio
            What draws the genes, and pixels of the screen in a pixel of the pictures.
        """
        images, model = self._images, self._model
        genes = np.arange(images.n_genes) if model is None else model.genes
        places = np.asarray(self._adata.obsm["spatial"], dtype=np.float64)[:, :2]
        try:
            away = distance_to(places, border.lines, border.polygons)
            self._question = DistanceQuestion(images, away)
            trend = self._question.trend(genes)
        except DarlcError as error:
            return str(error)
        order = strongest_trends(trend)
        rows = order[: int(np.clip((trend.fdr <= SURE).sum(), _FEWEST, _MOST))]
        pictures = draw_genes(images, model, genes[rows], painter)
        for picture in pictures:
            picture.setDevicePixelRatio(ratio)
        return DistanceAnswer(genes, trend, order, rows, pictures)

    def curve(self, gene: int, bins: int, view: NDArray[np.floating] | None) -> DistanceCurve | str:
        """Return a gene's curve, after `answer`.

        Parameters
        ----------
        gene
            Position among all genes.
        bins
            Points of the curve.
        view
            (P,) its denoised view; None without one.
        """
        assert self._question is not None
        try:
            return self._question.curve(gene, self._question.edges(bins), view)
        except DarlcError as error:
            return str(error)
