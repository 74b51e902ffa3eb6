"""Names and colours of clusters: a published colour-blind safe set first, then distinct hues."""

from __future__ import annotations

import colorsys
from functools import cache

import numpy as np

#: Name of the group of genes that no pattern explains better than none.
NO_PATTERN = "no pattern"
#: Paul Tol's "muted" and "vibrant" sets, interleaved for contrast on dark and light canvases.
_SAFE = (
    "#33bbee", "#ee7733", "#009988", "#cc6677", "#ddcc77", "#aa4499",
    "#88ccee", "#117733", "#ee3377", "#999933", "#7777dd", "#bbbbbb",
)  # fmt: skip
_NO_PATTERN = "#808080"
_HUES, _SATURATIONS, _VALUES = 36, (0.35, 0.6, 0.9), (0.6, 0.8, 1.0)


@cache
def cluster_colours(n: int, patternless: bool = False) -> tuple[str, ...]:
    """Return ``n`` colours, ``#rrggbb``; the first twelve are safe for colour-blind readers.

    Where the last cluster is the group of genes without a pattern, it is grey.
    """
    if patternless:
        return (*cluster_colours(n - 1), _NO_PATTERN)
    chosen = [rgb(colour) for colour in _SAFE[:n]]
    candidates = np.array(
        [
            colorsys.hsv_to_rgb(hue / _HUES, saturation, value)
            for hue in range(_HUES)
            for saturation in _SATURATIONS
            for value in _VALUES
        ]
    )
    # Each further colour is the candidate farthest from all that are taken.
    while len(chosen) < n:
        distance = np.linalg.norm(candidates[:, None] - np.array(chosen)[None], axis=2)
        chosen.append(tuple(candidates[distance.min(axis=1).argmax()]))
    return tuple(
        "#" + "".join(f"{round(255 * channel):02x}" for channel in colour) for colour in chosen
    )


def cluster_names(n: int, patternless: bool = False) -> tuple[str, ...]:
    """Return names of ``n`` clusters: numbers from 1, and ``"no pattern"`` for a last group."""
    names = tuple(str(i + 1) for i in range(n))
    return (*names[:-1], NO_PATTERN) if patternless else names


def rgb(colour: str) -> tuple[float, ...]:
    """Return red, green and blue of ``#rrggbb``, in [0, 1]."""
    return tuple(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
