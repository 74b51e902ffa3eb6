"""Words on the canvas that stay where they belong in the world."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from napari.layers import Points
from napari.viewer import ViewerModel
from numpy.typing import NDArray

from darlc.images.grid import Grid
from napari_darlc.canvas.placing import units

#: Points; and pixels that a letter is wide, for each of these.
_FONT_SIZE, _WIDE = 12, 1.05


def ink(viewer: ViewerModel) -> str:
    """Return the colour in which words can be read on the viewer's canvas."""
    red, green, blue = np.asarray(viewer.canvas.background_color, dtype=float)[:3]
    return "#202020" if 0.3 * red + 0.6 * green + 0.1 * blue > 0.5 else "#f0f0f0"


def captions(
    name: str,
    grid: Grid,
    texts: Sequence[str],
    where: NDArray[np.float64],
    colours: Sequence[str],
    centred: bool = False,
    size: float = _FONT_SIZE,
) -> Points:
    """Return a layer of words.

    Parameters
    ----------
    name
        Of the layer.
    grid
        Whose world it is.
    texts
        n words.
    where
        (n, 2) places, in the layers' units.
    colours
        Of n words.
    centred
        Whether words stand around their place or begin there.
    size
        In points.
    """
    layer = Points(
        where,
        name=name,
        size=0.0,
        face_color="transparent",
        border_width=0,
        units=units(grid)[1:],
        axis_labels=("y", "x"),
        blending="translucent_no_depth",
    )
    write(layer, texts, colours, centred, size)
    # A stray click must neither move a word nor add one.
    layer.editable = False
    return layer


def fitting(texts: Sequence[str], width: float) -> float:
    """Return the size in points, at most the usual one, at which words are so many pixels wide."""
    longest = max(map(len, texts), default=1)
    return min(_FONT_SIZE, width / (_WIDE * longest))


def write(
    layer: Points,
    texts: Sequence[str],
    colours: Sequence[str],
    centred: bool = False,
    size: float = _FONT_SIZE,
) -> None:
    """Change what a layer of words says, in place; there are as many words as before."""
    text: dict[str, Any] = {
        "string": {"array": list(texts), "default": ""},
        "color": {"array": list(colours), "default": "gray"},
        "size": size,
        "anchor": "center" if centred else "upper_left",
    }
    layer.text = text
