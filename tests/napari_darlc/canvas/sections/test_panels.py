"""Where sections lie beside one another, by grids whose places are known."""

from __future__ import annotations

import numpy as np
import pytest

from darlc.images.grid import Grid
from napari_darlc.canvas.placing import affine, tissue_box
from napari_darlc.canvas.sections.panels import in_rows


def tissue(rows: int, columns: int, side: float, x: float, microns: float = 1.0) -> Grid:
    """Return a rectangle of square pixels."""
    place = np.array([[0.0, side, x], [side, 0.0, 7.0], [0.0, 0.0, 1.0]])
    return Grid(np.ones((rows, columns), dtype=bool), place, microns=microns)


@pytest.mark.parametrize("stays", [0, 2, 4])
@pytest.mark.parametrize("canvas", [(500, 500), (100, 900), (900, 100)])
def test_sections_lie_apart_in_order_and_one_stays(stays: int, canvas: tuple[int, int]) -> None:
    grids = [tissue(4 + i, 9 - i, 10.0, 500.0 * i) for i in range(5)]
    panels = in_rows(grids, stays, canvas)
    np.testing.assert_allclose(affine(panels.grids[stays]), affine(grids[stays]))
    boxes = np.array([tissue_box(grid) for grid in panels.grids])
    np.testing.assert_allclose(
        np.ptp(boxes, axis=1), [[40 + 10 * i, 90 - 10 * i] for i in range(5)]
    )
    for i in range(5):
        for j in range(i):
            apart = (boxes[i, 0] >= boxes[j, 1]) | (boxes[j, 0] >= boxes[i, 1])
            assert apart.any(), (i, j)
        # Read as a text is: from left to right, then down.
        if i:
            below = boxes[i, 0, 0] > boxes[i - 1, 1, 0]
            assert below or boxes[i, 0, 1] > boxes[i - 1, 1, 1]
    # A name stands above its section, and below the one above it.
    assert (panels.heads[:, 0] < boxes[:, 0, 0]).all()
    assert (np.abs(panels.heads[:, 1] - boxes[..., 1].mean(axis=1)) < 1e-9).all()
    assert (panels.top <= panels.heads.min(axis=0)).all()
    wide = canvas[1] > 2 * canvas[0]
    high = canvas[0] > 2 * canvas[1]
    assert panels.shape == ((1, 5) if wide else (5, 1) if high else panels.shape)
    assert panels.shape[0] * panels.shape[1] >= 5


def test_sizes_are_true_where_scales_are_known_and_alike_elsewhere() -> None:
    fine, coarse = tissue(5, 5, 10.0, 0.0, microns=1.0), tissue(5, 5, 1.0, 0.0, microns=20.0)
    panels = in_rows([fine, coarse], 0, (400, 400))
    sizes = [np.ptp(tissue_box(grid), axis=0) for grid in panels.grids]
    np.testing.assert_allclose(sizes, [[50, 50], [100, 100]])
    assert {grid.microns for grid in panels.grids} == {1.0}
    assert panels.to_scale
    unknown = tissue(5, 5, 1.0, 0.0, microns=float("nan"))
    panels = in_rows([fine, unknown], 0, (400, 400))
    sizes = [np.ptp(tissue_box(grid), axis=0) for grid in panels.grids]
    np.testing.assert_allclose(sizes, [[50, 50], [50, 50]])
    assert not panels.to_scale
    panels = in_rows([unknown, fine], 0, (400, 400))
    sizes = [np.ptp(tissue_box(grid), axis=0) for grid in panels.grids]
    np.testing.assert_allclose(sizes, [[5, 5], [5, 5]])
