"""Shapes of a napari layer as polygons, in the units of the file."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from napari.layers import Labels, Shapes

from darlc.explore.polygons import within
from darlc.images.grid import Grid
from napari_darlc.widgets.region.shapes import lines_of, polygons_of, sampled

GRID = Grid(np.ones((4, 5), dtype=bool), np.eye(3))
BOX = np.array([[0, 0], [0, 20], [10, 20], [10, 0]], dtype=float)  # y, x


@pytest.mark.parametrize("microns", [float("nan"), 0.5])
def test_corners_are_where_they_were_drawn(microns: float) -> None:
    grid = replace(GRID, microns=microns)
    unit = 1.0 if np.isnan(microns) else microns
    layer = Shapes([BOX], shape_type="polygon", scale=(2.0, 2.0), translate=(4.0, 6.0))
    ((ring,),) = polygons_of(layer, grid)
    expected = (BOX * 2 + [4, 6])[:, ::-1] / unit
    np.testing.assert_allclose(ring, expected)


def test_a_shape_drawn_over_genes_keeps_its_place() -> None:
    """Layers over the gene slider have an axis more, which is no place."""
    drawn = np.column_stack([np.full(4, 7.0), BOX])
    ((ring,),) = polygons_of(Shapes([drawn], shape_type="rectangle"), GRID)
    np.testing.assert_allclose(ring, BOX[:, ::-1])


def test_an_ellipse_is_round_and_lines_enclose_nothing() -> None:
    layer = Shapes(ndim=2)
    layer.add_ellipses([BOX])
    layer.add_lines([BOX[:2]])
    layer.add_paths([BOX])
    (polygon,) = polygons_of(layer, GRID)
    points = np.random.default_rng(0).uniform([0, 0], [20, 10], (4000, 2))
    assert within(points, [polygon]).mean() == pytest.approx(np.pi / 4, abs=0.02)
    assert within(np.array([[10.0, 5.0]]), [polygon]).all()
    assert len(lines_of(layer, GRID)) == 2
    np.testing.assert_allclose(lines_of(layer, GRID)[0], BOX[:2, ::-1])


@pytest.mark.parametrize("microns", [float("nan"), 0.5])
def test_painted_pixels_are_looked_up_where_they_lie(microns: float) -> None:
    unit = 1.0 if np.isnan(microns) else microns
    painted = np.array([[1, 2, 3], [4, 5, 6]])
    layer = Labels(painted, scale=(2.0, 3.0), translate=(10.0, 20.0))
    rows, columns = np.mgrid[:2, :3].reshape(2, -1)
    # x and y in the units of the file, a little beside the pixels' middles.
    places = np.column_stack([columns * 3 + 20.4, rows * 2 + 9.6]) / unit
    found = sampled(layer, replace(GRID, microns=microns))
    assert found.at(places).tolist() == [1, 2, 3, 4, 5, 6]
    assert found.at(np.array([[0.0, 0.0], [np.nan, 1.0], [1e6, 1e6]])).tolist() == [0, 0, 0]
