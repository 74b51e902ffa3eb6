"""Which points a mouse means."""

from __future__ import annotations

import numpy as np
import pytest

from napari_darlc.widgets.map.picking import in_rectangle, point_at

GRID = np.stack(np.meshgrid(np.arange(10.0), np.arange(10.0)), axis=-1).reshape(-1, 2)


def test_the_nearest_point_within_reach() -> None:
    assert GRID[point_at(GRID, (3.2, 6.9), 1.0)].tolist() == [3, 7]
    assert point_at(GRID, (20, 20), 5.0) == -1
    assert point_at(GRID[:0], (0, 0), 5.0) == -1


@pytest.mark.parametrize("corners", [[(2, 3), (5, 4)], [(5, 3), (2, 4)], [(5, 4), (2, 3)]])
def test_a_rectangle_by_any_two_corners(corners: list[tuple[int, int]]) -> None:
    found = GRID[in_rectangle(GRID, corners)]
    assert {tuple(point) for point in found.tolist()} == {
        (x, y) for x in range(2, 6) for y in (3, 4)
    }
