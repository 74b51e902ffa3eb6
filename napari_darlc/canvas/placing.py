"""Coordinates of grids in the viewer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from darlc.images.grid import Grid

#: Margin around the tissue, as a share of the canvas, for the text overlay.
MARGIN = 0.2


def units(grid: Grid) -> tuple[str, str, str]:
    """Return units of (gene, y, x): micrometres where the scale is known.

    Otherwise those of the file, without a name.
    """
    space = "um" if np.isfinite(grid.microns) else "dimensionless"
    return ("dimensionless", space, space)


def affine(grid: Grid, aside: tuple[float, float] = (0.0, 0.0)) -> NDArray[np.float64]:
    """Return (4, 4), from (gene, row, column, 1) to (gene, y, x, 1) in the layers' units.

    Parameters
    ----------
    grid
        Grid of the pixels.
    aside
        Shift from its true position, (y, x).
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
    """Return (3, 3), from indices of finer pixels to indices of the grid's, by centres."""
    return np.array(
        [[1 / times, 0.0, 0.5 / times - 0.5], [0.0, 1 / times, 0.5 / times - 0.5], [0.0, 0.0, 1.0]]
    )
