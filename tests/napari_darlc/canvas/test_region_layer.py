"""Regions on the canvas, in a viewer without a window."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from napari.viewer import ViewerModel

from darlc.images.sgep_images import SGEPImages
from napari_darlc.canvas.own_layers import OwnLayers
from napari_darlc.canvas.region_layer import BORDER, NAME, RegionLayers


@pytest.fixture
def viewer() -> ViewerModel:
    return ViewerModel()


@pytest.fixture
def region(viewer: ViewerModel) -> RegionLayers:
    return RegionLayers(OwnLayers(viewer))


def test_border_and_name_lie_on_the_pixels(
    viewer: ViewerModel, region: RegionLayers, images: SGEPImages
) -> None:
    grid, mine = images.grid, viewer.add_image(np.zeros((4, 4)))
    inside = grid.pixels[:, 0] >= 8
    region.show("lower", grid, inside)
    assert [layer.name for layer in viewer.layers][1:] == [BORDER, NAME]
    assert region.name == "lower" and viewer.layers.selection.active is mine
    assert region.border is not None and region.border.contour > 0
    for pixel, expected in ((grid.pixels[inside][0], 1), (grid.pixels[~inside][0], 0)):
        where = grid.world @ [*pixel, 1.0]
        scale = grid.microns if np.isfinite(grid.microns) else 1.0
        assert region.border.get_value(where[:2] * scale, world=True) == expected
    word = viewer.layers[NAME].data[0] / scale
    row = np.linalg.solve(grid.world, [*word, 1.0])[0]
    assert row >= 8, "the name stands in the region"


def test_one_region_at_a_time(
    viewer: ViewerModel, region: RegionLayers, images: SGEPImages
) -> None:
    grid = images.grid
    region.show("upper", grid, grid.pixels[:, 0] < 4)
    region.show("drawn", grid, grid.pixels[:, 0] >= 8, drawn=True)
    assert [layer.name for layer in viewer.layers] == [NAME] and region.border is None
    assert region.name == "drawn"
    region.show("nowhere", grid, np.zeros(grid.n_pixels, dtype=bool))
    assert not viewer.layers and region.name == ""
    region.show("upper", grid, grid.pixels[:, 0] < 4)
    region.end()
    assert not viewer.layers


@pytest.mark.parametrize("microns", [float("nan"), 0.5])
def test_a_new_layer_is_ready_to_draw_in(
    viewer: ViewerModel, region: RegionLayers, images: SGEPImages, microns: float
) -> None:
    grid = replace(images.grid, microns=microns)
    layer = region.draw(grid)
    assert viewer.layers.selection.active is layer and layer.ndim == 2
    assert str(layer.mode) == "add_polygon_lasso" and not len(layer.data)
    assert region.draw(grid).name != layer.name
    region.end()
    assert len(viewer.layers) == 2, "what was drawn stays"
