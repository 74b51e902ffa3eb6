"""Fields of view with coordinates of their own are laid out by those of the slide."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from scipy import sparse

from darlc.io import ReadOptions, open_dataset
from darlc.io.prepare import prepare

FIELDS = 12


@pytest.fixture
def fields() -> tuple[AnnData, np.ndarray]:
    """Return cells with coordinates of their fields, and where they are on the slide."""
    number = np.repeat(np.arange(FIELDS), 60)
    local = np.random.default_rng(0).uniform(size=(len(number), 2)) * [1000, 600]
    on_slide = local + np.column_stack([number % 4 * 1000, number // 4 * 600])
    adata = AnnData(sparse.csr_matrix(np.ones((len(number), 3), dtype=np.float32)))
    adata.obs_names = [f"{i}_{field}" for i, field in enumerate(number)]
    adata.obs["fov"] = pd.Categorical(number.astype(str))
    adata.obsm["spatial"] = local
    adata.obsm["X_umap"] = np.random.default_rng(1).normal(size=(len(number), 2))
    adata.uns["spatial"] = {str(each): {"images": {}} for each in range(FIELDS)}
    return adata, on_slide


def test_another_key_of_obsm(fields, tmp_path):
    adata, on_slide = fields
    adata.obsm["spatial_fov"] = on_slide
    adata.write_h5ad(tmp_path / "a.h5ad")
    dataset = open_dataset(tmp_path / "a.h5ad")
    np.testing.assert_allclose(dataset.adata.obsm["spatial"], on_slide)
    assert any("12 fields (fov)" in note and "spatial_fov" in note for note in dataset.notes)
    assert dataset.sections is None and "spatial" not in dataset.adata.uns
    np.testing.assert_array_equal(dataset.adata.obsm["spatial_original"], adata.obsm["spatial"])
    # What is asked for wins.
    asked = open_dataset(tmp_path / "a.h5ad", ReadOptions(spatial_key="spatial"))
    assert asked.adata.n_obs == 60 and asked.sections is not None


@pytest.mark.parametrize("names", [("CenterX_global_px", "CenterY_global_px"), ("sx_x", "sx_y")])
def test_columns_of_obs_in_memory(fields, names):
    adata, on_slide = fields
    adata.obs[list(names)] = on_slide
    checked, images = prepare(adata)
    np.testing.assert_allclose(checked.obsm["spatial"], on_slide)
    assert images.observation_pixel.min() >= 0 and any("fields" in note for note in images.notes)
    assert np.ptp(adata.obsm["spatial"], axis=0).max() < 1001  # the caller's own stay


def test_other_units_and_a_turned_axis(fields):
    adata, on_slide = fields
    adata.uns["darlc_reading"] = {"microns": 0.12}
    adata.obs[["x_slide_mm", "y_slide_mm"]] = on_slide * [0.00012, -0.00012]
    checked, images = prepare(adata)
    assert checked.uns["darlc_reading"]["microns"] == pytest.approx(1000, rel=1e-3)
    assert images.grid.microns == pytest.approx(1000, rel=1e-3)


def test_what_is_no_shift_of_the_fields_is_not_taken(fields, tmp_path):
    adata, _ = fields
    number = adata.obs["fov"].astype(int).to_numpy()
    adata.obsm["other"] = np.column_stack([number * 10.0, number * 1.0]) + np.random.default_rng(
        2
    ).normal(size=(adata.n_obs, 2))
    adata.write_h5ad(tmp_path / "a.h5ad")
    dataset = open_dataset(tmp_path / "a.h5ad")
    assert dataset.adata.n_obs == 60 and dataset.sections is not None
    assert dataset.sections.column == "fov"
