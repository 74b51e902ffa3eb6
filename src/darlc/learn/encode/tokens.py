"""Tokens: square patches of the grid that hold tissue; empty patches are left out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from darlc.images.grid import Grid

#: Most tokens of an image when the patch is chosen automatically.
_MOST_TOKENS = 64
_SMALLEST, _LARGEST = 2, 16


@dataclass(frozen=True, eq=False)
class Tokens:
    """How tissue pixels are grouped into tokens.

    Parameters
    ----------
    patch
        Side of a token in pixels.
    source
        (T, patch²) index of the tissue pixel at each position of a token, P where there is none.
    position
        (T, 2) row and column of the token among tokens.
    """

    patch: int
    source: Tensor
    position: Tensor

    @property
    def n(self) -> int:
        """Number T of tokens."""
        return len(self.source)

    @property
    def tissue(self) -> Tensor:
        """(T, patch²) bool: positions that hold a tissue pixel."""
        return self.source < int(self.source.max())


def make_tokens(grid: Grid, patch: int = 0) -> Tokens:
    """Divide the grid into tokens; ``patch`` 0 for the smallest with few enough tokens."""
    if patch == 0:
        sizes = range(_SMALLEST, _LARGEST + 1)
        patch = next((s for s in sizes if _count(grid, s) <= _MOST_TOKENS), _LARGEST)
    height, width = grid.shape
    rows, columns = math.ceil(height / patch), math.ceil(width / patch)
    index = np.full((rows * patch, columns * patch), grid.n_pixels, dtype=np.int64)
    index[:height, :width][grid.mask] = grid.index[grid.mask]
    blocks = index.reshape(rows, patch, columns, patch).swapaxes(1, 2).reshape(-1, patch * patch)
    kept = (blocks < grid.n_pixels).any(axis=1)
    # One index is always outside the tissue, so that ``tissue`` can find its value.
    source = np.column_stack([blocks[kept], np.full(int(kept.sum()), grid.n_pixels)])
    place = np.argwhere(kept.reshape(rows, columns))
    return Tokens(patch, torch.from_numpy(source), torch.from_numpy(place))


def _count(grid: Grid, patch: int) -> int:
    rows, columns = (grid.pixels // patch).T
    return len(np.unique(rows * (grid.shape[1] + 1) + columns))
