"""Regions drawn on the canvas, as polygons."""

from __future__ import annotations

import numpy as np
from napari.layers import Shapes
from numpy.typing import NDArray

from darlc.explore.polygons import Polygon
from darlc.images.grid import Grid

_CORNERS_OF_ELLIPSE = 96
#: These enclose nothing.
_OPEN = ("line", "path")


def polygons_of(layer: Shapes, grid: Grid) -> list[Polygon]:
    """Return a layer's closed shapes as polygons in units of ``obsm["spatial"]``.

    Lines and paths enclose nothing and are passed over.
    """
    scale = grid.microns if np.isfinite(grid.microns) else 1.0
    # Affine, so a few places tell of all: a lasso has hundreds of corners.
    origin = np.array(layer.data_to_world(np.zeros(layer.ndim)))
    axes = np.array([layer.data_to_world(axis) for axis in np.eye(layer.ndim)]) - origin
    polygons: list[Polygon] = []
    for corners, kind in zip(layer.data, layer.shape_type, strict=True):
        if kind in _OPEN:
            continue
        ring = _ellipse(corners) if kind == "ellipse" else corners
        world = ring @ axes + origin
        polygons.append([world[:, :-3:-1] / scale])
    return polygons


def _ellipse(box: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return corners along an ellipse that is given by the four corners of its box."""
    centre = box.mean(axis=0)
    one, other = (box[1] - box[0]) / 2, (box[3] - box[0]) / 2
    angle = np.linspace(0, 2 * np.pi, _CORNERS_OF_ELLIPSE, endpoint=False)[:, None]
    return np.asarray(centre + np.cos(angle) * one + np.sin(angle) * other)
