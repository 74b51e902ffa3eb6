"""Colormaps of views, clusters and residuals."""

from __future__ import annotations

import numpy as np
from napari.utils.colormaps import Colormap

from darlc.results.palette import rgb, shades

#: Its dark end is no black: the tissue stays visible on a black canvas where nothing is expressed.
EXPRESSION = "viridis"
#: Colours of a cluster's colormap; between them it is even.
_SHADES = 33
#: Blue below nought and orange above it, which colour-blind people tell apart; nought is quiet.
_BELOW, _NOUGHT, _ABOVE = ("#bfe3ff", "#3d8fe0"), "#2a2a2e", ("#ec7a1c", "#ffe2ad")


def cluster_colormap(colour: str, name: str) -> Colormap:
    """From nearly black through the cluster's colour to white, evenly in lightness."""
    table = shades(colour, _SHADES)
    return Colormap(
        np.column_stack([table, np.ones(len(table))]),
        # Napari keeps the first one of a name, with what it is called in the layer's controls.
        name=f"cluster {name} {colour}",
        display_name=f"cluster {name}",
    )


def black_to(colour: str) -> Colormap:
    """From black to a colour, for layers that add up."""
    return Colormap([[0.0, 0.0, 0.0, 1.0], [*rgb(colour), 1.0]], name=f"black to {colour}")


def diverging() -> Colormap:
    """For values on both sides of nought, whose limits are symmetric."""
    stops = (*_BELOW, _NOUGHT, *_ABOVE)
    return Colormap(
        [[*rgb(stop), 1.0] for stop in stops],
        controls=[0.0, 0.25, 0.5, 0.75, 1.0],
        name="below and above nought",
    )
