"""Which points a mouse means."""

from __future__ import annotations

import numpy as np
import pytest

from napari_darlc.widgets.map.picking import in_polygon, in_rectangle, nearest

GRID = np.stack(np.meshgrid(np.arange(10.0), np.arange(10.0)), axis=-1).reshape(-1, 2)


def test_the_nearest_point_within_reach() -> None:
    assert GRID[nearest(GRID, (3.2, 6.9), 1.0)].tolist() == [3, 7]
    assert nearest(GRID, (20, 20), 5.0) == -1
    assert nearest(GRID[:0], (0, 0), 5.0) == -1


@pytest.mark.parametrize("corners", [[(2, 3), (5, 4)], [(5, 3), (2, 4)], [(5, 4), (2, 3)]])
def test_a_rectangle_by_any_two_corners(corners: list[tuple[int, int]]) -> None:
    found = GRID[in_rectangle(GRID, corners)]
    assert {tuple(point) for point in found.tolist()} == {
        (x, y) for x in range(2, 6) for y in (3, 4)
    }


def test_a_circle_holds_what_is_near_its_centre() -> None:
    angle = np.linspace(0, 2 * np.pi, 200)
    points = np.random.default_rng(0).uniform(-2, 2, size=(5000, 2)).astype(np.float32)
    distance = np.hypot(*points.T)
    clear = np.abs(distance - 1) > 1e-3
    inside = in_polygon(points, np.column_stack([np.cos(angle), np.sin(angle)]))
    np.testing.assert_array_equal(inside[clear], (distance < 1)[clear])


def test_a_bay_is_outside() -> None:
    horseshoe = [(0.5, 0.5), (8.5, 0.5), (8.5, 8.5), (6.5, 8.5), (6.5, 2.5), (0.5, 2.5)]
    inside = {tuple(point) for point in GRID[in_polygon(GRID, horseshoe)].tolist()}
    assert (7, 7) in inside and (1, 1) in inside
    assert (3, 5) not in inside and (9, 9) not in inside


@pytest.mark.parametrize("n_corners", [0, 1, 2])
def test_a_line_that_closes_nothing(n_corners: int) -> None:
    assert not in_polygon(GRID, np.ones((n_corners, 2))).any()
