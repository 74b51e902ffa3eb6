"""Tokens cover the tissue once and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from darlc.images.grid import Grid
from darlc.learn.encode.tokens import make_tokens


@pytest.mark.parametrize("patch", [0, 2, 3, 5])
def test_every_tissue_pixel_is_in_one_token(patch: int) -> None:
    mask = np.random.default_rng(0).random((23, 31)) < 0.6
    mask[:8, :8] = False
    grid = Grid(mask, np.eye(3))
    tokens = make_tokens(grid, patch)
    pixels = tokens.source[tokens.tissue]
    assert sorted(pixels.tolist()) == list(range(grid.n_pixels))
    # A token without any tissue is never computed.
    assert tokens.tissue.any(dim=1).all()


def test_tokens_are_few_when_the_patch_is_chosen() -> None:
    for side in (6, 40, 200):
        tokens = make_tokens(Grid(np.ones((side, side), dtype=bool), np.eye(3)))
        assert tokens.n <= 64 or tokens.patch == 16


def test_gathered_pixels_are_neighbours() -> None:
    grid = Grid(np.ones((6, 6), dtype=bool), np.eye(3))
    tokens = make_tokens(grid, 3)
    values = torch.arange(36.0)[None]
    first = torch.nn.functional.pad(values, (0, 1))[:, tokens.source][0, 0]
    assert first[:9].tolist() == [0, 1, 2, 6, 7, 8, 12, 13, 14]
