"""Where pictures lie, by grids whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest

from darlc.images.grid import Grid
from napari_darlc.canvas.placing import affine, tissue_box, units


@pytest.fixture
def grid() -> Grid:
    """Return two rows of three pixels 20 high and 10 wide, of half a micrometre; one is empty."""
    mask = np.array([[True, True, False], [True, True, False]])
    place = np.array([[0.0, 10.0, 100.0], [20.0, 0.0, 40.0], [0.0, 0.0, 1.0]])
    return Grid(mask, place, microns=0.5)


def test_units_are_micrometres_where_they_are_known(grid: Grid) -> None:
    assert units(grid) == ("dimensionless", "um", "um")
    assert units(Grid(grid.mask, grid.affine))[1] == "dimensionless"


def test_a_pixel_goes_to_its_place_or_aside_of_it(grid: Grid) -> None:
    pixel = np.array([7.0, 1.0, 2.0, 1.0])
    np.testing.assert_allclose(affine(grid) @ pixel, [7, (40 + 20) / 2, (100 + 20) / 2, 1])
    np.testing.assert_allclose(affine(grid, (5, -3)) @ pixel, [7, 35, 57, 1])


def test_the_box_holds_whole_pixels_of_the_tissue_only(grid: Grid) -> None:
    np.testing.assert_allclose(tissue_box(grid), [[15, 47.5], [35, 57.5]])
