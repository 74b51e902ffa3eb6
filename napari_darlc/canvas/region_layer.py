"""The region that was asked about, with its name on the tissue, and layers to draw regions in."""

from __future__ import annotations

import numpy as np
from napari.layers import Labels, Shapes
from napari.utils.colormaps import CyclicLabelColormap
from numpy.typing import NDArray

from darlc.images.grid import Grid
from darlc.results.palette import rgb
from napari_darlc.canvas.captions import captions
from napari_darlc.canvas.own_layers import OwnLayers
from napari_darlc.canvas.placing import affine, finer, units

BORDER, NAME, DRAWN = "border of the region", "name of the region", "region"
#: Seen on white and on black, and on every colour of the SGEP layers.
COLOUR = "#ee3377"
#: Pixels of the border's layer along a pixel of the grid, and width of the border in them.
_FINE, _WIDTH = 4, 2
#: Width of the outline of what is drawn, in pixels of the grid.
_OUTLINE = 0.5


class RegionLayers:
    """Shows one region at a time, over whatever else is on the canvas.

    Parameters
    ----------
    own
        The session's layers, which these belong to.
    """

    def __init__(self, own: OwnLayers) -> None:
        self._own = own
        self._n_drawn = 0

    @property
    def border(self) -> Labels | None:
        """The border; None where no region is shown, or one whose border the user drew."""
        layer: Labels | None = self._own.get(BORDER)
        return layer

    @property
    def name(self) -> str:
        """What the region that is shown is called; empty where none is."""
        layer = self._own.get(NAME)
        return "" if layer is None else str(layer.text.values[0])

    def show(self, name: str, grid: Grid, inside: NDArray[np.bool_], drawn: bool = False) -> None:
        """Show a region and no other.

        Parameters
        ----------
        name
            What it is called.
        grid
            Where the pixels lie.
        inside
            (P,) the region's pixels in the tissue.
        drawn
            Whether its border is on the canvas already: the user drew it.
        """
        self.end()
        viewer = self._own.viewer
        if viewer is None or not inside.any():
            return
        active = viewer.layers.selection.active
        if not drawn:
            self._own.add(BORDER, _border(grid, inside))
        self._own.add(NAME, captions(NAME, grid, [name], _middle(grid, inside), [COLOUR], True))
        viewer.layers.selection.active = active

    def draw(self, grid: Grid) -> Shapes:
        """Add a layer to draw regions in, ready for the first corner.

        It lies on this tissue, and goes with it when another dataset is opened.
        """
        viewer = self._own.viewer
        assert viewer is not None
        layer = _shapes(grid)
        self._n_drawn += 1
        self._own.add(f"{DRAWN} {self._n_drawn}", layer)
        layer.mode = "add_polygon_lasso"
        viewer.layers.selection.active = layer
        return layer

    def end(self) -> None:
        """Show no region."""
        viewer = self._own.viewer
        active = None if viewer is None else viewer.layers.selection.active
        self._own.remove(BORDER, NAME)
        if viewer is not None and active in viewer.layers:
            viewer.layers.selection.active = active


def _border(grid: Grid, inside: NDArray[np.bool_]) -> Labels:
    picture = np.zeros(grid.shape, dtype=np.uint8)
    picture[grid.mask] = inside
    layer = Labels(
        np.kron(picture, np.ones((_FINE, _FINE), dtype=np.uint8)),
        name=BORDER,
        affine=affine(grid)[1:, 1:] @ finer(_FINE),
        units=units(grid)[1:],
        axis_labels=("y", "x"),
        colormap=CyclicLabelColormap(colors=[[0.0] * 4, [*rgb(COLOUR), 1.0]], background_value=0),
        blending="translucent_no_depth",
        opacity=1.0,
    )
    layer.contour = _WIDTH
    # A stray click must not paint over it.
    layer.editable = False
    return layer


def _shapes(grid: Grid) -> Shapes:
    known = np.isfinite(grid.microns)
    return Shapes(
        ndim=2,
        name=DRAWN,
        face_color="transparent",
        edge_color=COLOUR,
        edge_width=_OUTLINE * grid.pixel_size * (grid.microns if known else 1.0),
        opacity=1.0,
        units=("um" if known else "dimensionless",) * 2,
        axis_labels=("y", "x"),
    )


def _middle(grid: Grid, inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the place, (1, 2), of the region's pixel that is nearest to its centre."""
    pixels = grid.pixels[inside]
    nearest = ((pixels - pixels.mean(axis=0)) ** 2).sum(axis=1).argmin()
    place = affine(grid)[1:, 1:]
    return np.asarray(pixels[[nearest]] @ place[:2, :2].T + place[:2, 2])
