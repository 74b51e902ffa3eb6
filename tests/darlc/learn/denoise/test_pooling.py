"""The model grid that held-out molecules choose: as fine as details and depth allow."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy import sparse

from darlc.config import Config, DenoiseConfig
from darlc.images.grid import Grid
from darlc.images.pooling import pooled_grid
from darlc.images.sgep_images import SGEPImages
from darlc.learn.denoise import pooling
from darlc.learn.denoise.pooling import Grids, compare_poolings, poolings

CPU = torch.device("cpu")
SMALL = DenoiseConfig(components=6, width=16, heads=2, epochs=8)
SIDE, GENES = 24, 30


def tissue(wavelength: float, molecules: float, seed: int = 0) -> SGEPImages:
    """Return counts of genes that follow waves of a length in pixels, in three directions."""
    rng = np.random.default_rng(seed)
    rows, columns = np.indices((SIDE, SIDE)).reshape(2, -1)
    angle = np.arange(3) * np.pi / 3
    along = np.outer(rows, np.sin(angle)) + np.outer(columns, np.cos(angle))
    waves = np.exp(1.5 * np.sin(2 * np.pi * along / wavelength))
    rate = molecules * (waves / waves.mean(axis=0))[:, np.arange(GENES) % 3]
    return SGEPImages(
        matrix=sparse.csc_array(rng.poisson(rate).astype(np.float32)),
        grid=Grid(np.ones((SIDE, SIDE), dtype=bool), np.eye(3)),
        gene_names=np.array([f"Gene{i}" for i in range(GENES)]),
        observation_pixel=np.arange(SIDE * SIDE),
    )


@pytest.fixture
def for_small_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare poolings also of pictures that are small enough for a test."""
    monkeypatch.setattr(pooling, "SMALL", 100)
    monkeypatch.setattr(pooling, "FEWEST", 30)


def chosen(images: SGEPImages, seed: int = 0) -> pooling.Pooling:
    return list(compare_poolings(images, (1, 2, 4), SMALL, seed, CPU))[-1]


def test_fine_details_that_many_molecules_show_are_learnt_finely() -> None:
    found = chosen(tissue(wavelength=4, molecules=12))
    assert found.factor == 1
    assert found.scores[1] > found.scores[4] and set(found.scores) == {1, 2, 4}


def test_broad_patterns_of_few_molecules_are_learnt_coarsely() -> None:
    found = chosen(tissue(wavelength=24, molecules=0.1))
    assert found.factor > 1, found.scores
    assert found.scores[found.factor] > 0, "they are predicted better than by no pattern"


def test_the_same_seed_chooses_the_same() -> None:
    images = tissue(wavelength=10, molecules=0.5)
    first, again = chosen(images), chosen(images)
    assert first == again
    assert first.scores != chosen(images, seed=1).scores


def test_where_there_is_no_choice_nothing_is_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pooling, "Denoiser", lambda *_: pytest.fail("it was fitted"))
    only = list(compare_poolings(tissue(4, 1), (3,), SMALL, 0, CPU))
    assert only == [pooling.Pooling(3, {})]


@pytest.mark.parametrize("budget", [50, 100, 144, 400, 10_000])
def test_the_budget_is_kept(budget: int, for_small_pictures: None) -> None:
    images = tissue(10, 1)
    tried = poolings(images, budget)
    sizes = [pooled_grid(images.grid, factor)[0].n_pixels for factor in tried]
    assert max(sizes) == sizes[0] <= budget
    assert all(b == 2 * a for a, b in pairwise(tried))
    assert all(size >= 30 for size in sizes[1:])


def test_small_and_hexagonal_pictures_are_not_pooled_nor_are_values_that_are_no_counts() -> None:
    images = tissue(10, 1)
    assert images.n_pixels <= pooling.SMALL
    assert poolings(images, 16_000) == (1,)
    hexagonal = replace(images, grid=replace(images.grid, layout="hexagonal"))
    assert poolings(hexagonal, 10) == (1,)
    logs = replace(images, values="log")
    assert len(poolings(logs, 100)) == 1


def test_large_pictures_compare_doublings() -> None:
    side = 90
    images = replace(
        tissue(10, 1),
        matrix=sparse.csc_array((side * side, GENES), dtype=np.float32),
        grid=Grid(np.ones((side, side), dtype=bool), np.eye(3)),
    )
    assert poolings(images, 16_000) == (1, 2)
    assert poolings(images, 4000) == (2,), "23 x 23 pixels are too few"
    assert poolings(replace(images, values="log"), 4000) == (2,)


def test_both_grids_hold_the_same_genes(for_small_pictures: None) -> None:
    images = tissue(24, 1)
    config = Config(genes=12, model_pixels=150, denoise=SMALL, device="cpu")
    grids = Grids.of(images, config, CPU)
    *_, pooling = compare_poolings(grids.drawing, grids.tried, SMALL, 0, CPU)
    everything = grids.everything(pooling)
    chosen = everything.select(grids.selection.genes)
    assert pooling.factor >= 2 and chosen.n_pixels <= 150
    assert grids.drawing.n_pixels == SIDE * SIDE and everything.n_genes == GENES
    assert list(chosen.gene_names) == list(grids.drawing.gene_names)
    np.testing.assert_allclose(chosen.measured().sum(axis=1), grids.drawing.measured().sum(axis=1))


def test_a_note_says_how_large_the_pixels_are() -> None:
    grid, _ = pooled_grid(Grid(np.ones((8, 8), dtype=bool), 2 * np.eye(3), microns=5.0), 4)
    (note,) = pooling.Pooling(4, {2: 0.1, 4: 0.2}).notes(grid)
    assert "4 pixels of 4 × 4 picture pixels, 40 µm a side, chosen of 2" in note
    assert list(pooling.Pooling(1, {1: 0.2, 2: 0.1}).notes(grid)) == []


def test_held_out_molecules_are_those_that_were_not_shown() -> None:
    images = tissue(10, 3)
    shown, hidden = pooling.split_molecules(images, 0)
    np.testing.assert_array_equal((shown.matrix + hidden).toarray(), images.matrix.toarray())
    assert shown.matrix.sum() / images.matrix.sum() == pytest.approx(0.8, abs=0.02)
    np.testing.assert_array_equal(shown.library, images.library)
