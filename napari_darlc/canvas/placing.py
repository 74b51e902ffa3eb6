"""Where pictures of a grid lie in the viewer's world."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from darlc.images.grid import Grid

#: Free space around the tissue, of the canvas: what is said of the gene stands beside it.
MARGIN = 0.2


def units(grid: Grid) -> tuple[str, str, str]:
    """Return units of (gene, y, x): micrometres where the platform tells.

    Else those of the file, which have no name.
    """
    space = "um" if np.isfinite(grid.microns) else "dimensionless"
    return ("dimensionless", space, space)


def affine(grid: Grid, aside: tuple[float, float] = (0.0, 0.0)) -> NDArray[np.float64]:
    """Return (4, 4), from (gene, row, column, 1) to (gene, y, x, 1) in the layers' units.

    Parameters
    ----------
    grid
        Where the pixels lie.
    aside
        How far from its true place the picture is put, (y, x).
    """
    matrix = np.eye(4)
    matrix[1:, 1:] = grid.world
    if np.isfinite(grid.microns):
        matrix[1:3, 1:] *= grid.microns
    matrix[1:3, 3] += aside
    return matrix


def tissue_box(grid: Grid) -> NDArray[np.float64]:
    """Return the corners of the tissue in the layers' units, ((top, left), (bottom, right))."""
    place = affine(grid)[1:, 1:]
    halves = np.array([[-0.5, -0.5], [-0.5, 0.5], [0.5, -0.5], [0.5, 0.5]])
    corners = (grid.pixels[:, None] + halves).reshape(-1, 2)
    where = corners @ place[:2, :2].T + place[:2, 2]
    return np.array([where.min(axis=0), where.max(axis=0)])


def finer(times: int) -> NDArray[np.float64]:
    """Return (3, 3), from pixels that many times as fine to the grid's, by their centres."""
    return np.array(
        [[1 / times, 0.0, 0.5 / times - 0.5], [0.0, 1 / times, 0.5 / times - 0.5], [0.0, 0.0, 1.0]]
    )
