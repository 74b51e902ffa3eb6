"""What the user drew on the canvas, in the units of the file: polygons, lines, painted pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from napari.layers import Image, Labels, Shapes
from numpy.typing import ArrayLike, NDArray

from darlc.explore.polygons import Polygon, Ring
from darlc.images.grid import Grid

_CORNERS_OF_ELLIPSE = 96
#: These enclose nothing.
_OPEN = ("line", "path")


def polygons_of(layer: Shapes, grid: Grid) -> list[Polygon]:
    """Return a layer's closed shapes as polygons in units of ``obsm["spatial"]``.

    Lines and paths enclose nothing and are passed over.
    """
    return [[ring] for ring, kind in _rings(layer, grid) if kind not in _OPEN]


def lines_of(layer: Shapes, grid: Grid) -> list[Ring]:
    """Return a layer's lines and paths, in units of ``obsm["spatial"]``."""
    return [ring for ring, kind in _rings(layer, grid) if kind in _OPEN]


def _rings(layer: Shapes, grid: Grid) -> Iterator[tuple[Ring, str]]:
    """Yield the corners (m, 2), x and y, of each shape, and its kind."""
    # Affine, so a few places tell of all: a lasso has hundreds of corners.
    origin = np.array(layer.data_to_world(np.zeros(layer.ndim)))
    axes = np.array([layer.data_to_world(axis) for axis in np.eye(layer.ndim)]) - origin
    for corners, kind in zip(layer.data, layer.shape_type, strict=True):
        ring = _ellipse(corners) if kind == "ellipse" else corners
        world = ring @ axes + origin
        yield world[:, :-3:-1] / _scale(grid), str(kind)


@dataclass(frozen=True, eq=False)
class Sampled:
    """A layer of pixels, which can be looked up in any thread.

    Parameters
    ----------
    data
        (H, W) its pixels.
    matrix, offset
        (2, 2) and (2,) from y and x in the canvas's units to rows and columns.
    scale
        Canvas units in a unit of ``obsm["spatial"]``.
    """

    data: ArrayLike
    matrix: NDArray[np.float64]
    offset: NDArray[np.float64]
    scale: float

    def at(self, places: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the values at places (n, 2), x and y; 0 beside the layer."""
        data = np.asarray(self.data)
        where = places[:, ::-1] * self.scale @ self.matrix.T + self.offset
        where = np.where(np.isfinite(where).all(axis=1, keepdims=True), where, -1.0)
        row, column = np.rint(where).astype(np.int64).T
        there = (row >= 0) & (column >= 0) & (row < data.shape[0]) & (column < data.shape[1])
        found = np.zeros(len(places))
        found[there] = data[row[there], column[there]]
        return found


def sampled(layer: Labels | Image, grid: Grid) -> Sampled:
    """Return a layer of two dimensions, to be looked up where observations lie."""
    origin = np.array(layer.world_to_data(np.zeros(2)))
    matrix = np.array([np.array(layer.world_to_data(axis)) - origin for axis in np.eye(2)]).T
    data = layer.data[0] if layer.multiscale else layer.data
    return Sampled(data, matrix, origin, _scale(grid))


def _scale(grid: Grid) -> float:
    return grid.microns if np.isfinite(grid.microns) else 1.0


def _ellipse(box: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return corners along an ellipse that is given by the four corners of its box."""
    centre = box.mean(axis=0)
    one, other = (box[1] - box[0]) / 2, (box[3] - box[0]) / 2
    angle = np.linspace(0, 2 * np.pi, _CORNERS_OF_ELLIPSE, endpoint=False)[:, None]
    return np.asarray(centre + np.cos(angle) * one + np.sin(angle) * other)
