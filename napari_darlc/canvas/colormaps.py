"""Colormaps of views, clusters and residuals."""

from __future__ import annotations

import numpy as np
from napari.utils.colormaps import Colormap

from darlc.results.palette import rgb, shades

#: Its dark end is not black, so that tissue without expression stays visible on a black canvas.
EXPRESSION = "viridis"
#: Number of colours of a cluster's colormap, which is interpolated between them.
_SHADES = 33
#: Blue below zero and orange above it, distinct for colour-blind people; neutral at zero.
_BELOW, _NOUGHT, _ABOVE = ("#bfe3ff", "#3d8fe0"), "#2a2a2e", ("#ec7a1c", "#ffe2ad")


def cluster_colormap(colour: str, name: str) -> Colormap:
    """From nearly black through the cluster's colour to white, evenly in lightness."""
    table = shades(colour, _SHADES)
    return Colormap(
        np.column_stack([table, np.ones(len(table))]),
        # napari keeps the first colormap of a name, with its display name.
        name=f"cluster {name} {colour}",
        display_name=f"cluster {name}",
    )


def black_to(colour: str) -> Colormap:
    """From black to a colour, for layers that add up."""
    return Colormap([[0.0, 0.0, 0.0, 1.0], [*rgb(colour), 1.0]], name=f"black to {colour}")


def diverging() -> Colormap:
    """Return a colormap for values on both sides of zero, with symmetric limits."""
    stops = (*_BELOW, _NOUGHT, *_ABOVE)
    return Colormap(
        [[*rgb(stop), 1.0] for stop in stops],
        controls=[0.0, 0.25, 0.5, 0.75, 1.0],
        name="below and above zero",
    )
