"""Observations are found where the file says, in their true size."""

from __future__ import annotations

import numpy as np
import pytest
from anndata import AnnData
from scipy import sparse

from darlc.data.dataset import Dataset
from darlc.images.sgep_images import SGEPImages, rasterize
from napari_darlc.canvas import observation_geometry as module
from napari_darlc.canvas.observation_geometry import observation_geometry


def free_cells(n: int = 900) -> AnnData:
    """Make cells that lie 3 units apart, at free positions."""
    side = round(np.sqrt(n))
    where = 3.0 * np.argwhere(np.ones((side, side))) + 0.4 * np.random.default_rng(0).random((n, 2))
    adata = AnnData(sparse.csr_matrix(np.random.default_rng(1).poisson(3.0, (n, 4)).astype("f4")))
    adata.obsm["spatial"] = where
    return adata


def test_spots_have_the_diameter_of_the_scale_factors(dataset: Dataset, images: SGEPImages) -> None:
    found = observation_geometry(dataset.adata, images)
    assert found.spots and found.diameter == 11.0 and found.left_undrawn == 0
    np.testing.assert_array_equal(found.positions[:, ::-1], dataset.adata.obsm["spatial"])


def test_without_scale_factors_a_lattice_tells(dataset: Dataset, images: SGEPImages) -> None:
    del dataset.adata.uns["spatial"]
    found = observation_geometry(dataset.adata, images)
    assert found.spots and found.diameter == pytest.approx(0.55 * 20, rel=0.01)


@pytest.mark.parametrize(
    "uns", [{}, {"a": 3}, {"a": {"scalefactors": None}}, {"a": {"scalefactors": {}}}, 7]
)
def test_other_things_in_uns_do_no_harm(dataset: Dataset, images: SGEPImages, uns: object) -> None:
    dataset.adata.uns["spatial"] = uns
    assert observation_geometry(dataset.adata, images).diameter == pytest.approx(11.0, rel=0.01)


def test_cells_are_dots_that_do_not_hide_each_other() -> None:
    adata = free_cells()
    found = observation_geometry(adata, rasterize(adata))
    assert not found.spots and 2.2 < found.diameter < 3.0


def test_what_lies_outside_the_tissue_is_not_drawn(dataset: Dataset) -> None:
    adata = dataset.adata
    adata.obs["in_tissue"] = np.arange(adata.n_obs) % 2
    found = observation_geometry(adata, rasterize(adata))
    np.testing.assert_array_equal(found.rows, np.arange(1, adata.n_obs, 2))


def test_of_very_many_a_sample_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_DRAWN", 100)
    adata = free_cells()
    found = observation_geometry(adata, rasterize(adata))
    assert len(found.rows) == 100 and found.left_undrawn == 800
    assert np.all(np.diff(found.rows) > 0)
    np.testing.assert_array_equal(found.positions, adata.obsm["spatial"][found.rows, ::-1])
