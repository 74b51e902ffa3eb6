"""Colours that tell clusters apart: a published colour-blind safe set first, then distinct hues."""

from __future__ import annotations

import colorsys

#: Paul Tol's "muted" and "vibrant" sets, interleaved for contrast on dark and light canvases.
_SAFE = (
    "#33bbee", "#ee7733", "#009988", "#cc6677", "#ddcc77", "#aa4499",
    "#88ccee", "#117733", "#ee3377", "#999933", "#7777dd", "#bbbbbb",
)  # fmt: skip
_GOLDEN = 0.618033988749895


def cluster_colours(n: int) -> tuple[str, ...]:
    """Return ``n`` colours, ``#rrggbb``; the first twelve are safe for colour-blind readers."""
    colours = list(_SAFE[:n])
    levels = ((0.65, 0.95), (0.45, 0.75), (0.85, 0.85), (0.35, 1.0))
    for i in range(len(colours), n):
        saturation, value = levels[i % len(levels)]
        rgb = colorsys.hsv_to_rgb((i * _GOLDEN) % 1.0, saturation, value)
        colours.append("#" + "".join(f"{round(255 * channel):02x}" for channel in rgb))
    return tuple(colours)
