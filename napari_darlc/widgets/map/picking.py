"""Which points of a plane a mouse means: the one it points at, or those in a rectangle."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def point_at(points: NDArray[np.floating], where: ArrayLike, reach: float) -> int:
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
