"""Nuisance effects of a measurement, which are independent of the genes' patterns."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

#: Natural logarithm of the ratio of the highest to the lowest efficiency across the tissue.
_GRADIENT = np.log(4.0)
#: Bands in which a section is cut or imaged, and how much their efficiencies differ (s.d. of logs).
_BANDS, _BAND_SPREAD = 10, 0.4
_FOLD_WIDTH = (0.05, 0.09)
_HOLES = (2, 4)
_HOLE_RADIUS = (0.05, 0.1)


def _across(x: NDArray[np.float64], y: NDArray[np.float64], angle: float) -> NDArray[np.float64]:
    """Return positions of observations along a direction, (n_obs,), in [0, 1]."""
    along = x * np.cos(angle) + y * np.sin(angle)
    return (along - along.min()) / np.ptp(along)


def _gradient(
    x: NDArray[np.float64], y: NDArray[np.float64], random: np.random.Generator
) -> NDArray[np.float64]:
    """Decrease the efficiency to a quarter from one side of the tissue to the other."""
    return np.exp(-_GRADIENT * _across(x, y, random.uniform(0, 2 * np.pi)))


def _stripes(
    x: NDArray[np.float64], y: NDArray[np.float64], random: np.random.Generator
) -> NDArray[np.float64]:
    """Give each of several parallel bands, nearly along an axis, its own efficiency."""
    angle = random.choice([0.0, np.pi / 2]) + random.normal(0.0, 0.05)
    band = np.minimum((_BANDS * _across(x, y, angle)).astype(np.int64), _BANDS - 1)
    return np.exp(random.normal(0.0, _BAND_SPREAD, _BANDS))[band]


def _folds(
    x: NDArray[np.float64], y: NDArray[np.float64], random: np.random.Generator
) -> NDArray[np.float64]:
    """Double the efficiency in a slightly bent band, as in a fold."""
    angle = random.uniform(0, np.pi)
    across = _across(x, y, angle)
    bend = 0.05 * np.sin(4 * _across(x, y, angle + np.pi / 2) + random.uniform(0, 6))
    folded = np.abs(across - bend - random.uniform(0.3, 0.7)) < random.uniform(*_FOLD_WIDTH) / 2
    return np.where(folded, 2.0, 1.0)


def holes(
    x: NDArray[np.float64], y: NDArray[np.float64], random: np.random.Generator
) -> NDArray[np.bool_]:
    """Make round holes around a few observations; return which remain, (n_obs,) bool."""
    there = np.ones(len(x), dtype=bool)
    for _ in range(random.integers(*_HOLES, endpoint=True)):
        centre = random.integers(len(x))
        radius = random.uniform(*_HOLE_RADIUS)
        there &= np.hypot(x - x[centre], y - y[centre]) > radius
    return there


#: Each returns the factor by which it changes the efficiency of the observations, (n_obs,).
EFFICIENCIES: dict[
    str,
    Callable[[NDArray[np.float64], NDArray[np.float64], np.random.Generator], NDArray[np.float64]],
] = {"library": _gradient, "stripes": _stripes, "folds": _folds}
NUISANCES = (*EFFICIENCIES, "holes")
