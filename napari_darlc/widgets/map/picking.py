"""Which points of a plane a mouse means: the nearest, or those that a line encloses."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from skimage.measure import points_in_poly

#: A line of fewer corners has no inside.
_FEWEST_CORNERS = 3


def nearest(points: NDArray[np.floating], where: ArrayLike, reach: float) -> int:
    """Return the point nearest to a place; -1 where none is within reach.

    Parameters
    ----------
    points
        (n, 2).
    where
        (2,) in the same units.
    reach
        Largest distance that counts.
    """
    if not len(points):
        return -1
    distance = np.hypot(*(points - np.asarray(where, dtype=np.float64)).T)
    best = int(distance.argmin())
    return best if distance[best] <= reach else -1


def in_rectangle(points: NDArray[np.floating], corners: ArrayLike) -> NDArray[np.bool_]:
    """Return which points (n, 2) lie between two opposite corners (2, 2), edges included."""
    low, high = np.sort(np.asarray(corners, dtype=np.float64), axis=0)
    inside: NDArray[np.bool_] = ((points >= low) & (points <= high)).all(axis=1)
    return inside


def in_polygon(points: NDArray[np.floating], corners: ArrayLike) -> NDArray[np.bool_]:
    """Return which points (n, 2) a closed line encloses, by the even-odd rule.

    Parameters
    ----------
    points
        (n, 2).
    corners
        (m, 2) in order; the last is joined to the first. Fewer than three enclose nothing.
    """
    line = np.asarray(corners, dtype=np.float64).reshape(-1, 2)
    inside = np.zeros(len(points), dtype=bool)
    if len(line) < _FEWEST_CORNERS:
        return inside
    # Most points of a large map lie outside the line's bounding box.
    near = np.flatnonzero(in_rectangle(points, [line.min(axis=0), line.max(axis=0)]))
    inside[near] = points_in_poly(points[near].astype(np.float64), line)
    return inside
