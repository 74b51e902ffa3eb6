"""The gene map's planes, against arrangements that are known."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest
from anndata import AnnData
from numpy.typing import NDArray

from darlc.explore.gene_map import (
    NoUmapError,
    aligned,
    coarse_pictures,
    fitted,
    pca_plane,
    umap_plane,
)
from darlc.images.sgep_images import rasterize
from darlc.images.statistics import standardised

TURNED = np.array([[0.6, -0.8], [0.8, 0.6]])


@pytest.fixture
def flat() -> NDArray[np.float64]:
    """Return points on an ellipse, of different widths in both directions."""
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    return np.column_stack([3 * np.cos(angle), np.sin(angle)])


def distances(points: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.linalg.norm(points[:, None] - points[None], axis=2)


def groups(n_each: int, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(4), n_each)
    return np.eye(4, 10)[group] + 0.1 * rng.normal(size=(len(group), 10)), group


def test_pictures_of_a_small_tissue_are_not_coarsened(tissue: AnnData) -> None:
    images = rasterize(tissue)
    np.testing.assert_allclose(
        coarse_pictures(images), standardised(images.expression()), atol=1e-4
    )


def test_blocks_pool_the_counts_of_a_large_tissue() -> None:
    rows, columns = np.mgrid[:60, :60].reshape(2, -1)
    counts = np.ones((3600, 3), dtype=np.float32)
    counts[:, 1] = 1 + 4 * (rows >= 30)
    counts[:, 2] = 6 - counts[:, 1]  # all places have the same total
    adata = AnnData(counts)
    adata.obs["array_row"], adata.obs["array_col"] = rows, columns
    adata.obsm["spatial"] = np.column_stack([columns, rows]) * 100.0
    coarse = coarse_pictures(rasterize(adata))
    assert coarse.shape == (3, 400)  # blocks of 3 × 3
    np.testing.assert_allclose(coarse[0], 0, atol=1e-4)
    np.testing.assert_allclose(coarse[1], -coarse[2], atol=1e-5)
    assert sorted({round(float(value), 4) for value in coarse[1]}) == [-1, 1]


def test_log_values_are_averaged(tissue: AnnData) -> None:
    images = replace(rasterize(tissue), values="log")
    expected = standardised(images.matrix.T.toarray())
    np.testing.assert_allclose(coarse_pictures(images), expected, atol=1e-4)


def test_pca_finds_the_plane_that_points_lie_in(flat: NDArray[np.float64]) -> None:
    basis = np.linalg.qr(np.random.default_rng(1).normal(size=(12, 3)))[0].T
    # On a sphere's cap, directions keep the ellipse's shape.
    vectors = np.column_stack([0.01 * flat, np.ones(len(flat))]) @ basis
    found = pca_plane(vectors)
    np.testing.assert_allclose(distances(found), distances(fitted(flat)), atol=1e-3)


def test_only_directions_count(flat: NDArray[np.float64]) -> None:
    vectors = np.column_stack([flat, np.ones(len(flat))])
    lengths = np.random.default_rng(0).uniform(0.1, 10, size=(len(flat), 1))
    np.testing.assert_allclose(pca_plane(vectors * lengths), pca_plane(vectors), atol=1e-5)


@pytest.mark.parametrize("shape", [(0, 5), (1, 5), (2, 5), (4, 1), (3, 5)])
def test_few_or_equal_genes_have_places_too(shape: tuple[int, int]) -> None:
    assert pca_plane(np.ones(shape)).shape == (shape[0], 2)
    assert np.isfinite(pca_plane(np.random.default_rng(0).normal(size=shape))).all()


def test_a_fitted_map_lies_in_the_unit_circle() -> None:
    points = np.random.default_rng(0).normal(size=(1000, 2)) * 50 + [7, -300]
    points[0] = [1e5, 0]
    inside = np.linalg.norm(fitted(points), axis=1) <= 1
    assert 0.985 <= inside.mean() <= 0.995
    np.testing.assert_allclose(np.median(fitted(points), axis=0), 0, atol=1e-6)


def test_a_turned_and_mirrored_map_is_turned_back(flat: NDArray[np.float64]) -> None:
    where = flat + 0.1 * np.arange(60)[:, None]  # without symmetry
    where = where - where.mean(axis=0)
    turned = where @ TURNED * [1, -1]
    np.testing.assert_allclose(aligned(turned, where), where, atol=1e-5)
    np.testing.assert_allclose(distances(aligned(turned, where)), distances(where), atol=1e-4)


def test_genes_that_are_new_turn_with_those_that_were_there(flat: NDArray[np.float64]) -> None:
    common = np.arange(60) % 3 > 0
    where = flat.copy()
    where[~common] = 99.0  # nothing is known of these
    found = aligned(flat @ TURNED, where, common)
    np.testing.assert_allclose(found, flat, atol=1e-5)
    nowhere = aligned(flat, where, np.zeros(60, dtype=bool))
    np.testing.assert_allclose(nowhere, flat, atol=1e-6)


def test_without_umap_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(NoUmapError, match=r"umap-learn is missing: install it"):
        umap_plane(np.ones((20, 3)), np.zeros((20, 2)))


def test_too_few_genes_stay_where_they_are(flat: NDArray[np.float64]) -> None:
    np.testing.assert_allclose(umap_plane(np.ones((5, 3)), flat[:5]), fitted(flat[:5]))


@pytest.mark.slow
def test_umap_puts_groups_together_where_pca_had_them() -> None:
    vectors, group = groups(n_each=30)
    start = pca_plane(vectors)
    plane = umap_plane(vectors, start, seed=3)
    np.testing.assert_array_equal(plane, umap_plane(vectors, start, seed=3))
    nearest = distances(plane) + 1e9 * np.eye(len(plane))
    assert np.mean(group[nearest.argmin(axis=1)] == group) > 0.98
    centre = np.array([plane[group == k].mean(axis=0) for k in range(4)])
    before = np.array([start[group == k].mean(axis=0) for k in range(4)])
    agreement = np.corrcoef(centre.ravel(), before.ravel())[0, 1]
    assert agreement > 0.7
