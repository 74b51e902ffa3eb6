"""Names and colours of clusters: a published colour-blind safe set first, then distinct hues."""

from __future__ import annotations

import colorsys
from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

#: Name of the group of genes that no pattern explains better than none.
NO_PATTERN = "no pattern"
#: Found by search: the least CIEDE2000 difference between any two is 15 for most people and 12 for
#: those who lack one kind of cone, and all can be seen on dark and on light themes.
_SAFE = (
    "#33bbee", "#ee7733", "#009988", "#694dbf", "#bf1313", "#f2d7aa",
    "#176773", "#b3f249", "#747aa6", "#a66363", "#d998b0", "#aa61f2",
)  # fmt: skip
_NO_PATTERN = "#808080"
#: Levels of red, green and blue of candidates for further colours.
_HUES, _SATURATIONS, _VALUES = 36, (0.3, 0.5, 0.7, 0.9), (0.5, 0.65, 0.8, 1.0)
_LIGHTNESS = (0.48, 0.9)
#: How much larger a difference should be for most people than with colour blindness.
_MORE_FOR_MOST = 1.5
#: Lightness of the darkest shade: the tissue stays visible on black where nothing is expressed.
_DARKEST = 0.2
#: Linear RGB as seen without one kind of cones (Machado, Oliveira and Fernandes 2009): for
#: red, for green, for blue.
_CONES_LACKING = np.array(
    [
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ],
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ],
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ],
    ]
)
#: Linear RGB to the responses of cones, and the cube roots of these to Oklab (Ottosson 2020).
_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


@cache
def cluster_colours(n: int, patternless: bool = False) -> tuple[str, ...]:
    """Return ``n`` colours, ``#rrggbb``; the first twelve are safe for colour-blind readers.

    Where the last cluster is the group of genes without a pattern, it is grey.
    """
    if patternless:
        return (*cluster_colours(n - 1), _NO_PATTERN)
    chosen = _SAFE[:n]
    while len(chosen) < n:
        chosen = (*chosen, further_colour(chosen))
    return chosen


def further_colour(taken: tuple[str, ...]) -> str:
    """Return the colour that differs most from all taken ones.

    A difference is the smallest of those seen by most people and without each kind of cones.
    """
    if not taken:
        return _SAFE[0]
    names, candidates = _candidates()
    known = _seen(np.array([rgb(colour) for colour in taken]))
    apart = np.linalg.norm(candidates[:, :, None] - known[:, None], axis=3)
    difference = np.minimum(apart[0] / _MORE_FOR_MOST, apart[1:].min(axis=0))
    return names[int(difference.min(axis=1).argmax())]


@cache
def _candidates() -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Return n candidate colours, and their appearance, (4, n, 3), as of `_seen`."""
    hues, saturations, values = np.arange(_HUES) / _HUES, _SATURATIONS, _VALUES
    colours = np.array([colorsys.hsv_to_rgb(*each) for each in product(hues, saturations, values)])
    seen = _seen(colours)
    usable = (seen[0, :, 0] > _LIGHTNESS[0]) & (seen[0, :, 0] < _LIGHTNESS[1])
    names = tuple(
        "#" + "".join(f"{channel:02x}" for channel in colour)
        for colour in np.rint(255 * colours[usable]).astype(int)
    )
    return names, seen[:, usable]


def _seen(colours: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return colours (n, 3) in Oklab, (4, n, 3): as most people see them, and without cones."""
    linear = _linear(colours)
    lacking = np.einsum("vij,nj->vni", _CONES_LACKING, linear)
    return _to_oklab(np.clip(np.concatenate([linear[None], lacking]), 0, 1))


def _oklab(colours: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return colours (n, 3) in Oklab."""
    return _to_oklab(_linear(colours))


def _linear(colours: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)


def _to_oklab(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.cbrt(linear @ _TO_CONES.T) @ _TO_OKLAB.T


@cache
def shades(colour: str, n: int = 256) -> NDArray[np.float32]:
    """Return ``n`` shades of a colour, (n, 3), from nearly black through it to white.

    They have its hue, and evenly increasing perceived lightness (Oklab), so that equal steps look
    equal, and peaks of patterns are equally bright in dark and in light colours.
    """
    lightness, a, b = _oklab(np.array([rgb(colour)]))[0]
    wanted = np.linspace(_DARKEST, 1.0, n)
    # Chroma falls linearly to 0 at black and at white.
    fade = np.minimum(wanted / max(lightness, 1e-6), (1 - wanted) / max(1 - lightness, 1e-6))
    oklab = np.column_stack([wanted, np.minimum(fade, 1.0)[:, None] * (a, b)])
    linear = np.clip((oklab @ np.linalg.inv(_TO_OKLAB).T) ** 3 @ np.linalg.inv(_TO_CONES).T, 0, 1)
    shown = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.clip(shown, 0, 1).astype(np.float32)


def cluster_names(n: int, patternless: bool = False) -> tuple[str, ...]:
    """Return names of ``n`` clusters: numbers from 1, and ``"no pattern"`` for a last group."""
    names = tuple(str(i + 1) for i in range(n))
    return (*names[:-1], NO_PATTERN) if patternless else names


def rgb(colour: str) -> tuple[float, ...]:
    """Return red, green and blue of ``#rrggbb``, in [0, 1]."""
    return tuple(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
