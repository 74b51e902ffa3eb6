"""How far patterns are smoothed, by tissue whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from darlc.data.grid import Grid
from darlc.learn.counts import SIGMA
from darlc.learn.smoothing import choose_smoothing


def _sigma(width: float, depth: float) -> float:
    """Return what is chosen for two patterns of waves of a width, in pixels, 80 genes."""
    side, random = 24, np.random.default_rng(0)
    grid = Grid(np.ones((side, side), dtype=bool), np.eye(3))
    row, column = np.divmod(np.arange(side * side), side)
    label = np.arange(80) % 2
    wave = np.where(label[:, None] == 0, np.sin(row / width), np.sin(column / width))
    counts = random.poisson(depth * (1.0 + 0.8 * wave)).astype(np.float32)
    soft = np.eye(2, dtype=np.float32)[label]
    library = counts.sum(axis=0)
    model = choose_smoothing(counts, library, soft, grid, 1e6, torch.device("cpu"))
    assert model.counts.shape == counts.shape
    return model.sigma


@pytest.mark.parametrize("depth", [0.05, 5.0])
def test_fine_patterns_are_smoothed_less_than_broad_ones(depth) -> None:
    assert _sigma(0.8, depth) < _sigma(5.0, depth)


def test_many_molecules_draw_sharper_patterns_than_few() -> None:
    assert _sigma(1.5, 5.0) < SIGMA < _sigma(5.0, 0.05)
