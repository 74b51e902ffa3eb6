"""Where panels go: a figure of fitting size, and its axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.figure import Figure, SubFigure

from darlc.images.grid import Grid

#: Where to draw: a figure, a part of one, what makes one, or None for a figure of pyplot.
Place = Figure | SubFigure | Callable[..., Figure] | None


def figure_of(place: Place, size: tuple[float, float]) -> Figure | SubFigure:
    """Return the figure to draw in; a new one has this size, width and height in inches."""
    if isinstance(place, Figure | SubFigure):
        return place
    if place is None:
        import matplotlib.pyplot as plt

        place = plt.figure
    return place(figsize=size, layout="constrained")


def panels(
    place: Place, grid: Grid, rows: int, columns: int, side: float, beside: float = 0.0
) -> Any:
    """Return axes (rows, columns), each for one picture of the tissue.

    Parameters
    ----------
    place
        Where to draw.
    grid
        Sets the panels' proportions.
    rows, columns
        Numbers of panels.
    side
        Longer side of a panel in inches.
    beside
        Space to the right of the panels, as for a colour bar, in inches.
    """
    width, height = extent(grid)
    scale = side / max(width, height)
    size = (columns * width * scale + beside, rows * (height * scale + 0.3))
    return figure_of(place, size).subplots(rows, columns, squeeze=False)


def extent(grid: Grid) -> tuple[float, float]:
    """Return width and height of the tissue in units of ``obsm["spatial"]``."""
    where = grid.pixels @ grid.affine[:2, :2].T
    width, height = np.ptp(where, axis=0) + grid.pixel_size
    return float(width), float(height)
