"""What is kept from one pattern to the next."""

from __future__ import annotations

import numpy as np

from darlc.images.sgep_images import SGEPImages
from darlc.results.result import Result
from napari_darlc.session.model import Model
from napari_darlc.widgets.common.thumbnails import ThumbnailPainter
from napari_darlc.widgets.gene_lists.ranked_genes import PICTURE
from napari_darlc.widgets.region.pattern_choice import OfGenes
from napari_darlc.widgets.region.pattern_queries import PatternQueries


def test_other_genes_or_images_need_another(images: SGEPImages, result: Result) -> None:
    model = Model.of(result, images.index([str(name) for name in result.gene_names]))
    queries = PatternQueries(images, model)
    assert queries.fits(images, model)
    assert model.clusters is not None
    assert queries.fits(images, model.with_clusters(model.clusters.renamed(0, "new")))
    assert not queries.fits(images, Model(model.genes, model.denoised[:]))  # type: ignore[index]
    assert not queries.fits(images.select(np.arange(5)), model)
    assert not queries.fits(images, None)


def test_genes_need_denoised_views(images: SGEPImages, qapp: object) -> None:
    painter = ThumbnailPainter(images.grid, PICTURE)
    said = PatternQueries(images, None).answer(OfGenes("x", np.array([1])), painter, 1.0)
    assert isinstance(said, str) and "needs denoised views: train first" in said
