"""Which part of the gene map is in sight: what pan and zoom change, as plain arithmetic."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Share of the canvas that is left free around the points.
_MARGIN = 0.06
#: How far one can zoom from the sight of the whole map, out and in.
_FARTHEST, _NEAREST = 0.25, 400.0


@dataclass(frozen=True)
class MapView:
    """A window on the plane; y points up in the plane and down on the screen.

    Parameters
    ----------
    width, height
        Of the canvas, in pixels of the screen.
    x, y
        The place of the plane that lies in the canvas's centre.
    scale
        Pixels in one unit of the plane.
    whole
        ``scale`` at which the whole map is in sight.
    """

    width: float
    height: float
    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0
    whole: float = 1.0

    @classmethod
    def fit(cls, points: NDArray[np.floating], width: float, height: float) -> Self:
        """Return the view that shows all points, (n, 2)."""
        width, height = max(width, 1.0), max(height, 1.0)
        if not len(points):
            return cls(width, height)
        low, high = points.min(axis=0), points.max(axis=0)
        extent = np.maximum(high - low, 1e-6)
        scale = float(np.min(np.array([width, height]) * (1 - 2 * _MARGIN) / extent))
        x, y = (low + high) / 2
        return cls(width, height, float(x), float(y), scale, scale)

    def to_screen(self, points: ArrayLike) -> NDArray[np.float64]:
        """Return where points of the plane, (..., 2), lie on the canvas."""
        centre = np.array([self.x, self.y])
        middle = np.array([self.width, self.height]) / 2
        return (np.asarray(points) - centre) * [self.scale, -self.scale] + middle

    def to_plane(self, places: ArrayLike) -> NDArray[np.float64]:
        """Return the points of the plane that lie at places of the canvas, (..., 2)."""
        centre = np.array([self.x, self.y])
        middle = np.array([self.width, self.height]) / 2
        return (np.asarray(places, dtype=np.float64) - middle) / [self.scale, -self.scale] + centre

    def panned(self, dx: float, dy: float) -> Self:
        """Return the view after dragging the map by pixels to the right and down."""
        return replace(self, x=self.x - dx / self.scale, y=self.y + dy / self.scale)

    def zoomed(self, factor: float, at: ArrayLike) -> Self:
        """Return the view magnified by a factor; what lies at a place of the canvas stays."""
        scale = float(np.clip(self.scale * factor, self.whole * _FARTHEST, self.whole * _NEAREST))
        before = self.to_plane(at)
        after = replace(self, scale=scale).to_plane(at)
        x, y = before - after + [self.x, self.y]
        return replace(self, x=float(x), y=float(y), scale=scale)

    def resized(self, width: float, height: float) -> Self:
        """Return the same sight on a canvas of another size."""
        width, height = max(width, 1.0), max(height, 1.0)
        grown = min(width, height) / min(self.width, self.height)
        return replace(
            self,
            width=width,
            height=height,
            scale=self.scale * grown,
            whole=self.whole * grown,
        )

    @property
    def rect(self) -> tuple[float, float, float, float]:
        """Left, bottom, width and height of what is in sight, in units of the plane."""
        width, height = self.width / self.scale, self.height / self.scale
        return self.x - width / 2, self.y - height / 2, width, height
