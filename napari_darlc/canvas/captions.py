"""Text on the canvas at fixed world coordinates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from napari.layers import Points
from napari.viewer import ViewerModel
from numpy.typing import NDArray

from darlc.images.grid import Grid
from napari_darlc.canvas.placing import units

#: Font size in points; and width of a letter in pixels for each point.
_FONT_SIZE, _WIDE = 12, 1.05


def ink(viewer: ViewerModel) -> str:
    """Return a colour in which text is readable on the viewer's canvas."""
    red, green, blue = np.asarray(viewer.canvas.background_color, dtype=float)[:3]
    return "#202020" if 0.3 * red + 0.6 * green + 0.1 * blue > 0.5 else "#f0f0f0"


def on_ink(viewer: ViewerModel, call: Callable[[], None]) -> None:
    """Have a function called when the colour for text may be another one."""
    canvas = viewer.canvas.events
    for event in (canvas.background_color, canvas.background_color_override):
        event.connect(call)


def captions(
    name: str,
    grid: Grid,
    texts: Sequence[str],
    where: NDArray[np.float64],
    colours: Sequence[str],
    centred: bool = False,
    size: float = _FONT_SIZE,
) -> Points:
    """Return a layer of text.

    Parameters
    ----------
    name
        Name of the layer.
    grid
        Grid that sets the layer's units.
    texts
        n texts.
    where
        (n, 2) positions, in the layers' units.
    colours
        Colours of the n texts.
    centred
        Whether texts are centred at their position or begin there.
    size
        Font size in points.
    """
    layer = Points(
        where,
        name=name,
        size=0.0,
        face_color="transparent",
        border_color="transparent",
        border_width=0,
        units=units(grid)[1:],
        axis_labels=("y", "x"),
        blending="translucent_no_depth",
    )
    write(layer, texts, colours, centred, size)
    # Not editable, so that a click does not move or add text.
    layer.editable = False
    return layer


def fitting(texts: Sequence[str], width: float) -> float:
    """Return the largest usual font size, in points, at which texts fit a width in pixels."""
    longest = max(map(len, texts), default=1)
    return min(_FONT_SIZE, width / (_WIDE * longest))


def write(
    layer: Points,
    texts: Sequence[str],
    colours: Sequence[str],
    centred: bool = False,
    size: float = _FONT_SIZE,
) -> None:
    """Change the texts of a layer in place; their number must not change."""
    text: dict[str, Any] = {
        "string": {"array": list(texts), "default": ""},
        "color": {"array": list(colours), "default": "gray"},
        "size": size,
        "anchor": "center" if centred else "upper_left",
    }
    layer.text = text
