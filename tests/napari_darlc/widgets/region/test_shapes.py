"""Shapes of a napari layer as polygons, in the units of the file."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from napari.layers import Shapes

from darlc.explore.polygons import within
from darlc.images.grid import Grid
from napari_darlc.widgets.region.shapes import polygons_of

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
