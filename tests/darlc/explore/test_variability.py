"""Genes that vary by place: noise at the nominal rate, patterns found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from darlc.explore.variability import spatial_variability
from darlc.images.grid import Grid
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.simulation.tissue import simulate

SIDE = 36


def pictures(counts: np.ndarray, library: np.ndarray) -> SGEPImages:
    """Return counts (P, g) beside a library of many other genes."""
    matrix = sparse.csc_array(np.column_stack([counts, library]).astype(np.float32))
    names = np.array([f"Gene{i}" for i in range(matrix.shape[1])])
    grid = Grid(np.ones((SIDE, SIDE), dtype=bool), np.eye(3))
    return SGEPImages(matrix, grid, names, np.arange(SIDE * SIDE))


@pytest.mark.parametrize("molecules", [5, 40, 4000])
def test_noise_is_significant_at_the_nominal_rate(molecules: int) -> None:
    """Also of five molecules, several of which may lie in one pixel."""
    rng = np.random.default_rng(molecules)
    size = rng.gamma(5, 1 / 5, SIDE * SIDE)
    rate = np.full(600, molecules / SIDE**2) * rng.choice([0.5, 1.0, 2.0], 600)
    crowded = rng.gamma(0.5, 2.0, (SIDE**2, 600))
    counts = rng.poisson(rate * size[:, None] * crowded)
    found = spatial_variability(pictures(counts, 5000 * size), np.arange(600))
    tested = counts.sum(axis=0) > 0
    # Of a few molecules p-values err towards caution.
    assert (0.01 if molecules > 5 else 0) <= np.mean(found.p[tested] < 0.05) < 0.08
    assert np.mean(found.p < 0.001) < 0.005 and (found.fdr <= 0.05).sum() <= 2
    assert (found.p[~tested] == 1).all() and (found.share[~tested] == 0).all()


def test_patterns_are_found_and_their_share_is_that_of_the_truth() -> None:
    rng = np.random.default_rng(1)
    row = np.arange(SIDE * SIDE) // SIDE
    size = np.ones(SIDE * SIDE)
    rate = np.where(row < SIDE // 2, 1.0, 3.0)
    counts = rng.poisson(np.column_stack([rate, rate * 0.05, np.full(SIDE**2, 2.0)]))
    found = spatial_variability(pictures(counts, 5000 * size), np.arange(3))
    assert found.order.tolist() == [0, 1, 2]
    assert (found.fdr[:2] < 0.01).all() and found.p[2] > 0.01
    # Between halves the variance is 1, within them that of Poisson counts, 2.
    assert found.share[0] == pytest.approx(1 / 3, abs=0.05) and found.share[2] < 0.03


def test_patterns_of_a_simulated_tissue() -> None:
    """Beside many molecules of other genes, or a flat gene's share falls where patterns rise."""
    tissue = simulate(seed=2, genes=300, clusters=8, platform="st", unpatterned=0.4)
    others = np.round(1e5 * tissue.obs["library"].to_numpy()).astype(np.float32)
    images = rasterize(tissue)
    matrix = sparse.csc_array(sparse.hstack([images.matrix, others[images_order(images)][:, None]]))
    images = replace(images, matrix=matrix, gene_names=np.append(images.gene_names, "others"))
    found = spatial_variability(images, np.arange(300))
    without = (tissue.var["pattern"] == "none").to_numpy()
    sure = found.fdr <= 0.05
    assert sure[~without].mean() > 0.7
    assert (sure & without).sum() <= 0.08 * sure.sum()


def images_order(images: SGEPImages) -> np.ndarray:
    """Return the observation of every pixel, where each has one."""
    return np.argsort(images.observation_pixel)


def test_no_genes_and_constant_ones(result) -> None:
    images = rasterize(result.adata)
    assert len(spatial_variability(images, np.empty(0, dtype=np.int64)).p) == 0
    flat = pictures(np.full((SIDE**2, 1), 3), np.full(SIDE**2, 5000))
    assert spatial_variability(flat, np.array([0])).p.tolist() == [1.0]
