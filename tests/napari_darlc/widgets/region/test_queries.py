"""Answers on regions: what is kept from one question to the next."""

from __future__ import annotations

import numpy as np
import pytest

from darlc.data.dataset import Dataset
from darlc.explore.region import Regions
from darlc.images.sgep_images import SGEPImages
from darlc.results.result import Result
from napari_darlc.session.model import Model
from napari_darlc.widgets.common.thumbnails import ThumbnailPainter
from napari_darlc.widgets.gene_lists.ranked_genes import PICTURE
from napari_darlc.widgets.region.queries import RegionAnswer, RegionQueries
from napari_darlc.widgets.region.regions import AnnotatedRegion, Place


@pytest.fixture
def model(images: SGEPImages, result: Result) -> Model:
    return Model.of(result, images.index([str(name) for name in result.gene_names]))


@pytest.fixture
def asker(dataset: Dataset, images: SGEPImages, model: Model) -> RegionQueries:
    """Return what answers on a small tissue with two rare spots."""
    kind = np.digitize(dataset.adata.obs["array_row"], [4, 8]).astype(str)
    kind[:2] = "rare"
    dataset.adata.obs["kind"] = kind
    return RegionQueries(dataset.adata, images, model)


def answer(asker: RegionQueries, images: SGEPImages, value: str) -> RegionAnswer | str:
    painter = ThumbnailPainter(images.grid, PICTURE)
    return asker.answer(Place(AnnotatedRegion("kind", value)), None, painter, 1.0)


def test_the_genes_worth_listing_have_pictures(
    asker: RegionQueries, images: SGEPImages, qapp: object
) -> None:
    found = answer(asker, images, "1")
    assert isinstance(found, RegionAnswer) and found.place.name == "kind 1"
    assert len(found.rows) == len(found.pictures) == 10
    assert set(found.found.genes[found.rows[:4]]) == {1, 4, 7, 10}
    assert found.found.clusters is not None


def test_what_is_wrong_is_told_not_raised(
    asker: RegionQueries, images: SGEPImages, qapp: object
) -> None:
    assert answer(asker, images, "rare").startswith("2 observations are inside")  # type: ignore[union-attr]


def test_all_values_of_a_column_are_compared_at_once(
    asker: RegionQueries, images: SGEPImages, dataset: Dataset, qapp: object
) -> None:
    answer(asker, images, "1")
    del dataset.adata.obs["kind"]
    found = answer(asker, images, "2")
    assert isinstance(found, RegionAnswer) and set(found.found.genes[found.rows[:4]]) == {
        2,
        5,
        8,
        11,
    }


def test_other_clusters_or_images_need_another(
    asker: RegionQueries, images: SGEPImages, model: Model
) -> None:
    assert asker.fits(images, model)
    assert model.clusters is not None
    assert not asker.fits(images, model.with_clusters(model.clusters.renamed(0, "new")))
    assert not asker.fits(images.select(np.arange(5)), model)
    assert not asker.fits(images, None)


def test_a_region_against_another(
    asker: RegionQueries, images: SGEPImages, dataset: Dataset, qapp: object
) -> None:
    """Observations of neither count for nothing, and the engine gives the same."""
    painter = ThumbnailPainter(images.grid, PICTURE)
    one, two = (Place(AnnotatedRegion("kind", value)) for value in "12")
    found = asker.answer(one, two, painter, 1.0)
    assert isinstance(found, RegionAnswer) and found.against is two
    kind = dataset.adata.obs["kind"].to_numpy()
    assert (found.found.n_inside, found.found.n_outside) == (
        (kind == "1").sum(),
        (kind == "2").sum(),
    )
    same = Regions(dataset.adata, images).compare(kind == "1", kind == "2")
    np.testing.assert_array_equal(found.found.enrichment.fdr, same.enrichment.fdr)
