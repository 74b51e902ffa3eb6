"""Lattices keep their own grid and geometry; free coordinates are binned."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from darlc.data.keys import READING
from darlc.errors import InputError
from darlc.images.layout import place
from darlc.images.sgep_images import rasterize


def _visium(rows: int = 9, columns: int = 7, first: int = 0, angle: float = 0.0) -> AnnData:
    row, half = np.mgrid[first : first + rows, :columns].reshape(2, -1)
    column = 2 * half + row % 2
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    spatial = np.column_stack([50.0 * column, 100 * np.sqrt(0.75) * row]) @ turn.T
    adata = AnnData(np.ones((len(row), 1), dtype=np.float32))
    adata.obs = pd.DataFrame(
        {"array_row": row, "array_col": column}, index=[str(i) for i in range(len(row))]
    )
    adata.obsm["spatial"] = spatial
    return adata


@pytest.mark.parametrize("first", [0, 1, 4])
@pytest.mark.parametrize("angle", [0.0, 0.3])
def test_visium_is_hexagonal_with_six_equal_neighbours(first: int, angle: float) -> None:
    adata = _visium(first=first, angle=angle)
    grid, cells, sentence = place(adata, np.ones(adata.n_obs, dtype=bool))
    assert grid.layout == "hexagonal"
    assert grid.mask.all()
    assert grid.shape == (9, 7)
    assert "Visium" in sentence
    # Neighbours on the grid are those 100 µm away on the slide, whatever the parity.
    where = np.empty((grid.n_pixels, 2))
    where[np.ravel_multi_index(cells.T, grid.shape)] = adata.obsm["spatial"]
    pairs = grid.neighbours.tocoo()
    distance = np.linalg.norm(where[pairs.row] - where[pairs.col], axis=1)
    np.testing.assert_allclose(distance, 100.0, rtol=1e-6)
    assert np.diff(grid.neighbours.indptr).max() == 6
    assert grid.microns == pytest.approx(1.0, rel=0.02)


def test_st_coordinates_are_rounded_to_their_lattice() -> None:
    random = np.random.default_rng(0)
    row, column = np.mgrid[5:15, 7:20].reshape(2, -1)
    adata = AnnData(np.ones((len(row), 1), dtype=np.float32))
    adata.obsm["spatial"] = np.column_stack([column, row]) + random.normal(0, 0.05, (len(row), 2))
    grid, cells, sentence = place(adata, np.ones(adata.n_obs, dtype=bool))
    assert grid.layout == "square" and grid.microns == pytest.approx(200, rel=0.02)
    assert "ST lattice" in sentence
    np.testing.assert_array_equal(cells, np.column_stack([row - 5, column - 7]))
    np.testing.assert_allclose(grid.affine[:2, 2], [7, 5], atol=0.1)


def test_free_coordinates_get_a_few_observations_a_pixel() -> None:
    random = np.random.default_rng(0)
    adata = AnnData(np.ones((4000, 1), dtype=np.float32))
    adata.obsm["spatial"] = random.uniform(0, [3000, 1000], (4000, 2))
    grid, _, sentence = place(adata, np.ones(4000, dtype=bool))
    assert grid.layout == "binned"
    assert 1.2 < 4000 / grid.n_pixels < 4
    assert np.isnan(grid.microns)
    height, width = grid.shape
    assert width / height == pytest.approx(3.0, rel=0.1)
    assert "observations in a tissue pixel" in sentence


@pytest.mark.parametrize("along", [0, 1])
def test_a_single_line_of_spots_is_a_picture_too(along: int) -> None:
    adata = AnnData(np.ones((12, 1), dtype=np.float32))
    spatial = np.zeros((12, 2))
    spatial[:, along] = 100.0 * np.arange(12)
    adata.obsm["spatial"] = spatial
    adata.obs["array_row"] = np.arange(12) if along else 0
    adata.obs["array_col"] = 0 if along else np.arange(12)
    grid, cells, _ = place(adata, np.ones(12, dtype=bool))
    home = np.column_stack([cells, np.ones(12)]) @ grid.affine.T
    np.testing.assert_allclose(home[:, :2], spatial, atol=1e-6)
    assert grid.pixel_size == pytest.approx(100.0)


def test_an_absurd_bin_size_is_refused() -> None:
    adata = AnnData(np.ones((20, 1), dtype=np.float32))
    adata.obsm["spatial"] = np.random.default_rng(0).uniform(0, 1e6, (20, 2))
    with pytest.raises(InputError, match="would need"):
        place(adata, np.ones(20, dtype=bool), bin_size=1.0)


@pytest.mark.parametrize("lattice", [True, False])
def test_micrometres_that_a_reader_tells(lattice: bool) -> None:
    row, column = np.mgrid[:6, :7].reshape(2, -1)
    adata = AnnData(np.ones((len(row), 2), dtype=np.float32))
    adata.obsm["spatial"] = np.column_stack([column, row]) * 20.0 + 0.4
    if not lattice:
        adata.obsm["spatial"] += np.random.default_rng(0).normal(0, 8, (len(row), 2))
    else:
        adata.obs["array_row"], adata.obs["array_col"] = row, column
    used = np.ones(len(row), dtype=bool)
    assert np.isnan(place(adata, used)[0].microns)
    adata.uns[READING] = {"microns": 0.5}
    grid = place(adata, used)[0]
    assert grid.microns == 0.5 and (grid.layout == "square") == lattice


def test_one_observation_without_a_number_does_not_cost_the_lattice() -> None:
    whole = _visium(angle=0.1)
    used = np.ones(whole.n_obs, dtype=bool)
    expected = place(whole, used)[1]
    adata = _visium(angle=0.1)
    adata.obs["array_row"] = adata.obs["array_row"].astype(float)
    adata.obs.loc["5", "array_row"] = np.nan
    grid, cells, sentence = place(adata, used)
    np.testing.assert_array_equal(cells, expected)
    assert grid.layout == "hexagonal" and "1 observation without a place on it in obs" in sentence
    # Where another one stands there already it is left out, and never drawn over it.
    adata.obsm["spatial"][5] = adata.obsm["spatial"][6]
    grid, cells, sentence = place(adata, used)
    assert cells[5].tolist() == [-1, -1] and "left out" in sentence
    assert len(np.unique(cells[cells[:, 0] >= 0], axis=0)) == adata.n_obs - 1
    images = rasterize(adata)
    assert images.observation_pixel[5] == -1 and images.matrix.sum() == adata.n_obs - 1


@pytest.mark.parametrize("evidence", ["none", "barcodes", "spots", "wide spots"])
def test_micrometres_of_a_hexagonal_lattice_are_claimed_on_evidence(evidence: str) -> None:
    adata = _visium(angle=0.1)
    del adata.obs["array_row"], adata.obs["array_col"]
    if evidence == "barcodes":
        letters = np.random.default_rng(0).choice(list("ACGT"), (adata.n_obs, 16))
        adata.obs_names = ["".join(each) + "-1" for each in letters]
    elif evidence != "none":
        diameter = 70.0 if evidence == "spots" else 95.0
        adata.uns["spatial"] = {"a": {"scalefactors": {"spot_diameter_fullres": diameter}}}
    grid, _, sentence = place(adata, np.ones(adata.n_obs, dtype=bool))
    assert grid.layout == "hexagonal" and grid.shape == (9, 7)
    if evidence in ("barcodes", "spots"):
        assert "Visium" in sentence and grid.microns == pytest.approx(1.0, rel=0.02)
    else:
        assert "Visium" not in sentence and np.isnan(grid.microns)


@pytest.mark.parametrize("start", [0, 1, 7])
@pytest.mark.parametrize("scale", [1, 50])
def test_whole_numbers_are_a_lattice_of_unknown_pitch(start: int, scale: int) -> None:
    row, column = np.mgrid[start : start + 20, start : start + 25].reshape(2, -1)
    adata = AnnData(np.ones((len(row), 1), dtype=np.float32))
    adata.obsm["spatial"] = scale * np.column_stack([column, row]).astype(float)
    grid, _, sentence = place(adata, np.ones(adata.n_obs, dtype=bool))
    assert grid.layout == "square" and grid.shape == (20, 25)
    assert np.isnan(grid.microns) and "ST" not in sentence
