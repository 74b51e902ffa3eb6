"""Consensus patterns against truth, and their properties."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from darlc.images.grid import Grid
from darlc.learn.cluster.patterns import WIDTHS, Bands

SIDE = 24


def _bands(wave: np.ndarray, depth: float, genes: int = 40, seed: int = 0) -> Bands:
    random = np.random.default_rng(seed)
    rate = depth * (1.0 + 0.8 * wave) * np.ones((genes, 1))
    counts = random.poisson(rate).astype(np.float32)
    grid = Grid(np.ones((SIDE, SIDE), dtype=bool), np.eye(3))
    size = np.ones(SIDE * SIDE, dtype=np.float32)
    return Bands.of(counts, size, grid, torch.device("cpu"))


def _wave(width: float) -> np.ndarray:
    return np.sin(np.arange(SIDE * SIDE) // SIDE / width)


def test_bands_add_up_to_relative_expression() -> None:
    bands = _bands(_wave(2.0), 1.0)
    assert len(bands.bands) == len(WIDTHS)
    counts = np.random.default_rng(0).poisson(1.0 + 0.8 * _wave(2.0) * np.ones((40, 1)))
    relative = counts / counts.mean(axis=1, keepdims=True) - 1.0
    grid = Grid(np.ones((SIDE, SIDE), dtype=bool), np.eye(3))
    for first, width in enumerate(WIDTHS):
        smooth = (grid.smoother(width) @ relative.T).T
        sums = bands.bands[first:].sum(dim=0)
        np.testing.assert_allclose(sums, smooth, atol=1e-4)
    torch.testing.assert_close(bands.excess(), bands.bands[1:].sum(dim=0))


def test_detail_is_kept_where_molecules_show_it() -> None:
    """Fine patterns keep fine bands, and so do patterns of many molecules."""
    together = torch.ones(40, 1)

    def kept(width: float, depth: float) -> torch.Tensor:
        return _bands(_wave(width), depth).draw(together).kept[:, 0, 0]

    fine = slice(0, 3)
    assert kept(0.8, 1.0)[fine].mean() > 0.5 > kept(5.0, 0.05)[fine].mean()
    assert (kept(1.0, 5.0) >= kept(1.0, 0.02)).all()
    assert kept(5.0, 5.0)[-1] > 0.9
    assert kept(5.0, 0.05)[-1] > 0.7


def test_noise_alone_draws_a_flat_pattern() -> None:
    drawn = _bands(np.zeros(SIDE * SIDE), 0.2, genes=200).draw(torch.ones(200, 1))
    plain = _bands(np.zeros(SIDE * SIDE), 0.2, genes=200).excess().mean(dim=0)
    assert float((drawn.pattern - 1.0).square().mean()) < 0.3 * float(plain.square().mean())


@pytest.mark.parametrize("depth", [0.02, 0.3, 5.0])
@pytest.mark.parametrize("width", [0.8, 2.0, 5.0])
def test_patterns_are_as_near_to_the_truth_as_at_the_best_width(depth, width) -> None:
    bands = _bands(_wave(width), depth)
    drawn = bands.draw(torch.ones(40, 1))

    def error(pattern: torch.Tensor) -> float:
        return float((pattern - 0.8 * torch.from_numpy(_wave(width))).square().mean())

    widths = [error(bands.bands[i:].sum(dim=0).mean(dim=0)) for i in range(len(WIDTHS))]
    assert error(drawn.pattern[0] - 1.0) < 1.3 * min(widths)
    assert error(drawn.pattern[0] - 1.0) < 0.6 * max(widths)


def test_a_gene_alone_or_none_draws_nothing() -> None:
    bands = _bands(_wave(2.0), 1.0)
    weight = torch.zeros(40, 2)
    weight[3, 0] = 1.0
    drawn = bands.draw(weight)
    torch.testing.assert_close(drawn.pattern, torch.ones_like(drawn.pattern))
    three = torch.tensor([3])
    rest = bands.without(drawn, three, torch.tensor([0]), three)
    torch.testing.assert_close(rest, torch.ones_like(rest))


def test_leaving_out_is_drawing_without_at_the_same_detail() -> None:
    bands = _bands(_wave(2.0), 0.3)
    weight = torch.rand(40, 3, generator=torch.Generator().manual_seed(0))
    drawn = bands.draw(weight)
    left_out = weight.clone()
    left_out[7] = 0.0
    again = bands.draw(left_out)
    means = [again.share.T @ band for band in bands.bands]
    expected = 1.0 + sum(kept * mean for kept, mean in zip(drawn.kept, means, strict=True))
    rows, clusters = torch.full((3,), 7), torch.arange(3)
    torch.testing.assert_close(
        bands.without(drawn, rows, clusters, rows), expected, atol=1e-4, rtol=1e-4
    )
