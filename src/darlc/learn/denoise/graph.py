"""Neighbourhoods of pixels as graphs of PyTorch Geometric."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from darlc.images.grid import Grid


def edge_index(grid: Grid) -> Tensor:
    """Return the edges between touching tissue pixels, (2, E) int64, both directions, sorted."""
    adjacency = grid.neighbours.tocoo()
    order = np.lexsort((adjacency.row, adjacency.col))
    pairs = np.stack([adjacency.row[order], adjacency.col[order]]).astype(np.int64)
    return torch.from_numpy(pairs)
