"""Where the sections of a study lie beside one another: arithmetic alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from darlc.images.grid import Grid
from napari_darlc.canvas.placing import tissue_box

#: Space between panels, and above each for its name, as shares of a panel's size.
_BETWEEN, _ABOVE = 0.06, 0.16
#: Free strip above all panels, for the text overlay, as a share of their height.
_STRIP = 0.07
#: From one panel to the next, in panels.
_STEP = np.array([1 + _BETWEEN + _ABOVE, 1 + _BETWEEN])


@dataclass(frozen=True, eq=False)
class Panels:
    """Sections in rows, in the order of the study.

    Parameters
    ----------
    grids
        The grid of each section, moved to where it is drawn.
    middles
        (S, 2) the middle of each panel, (y, x) in the layers' units.
    heads
        (S, 2) where the name of each section stands, centred, (y, x) in the layers' units.
    top
        (y, x) of the upper end of what is to be seen, at the left end.
    shape
        Rows and columns.
    size
        Height and width of a panel, without the space around it, in the layers' units.
    to_scale
        Whether the scale of all sections is known, so that one scale bar holds for all.
    """

    grids: tuple[Grid, ...]
    middles: NDArray[np.float64]
    heads: NDArray[np.float64]
    top: NDArray[np.float64]
    shape: tuple[int, int]
    size: NDArray[np.float64]
    to_scale: bool

    def width_on(self, canvas: tuple[int, int]) -> float:
        """Return the width of a panel and its space, in pixels of a canvas (height, width)."""
        step = self.size * _STEP
        zoom = min(canvas[0] / (self.shape[0] * step[0]), canvas[1] / (self.shape[1] * step[1]))
        return float(zoom * step[1])


def in_rows(grids: Sequence[Grid], stays: int, canvas: tuple[int, int]) -> Panels:
    """Lay sections in rows, so that they are as large as possible on a canvas.

    Sizes are true to one another where the scale of all is known. Otherwise all are drawn as large
    as the section that stays, as units of files differ.

    Parameters
    ----------
    grids
        Grid of each section.
    stays
        The section that stays where it is, so that regions and observations still fit it.
    canvas
        Height and width of the canvas.
    """
    sized = _same_units(grids, stays)
    boxes = np.array([tissue_box(grid) for grid in sized])
    size = np.ptp(boxes, axis=1).max(axis=0)
    step = size * _STEP
    shape = _best_shape(len(sized), step, canvas)
    cells = np.array([divmod(i, shape[1]) for i in range(len(sized))]) * step
    centres = boxes.mean(axis=1)
    where = centres[stays] + cells - cells[stays]
    moved = tuple(_moved(grid, shift) for grid, shift in zip(sized, where - centres, strict=True))
    heads = where - [size[0] * (0.5 + _ABOVE / 2), 0.0]
    left = where[:, 1].min() - size[1] / 2
    top = np.array([heads[0, 0] - shape[0] * step[0] * _STRIP, left])
    to_scale = all(np.isfinite(grid.microns) for grid in grids)
    return Panels(moved, where, heads, top, shape, size, to_scale)


def _same_units(grids: Sequence[Grid], stays: int) -> list[Grid]:
    """Return the grids in the units of the one that stays."""
    kept = grids[stays]
    known = all(np.isfinite(grid.microns) for grid in grids)
    length = _diagonal(kept)
    sized = []
    for grid in grids:
        times = grid.microns / kept.microns if known else length / _diagonal(grid)
        affine = np.diag([times, times, 1.0]) @ grid.affine
        sized.append(kept if grid is kept else replace(grid, affine=affine, microns=kept.microns))
    return sized


def _diagonal(grid: Grid) -> float:
    """Return the length of the tissue's diagonal in the units of its file."""
    box = tissue_box(replace(grid, microns=float("nan")))
    return float(np.hypot(*np.ptp(box, axis=0)))


def _moved(grid: Grid, shift: NDArray[np.float64]) -> Grid:
    """Return a grid that is shifted by (y, x) in the layers' units."""
    scale = grid.microns if np.isfinite(grid.microns) else 1.0
    affine = grid.affine.copy()
    affine[:2, 2] += shift[::-1] / scale
    return replace(grid, affine=affine) if shift.any() else grid


def _best_shape(n: int, step: NDArray[np.float64], canvas: tuple[int, int]) -> tuple[int, int]:
    """Return the rows and columns in which n panels are largest."""
    columns = np.arange(1, n + 1)
    rows = -(-n // columns)
    zoom = np.minimum(canvas[0] / (rows * step[0]), canvas[1] / (columns * step[1]))
    # Of equally large ones, the one with the fewest empty places.
    best = np.lexsort((rows * columns, -zoom.round(9)))[0]
    return int(rows[best]), int(columns[best])
