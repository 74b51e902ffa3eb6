"""Several patterns on one tissue, each in its own colour, added on black."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from napari.layers import Image
from numpy.typing import NDArray

from darlc.images.grid import Grid
from napari_darlc.canvas.captions import captions, write
from napari_darlc.canvas.colormaps import black_to
from napari_darlc.canvas.gene_layer import set_limits
from napari_darlc.canvas.own_layers import BACKDROP, LEGEND, TISSUE, OwnLayers
from napari_darlc.canvas.placing import affine, tissue_box, units
from napari_darlc.session.signals import Signal

#: Line height of the legend and its distance from the tissue, as shares of the tissue's height.
_LINE, _ASIDE = 0.055, 0.03
_View = tuple[float, tuple[float, ...]]
#: Width of a letter of the legend, and its margins, in pixels of the canvas.
_LETTER, _FREE = 12, 12
#: Smallest line height of the legend, in pixels of the canvas.
_ROW = 22


@dataclass(frozen=True, eq=False)
class Tinted:
    """A pattern and the colour that it is shown in.

    Parameters
    ----------
    label
        Name in the legend and in the list of layers.
    colour
        ``#rrggbb``.
    pixels
        (P,) over tissue pixels; NaN adds nothing.
    limits
        Values that are black, and that have the full colour.
    """

    label: str
    colour: str
    pixels: NDArray[np.floating]
    limits: tuple[float, float]


class Overlays:
    """Additive layers over a black tissue, with a legend; updated in place.

    Several owners share one object: what is shown later replaces what was shown before.

    Parameters
    ----------
    own
        The session's layers.
    """

    #: Emitted when an owner's patterns were replaced, or some of them deleted by the user.
    ended = Signal(str)

    def __init__(self, own: OwnLayers) -> None:
        self._own = own
        self._owner = ""
        self._shown: tuple[Tinted, ...] = ()
        #: The camera's zoom and centre before it was moved for the legend, and since then.
        self._moved: tuple[_View, _View] | None = None
        own.deleted.connect(self._on_deleted)

    @property
    def shown(self) -> tuple[Tinted, ...]:
        """Patterns on the canvas, in the legend's order."""
        return self._shown

    @property
    def layers(self) -> list[Image]:
        """Layers of these patterns, in the same order."""
        return [self._own.get(_role(i)) for i in range(len(self._shown))]

    def show(self, owner: str, grid: Grid, patterns: Sequence[Tinted]) -> None:
        """Show these patterns and no others.

        Parameters
        ----------
        owner
            Name of the owner; a previous one is notified by ``ended``.
        grid
            Grid of the pixels.
        patterns
            Patterns to show.
        """
        displaced, self._owner = self._owner, owner if patterns else ""
        before, self._shown = self._shown, tuple(patterns)
        if patterns and not before:
            # Hide the tissue image, as a bright background would dominate.
            self._own.hold_back(TISSUE, self)
            self._own.add(BACKDROP, _backdrop(grid))
        self._own.remove(*(_role(i) for i in range(len(patterns), len(before))))
        for i, pattern in enumerate(patterns):
            self._draw(i, grid, pattern)
        if _labels(before) != _labels(self._shown):
            self._write_legend(grid)
        if not patterns:
            self._own.remove(BACKDROP)
            self._own.release(self)
            self._move_back()
        if displaced not in ("", owner):
            self.ended.emit(displaced)

    def end(self, owner: str) -> None:
        """Remove the patterns of an owner, if they are still shown."""
        if self._shown and owner == self._owner:
            roles = [_role(i) for i in range(len(self._shown))]
            self._owner, self._shown = "", ()
            self._own.remove(LEGEND, *roles, BACKDROP)
            self._own.release(self)
            self._move_back()

    def _draw(self, place: int, grid: Grid, pattern: Tinted) -> None:
        picture = grid.spread(pattern.pixels).astype(np.float32, copy=False)
        layer = self._own.get(_role(place))
        if layer is None:
            self._own.add(_role(place), _layer(grid, pattern, picture))
            return
        layer.data = picture
        set_limits(layer, pattern.limits)
        if layer.colormap.name != (colormap := black_to(pattern.colour)).name:
            layer.colormap = colormap
        if layer.name != pattern.label:
            layer.name = pattern.label

    def _write_legend(self, grid: Grid) -> None:
        viewer = self._own.viewer
        assert viewer is not None
        texts = [f"● {pattern.label}" for pattern in self._shown]
        colours = [pattern.colour for pattern in self._shown]
        legend = self._own.get(LEGEND)
        if legend is not None and len(legend.data) == len(texts):
            write(legend, texts, colours)
            return
        self._own.remove(LEGEND)
        if not texts:
            return
        self._make_room(grid, max(map(len, texts)))
        (top, _), (bottom, right) = tissue_box(grid)
        height = bottom - top
        line = max(_LINE * height, _ROW / viewer.scene.camera.zoom)
        rows = np.arange(1, len(texts) + 1)
        where = np.column_stack([top + rows * line, np.full(len(rows), right + _ASIDE * height)])
        active = viewer.layers.selection.active
        self._own.add(LEGEND, captions(LEGEND, grid, texts, where, colours))
        viewer.layers.selection.active = active

    def _make_room(self, grid: Grid, letters: int) -> None:
        """Move and shrink the tissue as far as needed for the legend to fit."""
        viewer = self._own.viewer
        assert viewer is not None
        (top, left), (bottom, right) = tissue_box(grid)
        width = viewer.canvas.size[1]
        taken = letters * _LETTER + _FREE
        start = right + _ASIDE * (bottom - top)
        camera = viewer.scene.camera
        depth, y, x = camera.center
        if width / 2 + (start - x) * camera.zoom + taken <= width:
            return
        room = max(width - taken - _FREE, width / 3)
        before = (camera.zoom, camera.center) if self._moved is None else self._moved[0]
        camera.zoom = min(camera.zoom, room / (start - left))
        # The legend is aligned with the right side of the canvas.
        camera.center = (depth, y, start - (width / 2 - taken) / camera.zoom)
        self._moved = (before, (camera.zoom, camera.center))

    def _move_back(self) -> None:
        """Restore the camera of before the legend, with the user's changes since."""
        viewer, moved = self._own.viewer, self._moved
        self._moved = None
        if viewer is not None and moved is not None:
            camera = viewer.scene.camera
            if (camera.zoom, camera.center) == moved[1]:
                camera.zoom, camera.center = moved[0]

    def _on_deleted(self, role: str) -> None:
        # Without the backdrop, or without one pattern, the rest would be misleading.
        if role == BACKDROP or role in [_role(i) for i in range(len(self._shown))]:
            owner = self._owner
            self.end(owner)
            self.ended.emit(owner)


def _role(place: int) -> str:
    return f"overlay {place}"


def _labels(patterns: Sequence[Tinted]) -> list[tuple[str, str]]:
    return [(pattern.label, pattern.colour) for pattern in patterns]


def _backdrop(grid: Grid) -> Image:
    """Return a black layer over the tissue, so that colours add up from black on any theme."""
    return Image(
        grid.spread(np.zeros(grid.n_pixels, dtype=np.float32)),
        name=BACKDROP,
        affine=affine(grid)[1:, 1:],
        units=units(grid)[1:],
        axis_labels=("y", "x"),
        colormap=black_to("#000000"),
        contrast_limits=(0.0, 1.0),
        blending="translucent_no_depth",
    )


def _layer(grid: Grid, pattern: Tinted, picture: NDArray[np.float32]) -> Image:
    return Image(
        picture,
        name=pattern.label,
        affine=affine(grid)[1:, 1:],
        units=units(grid)[1:],
        axis_labels=("y", "x"),
        colormap=black_to(pattern.colour),
        contrast_limits=pattern.limits,
        blending="additive",
    )
