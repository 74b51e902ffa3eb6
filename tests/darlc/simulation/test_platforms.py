"""Platforms lie as they are said to: what comes out of them is read as the real ones are."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from darlc.images.sgep_images import rasterize
from darlc.simulation.platforms import PLATFORMS, Section
from darlc.simulation.tissue import simulate


def lay(platform: str, seed: int = 0) -> Section:
    return PLATFORMS[platform].lay(np.random.default_rng(seed))


def test_visium_is_a_hexagonal_lattice() -> None:
    images = rasterize(simulate(seed=0, genes=20, clusters=2))
    assert images.grid.layout == "hexagonal"
    assert images.grid.microns == pytest.approx(1.0, rel=0.02)
    assert images.values == "counts"
    assert np.median(images.grid.neighbours.sum(axis=0)) == 6


def test_st_is_a_square_lattice() -> None:
    adata = simulate(seed=0, genes=20, clusters=2, platform="st")
    grid = rasterize(adata).grid
    assert grid.layout == "square" and 600 <= grid.n_pixels == adata.n_obs <= 800
    assert grid.pixel_size == pytest.approx(200.0)
    assert np.median(grid.neighbours.sum(axis=0)) == 8


@pytest.mark.parametrize(("platform", "count"), [("slideseq", 6000), ("merfish", 4000)])
def test_free_positions_are_binned_without_gaps(platform, count: int) -> None:
    adata = simulate(seed=0, genes=20, clusters=2, platform=platform)
    images = rasterize(adata)
    assert adata.n_obs == count and not {"array_row", "array_col"} & set(adata.obs)
    assert images.grid.layout == "binned" and images.values == "counts"
    assert 1500 < images.grid.n_pixels < 4096
    # Hardly a pixel within the tissue that no observation fell into.
    assert np.asarray(images.grid.neighbours.sum(axis=0)).mean() > 7


@pytest.mark.parametrize("platform", ["slideseq", "merfish"])
def test_free_positions_keep_a_distance_but_form_no_lattice(platform) -> None:
    section = lay(platform)
    nearest = cKDTree(section.spatial).query(section.spatial, k=2)[0][:, 1]
    spread = nearest.std() / nearest.mean()
    # .52 for independent points, 0 on a lattice.
    assert 0.08 < spread < 0.4
    assert nearest.min() > 0.02 * np.median(nearest)


def test_cells_crowd_and_beads_do_not() -> None:
    def unevenness(platform: str) -> float:
        where = np.column_stack([lay(platform).x, lay(platform).y])
        reach = cKDTree(where).query(where, k=30)[0][:, -1]
        # Away from the edge, where half of the neighbourhood is empty.
        inner = np.hypot(*(where - 0.5).T) < 0.35
        return float(reach[inner].std() / reach[inner].mean())

    assert unevenness("merfish") > 2 * unevenness("slideseq")


@pytest.mark.parametrize("platform", PLATFORMS)
def test_positions_lie_in_the_square_and_in_the_coordinates(platform) -> None:
    section = lay(platform)
    where = np.column_stack([section.x, section.y])
    assert where.min() >= 0 and where.max() <= 1
    scale = np.ptp(section.spatial, axis=0) / np.ptp(where, axis=0)
    np.testing.assert_allclose(scale[0], scale[1], rtol=0.02)
    assert len(set(section.names)) == len(where)
    other = lay(platform, seed=1)
    assert other.x.shape != section.x.shape or (other.x != section.x).any()


def test_a_selection_keeps_what_belongs_together() -> None:
    section = lay("st")
    kept = np.array([5, 2, 100])
    part = section.select(kept)
    assert list(part.names) == list(section.names[kept])
    np.testing.assert_array_equal(part.obs["array_row"], section.obs["array_row"][kept])
    np.testing.assert_array_equal(part.spatial[:, 1], part.obs["array_row"] * 200.0)


@pytest.mark.parametrize(("platform", "depth"), [("st", 8000), ("slideseq", 80), ("merfish", 400)])
def test_each_platform_has_a_depth(platform, depth: float) -> None:
    adata = simulate(seed=3, genes=40, clusters=4, platform=platform)
    kept = 1 - PLATFORMS[platform].dropout
    assert adata.X.sum(axis=1).mean() == pytest.approx(depth * kept, rel=0.06)
    assert (adata.X.data == np.rint(adata.X.data)).all()
