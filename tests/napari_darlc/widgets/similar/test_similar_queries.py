"""What a panel of similar genes asks, by itself: answers, pictures, and tests that are shared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from darlc.data.dataset import Dataset
from darlc.explore.pair_tests import PairTests
from darlc.explore.similar import similar_genes
from darlc.images.sgep_images import SGEPImages
from darlc.results.result import Result
from napari_darlc.session.session import Model, Session
from napari_darlc.widgets.common.thumbnails import ThumbnailPainter, draw_genes
from napari_darlc.widgets.similar.similar_queries import (
    SharedTests,
    SimilarAnswer,
    similar_answer,
)


@pytest.fixture
def model(dataset: Dataset, images: SGEPImages, result: Result) -> Model:
    """Return what a session holds of a result whose embedding knows the three stripes."""
    session = Session()
    stripes = np.eye(3, dtype=np.float32)[np.arange(result.n_genes) % 3]
    session.open(dataset, images, replace(result, embedding=stripes))
    assert session.model is not None
    return session.model


@pytest.mark.usefixtures("qapp")
def test_an_answer_is_the_engines_with_a_picture_of_each_gene(
    images: SGEPImages, model: Model
) -> None:
    painter = ThumbnailPainter(images.grid, 24)
    answer = similar_answer(images, model, 4, 3, painter, 2.0)
    assert isinstance(answer, SimilarAnswer)
    assert model.denoised is not None
    asked = similar_genes(images, model.genes, model.denoised, 4, 3, model.embedding)
    np.testing.assert_array_equal(answer.found.genes, asked.genes)
    assert set(answer.found.genes[:2]) == {1, 7}
    drawn = [answer.picture, *answer.pictures]
    for picture, alone in zip(
        drawn, draw_genes(images, model, np.array([4, *asked.genes]), painter), strict=True
    ):
        assert picture.devicePixelRatio() == 2.0
        alone.setDevicePixelRatio(2.0)
        assert picture == alone


def test_a_flat_gene_is_answered_by_a_sentence(images: SGEPImages, model: Model) -> None:
    images.matrix.data[images.matrix.indptr[11] : images.matrix.indptr[12]] = 0
    answer = similar_answer(images, model, 11, 3, ThumbnailPainter(images.grid, 24), 1.0)
    assert isinstance(answer, str) and "Gene11 does not vary" in answer


def test_what_all_genes_share_is_computed_once(
    images: SGEPImages, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    class Counted(PairTests):
        def __init__(self, *args: object) -> None:
            made.append(args)
            super().__init__(*args)  # type: ignore[arg-type]

    monkeypatch.setattr("napari_darlc.widgets.similar.similar_queries.PairTests", Counted)
    assert model.denoised is not None
    tests = SharedTests()
    for gene in (0, 4):
        found = similar_genes(images, model.genes, model.denoised, gene, 3, model.embedding)
        fdr, p = tests.of(images, model.genes, found)
        expected = PairTests(images, model.genes).with_genes(np.array([gene]))
        np.testing.assert_array_equal(fdr, expected.fdr[found.rows])
        np.testing.assert_array_equal(p, expected.p[found.rows])
    assert len(made) == 1
    tests.of(images, model.genes.copy(), found)
    assert len(made) == 2
