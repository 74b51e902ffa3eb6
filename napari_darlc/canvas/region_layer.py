"""The queried region, with its name on the tissue, and layers to draw regions in."""

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
LINE, PAINTED = "line", "painted pattern"
#: Visible on white, on black, and on the colours of gene layers.
COLOUR = "#ee3377"
#: Pixels of the border's layer for each side of a grid pixel, and width of the border in them.
_FINE, _WIDTH = 4, 2
#: Width of the outline of drawn shapes, in pixels of the grid.
_OUTLINE = 0.5
#: Width of the brush, as a share of the tissue's longer side and at least, in pixels of the grid.
_BRUSH, _THIN = 0.06, 2


class RegionLayers:
    """Shows one region at a time, above all other layers.

    Parameters
    ----------
    own
        The session's layers.
    """

    def __init__(self, own: OwnLayers) -> None:
        self._own = own
        self._n_drawn = 0

    @property
    def border(self) -> Labels | None:
        """Layer of the border; None without a region, or for a drawn one with its own outline."""
        layer: Labels | None = self._own.get(BORDER)
        return layer

    @property
    def name(self) -> str:
        """Name of the region that is shown; empty without one."""
        layer = self._own.get(NAME)
        return "" if layer is None else str(layer.text.values[0])

    def show(self, name: str, grid: Grid, inside: NDArray[np.bool_], drawn: bool = False) -> None:
        """Show a region and no other.

        Parameters
        ----------
        name
            Name of the region.
        grid
            Grid of the pixels.
        inside
            (P,) the region's pixels in the tissue.
        drawn
            Whether the user drew it, so that its outline is on the canvas already.
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

    def draw(self, grid: Grid, line: bool = False) -> Shapes:
        """Add a layer to draw regions in, or a line, with the drawing tool active.

        It belongs to this dataset, and is removed when another one is opened.
        """
        layer = _shapes(grid, LINE if line else DRAWN)
        self._add_to_draw(layer)
        layer.mode = "add_path" if line else "add_polygon_lasso"
        return layer

    def paint(self, grid: Grid) -> Labels:
        """Add a layer to paint a pattern in, with the brush active; it belongs to this dataset."""
        layer = Labels(
            np.zeros(grid.shape, dtype=np.uint8),
            name=PAINTED,
            affine=affine(grid)[1:, 1:],
            units=units(grid)[1:],
            axis_labels=("y", "x"),
            blending="translucent_no_depth",
            opacity=0.5,
        )
        self._add_to_draw(layer)
        layer.brush_size = max(_THIN, round(_BRUSH * max(grid.shape)))
        layer.mode = "paint"
        return layer

    def _add_to_draw(self, layer: Shapes | Labels) -> None:
        viewer = self._own.viewer
        assert viewer is not None
        self._n_drawn += 1
        self._own.add(f"{layer.name} {self._n_drawn}", layer)
        viewer.layers.selection.active = layer

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
    # Not editable, so that a click does not paint on it.
    layer.editable = False
    return layer


def _shapes(grid: Grid, name: str) -> Shapes:
    known = np.isfinite(grid.microns)
    return Shapes(
        ndim=2,
        name=name,
        face_color="transparent",
        edge_color=COLOUR,
        edge_width=_OUTLINE * grid.pixel_size * (grid.microns if known else 1.0),
        opacity=1.0,
        units=("um" if known else "dimensionless",) * 2,
        axis_labels=("y", "x"),
    )


def _middle(grid: Grid, inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the position, (1, 2), of the region's pixel that is nearest to its centre."""
    pixels = grid.pixels[inside]
    nearest = ((pixels - pixels.mean(axis=0)) ** 2).sum(axis=1).argmin()
    place = affine(grid)[1:, 1:]
    return np.asarray(pixels[[nearest]] @ place[:2, :2].T + place[:2, 2])
