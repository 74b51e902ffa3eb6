"""Queries for the genes like one, with work that is shared between queries; no widget is needed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from qtpy.QtGui import QImage

from darlc.errors import DarlcError
from darlc.explore.pair_tests import PairTests
from darlc.explore.similar import SimilarGenes, similar_genes
from darlc.images.sgep_images import SGEPImages
from napari_darlc.session.session import Model
from napari_darlc.widgets.common.thumbnails import ThumbnailPainter, draw_genes


class SharedTests:
    """Tests of pairs; what all genes share is computed once, in the thread that asks first."""

    def __init__(self) -> None:
        self._genes: NDArray[np.int64] | None = None
        self._pairs: PairTests | None = None

    def of(
        self, images: SGEPImages, genes: NDArray[np.int64], found: SimilarGenes
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return FDR and p of the genes that were found, (n,) each.

        Parameters
        ----------
        images
            The tissue.
        genes
            (G,) all genes that were compared.
        found
            Those that are listed.
        """
        if self._pairs is None or self._genes is not genes:
            self._genes, self._pairs = genes, PairTests(images, genes)
        tests = self._pairs.with_genes(np.array([found.gene]))
        return tests.fdr[found.rows], tests.p[found.rows]


@dataclass(frozen=True, eq=False)
class SimilarAnswer:
    """Which genes are like one.

    Parameters
    ----------
    found
        The genes, with what they are ranked by.
    picture
        The one that was asked about.
    pictures
        Those that were found.
    """

    found: SimilarGenes
    picture: QImage
    pictures: list[QImage]


def similar_answer(
    images: SGEPImages,
    model: Model,
    gene: int,
    n: int,
    painter: ThumbnailPainter,
    ratio: float,
) -> SimilarAnswer | str:
    """Find the genes like one, and draw them.

    Parameters
    ----------
    images
        The tissue.
    model
        What was learned of it; it has denoised views.
    gene
        The one that is asked about, among all genes.
    n
        How many are listed.
    painter
        What draws a gene.
    ratio
        Pixels of the screen in a unit of the window.

    Returns
    -------
    SimilarAnswer or str
        A sentence for the user where there is no answer.
    """
    assert model.denoised is not None
    try:
        found = similar_genes(images, model.genes, model.denoised, gene, n, model.embedding)
    except DarlcError as error:
        return str(error)
    shown = np.concatenate([[gene], found.genes]).astype(np.int64)
    pictures = draw_genes(images, model, shown, painter)
    for picture in pictures:
        picture.setDevicePixelRatio(ratio)
    return SimilarAnswer(found, pictures[0], pictures[1:])
