"""Several sections in one picture, so that another gene is drawn as quickly as in one section."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darlc.images.contrast import contrast_limits
from darlc.images.grid import Grid
from napari_darlc.canvas.placing import affine, tissue_box
from napari_darlc.genes.pictures import GenePictures
from napari_darlc.genes.section_pictures import SectionPictures

#: Pixels of the mosaic for each side of the finest section's pixel, where grids differ.
_FINE = 4
#: Most pixels of a mosaic along one side.
_LARGEST = 2000
#: Pixels along the longer side of a mosaic of parts, and the highest zoom.
_SHARP, _CLOSEST = 800, 30.0
#: How far pixels of even grids may be off at the far end of a tissue, in pixels.
_EVEN = 0.25
#: Share of a pixel that is rounding.
_ROUNDING = 1e-6


@dataclass(frozen=True, eq=False)
class Mosaic:
    """Which pixel of which section is seen at each pixel of one picture.

    Parameters
    ----------
    grid
        Grid of the picture; its mask holds the tissue of all sections.
    section
        (P,) the section at each tissue pixel of the picture.
    source
        (P,) index among the tissue pixels of all sections, one section after the other.
    """

    grid: Grid
    section: NDArray[np.int64]
    source: NDArray[np.int64]

    def section_at(self, row: int, column: int) -> int:
        """Return the section at a pixel of the picture; -1 where there is none."""
        height, width = self.grid.shape
        if not (0 <= row < height and 0 <= column < width):
            return -1
        pixel = self.grid.index[row, column]
        return int(self.section[pixel]) if pixel >= 0 else -1


def mosaic(grids: Sequence[Grid]) -> Mosaic:
    """Draw sections into one picture.

    Each pixel has the value of the section's pixel that lies there: values are never mixed. Grids
    with equal pixels are moved by half a pixel at most, so that each of their pixels is one of the
    picture's.

    Parameters
    ----------
    grids
        Of the sections where they are drawn, apart from one another and in the same units.
    """
    places = [affine(grid)[1:, 1:] for grid in grids]
    sides = np.array([np.hypot(*place[:2, :2]) for place in places])
    step = sides.mean(axis=0)
    even = all(_drift(each, place, step) < _EVEN for each, place in zip(grids, places, strict=True))
    boxes = np.array([tissue_box(grid) for grid in grids])
    first, last = boxes[:, 0].min(axis=0), boxes[:, 1].max(axis=0)
    if not even:
        step = np.maximum(sides.min(axis=0) / _FINE, (last - first).max() / _LARGEST)
    shape = np.ceil((last - first) / step - _ROUNDING).astype(int) + 1

    def places_of(box: NDArray[np.float64]) -> _Part:
        corner = (box[0] - first) / step
        start = (np.rint(corner) if even else np.floor(corner + _ROUNDING)).astype(int)
        end = np.minimum(np.ceil((box[1] - first) / step).astype(int) + 1, shape)
        where = _middles(start, end)
        if even:  # whole pixels from the section's corner
            where += corner - start
        return start, end, where * step + first

    return _composed(grids, map(places_of, boxes), first, step, shape)


def _drift(grid: Grid, place: NDArray[np.float64], step: NDArray[np.float64]) -> float:
    """Return how far the last pixel is off where pixels were of a size and not turned."""
    off = (place[:2, :2] - np.diag(step)) @ np.array(grid.shape) / step
    return float(np.abs(off).max())


@dataclass(frozen=True)
class Window:
    """The part of every section that is seen in its panel.

    Parameters
    ----------
    zoom
        How many times larger than the whole panel it is drawn, at least 1.
    aim
        (y, x) from the middle of a panel to the middle of the part, in the layers' units.
    """

    zoom: float = 1.0
    aim: tuple[float, float] = (0.0, 0.0)

    def zoomed(self, times: float, about: NDArray[np.float64]) -> Window:
        """Return it with another zoom; what is drawn at ``about`` from the middle stays there."""
        zoom = float(np.clip(self.zoom * times, 1.0, _CLOSEST))
        aim = np.array(self.aim) + about / self.zoom - about / zoom
        return Window(zoom, (float(aim[0]), float(aim[1])))

    def moved(self, shift: NDArray[np.float64]) -> Window:
        """Return it after everything that is drawn was moved by (y, x)."""
        aim = np.array(self.aim) - shift / self.zoom
        return Window(self.zoom, (float(aim[0]), float(aim[1])))

    def kept_inside(self, size: NDArray[np.float64]) -> Window:
        """Return it moved as little as needed to lie within panels of a height and width."""
        most = 0.5 * size * (1 - 1 / self.zoom)
        y, x = np.clip(self.aim, -most, most)
        return Window(self.zoom, (float(y), float(x)))


def seen_through(grids: Sequence[Grid], size: NDArray[np.float64], window: Window) -> Mosaic:
    """Draw the same part of every section into its panel.

    Parameters
    ----------
    grids
        Of the sections where they are drawn, as in `mosaic`.
    size
        Height and width of a panel, in the layers' units.
    window
        The part that is seen.
    """
    middles = np.array([tissue_box(grid).mean(axis=0) for grid in grids])
    first, last = middles.min(axis=0) - size / 2, middles.max(axis=0) + size / 2
    step = np.full(2, (last - first).max() / _SHARP)
    shape = np.ceil((last - first) / step).astype(int) + 1

    def places_of(middle: NDArray[np.float64]) -> _Part:
        start, end = (
            np.rint((middle + half - first) / step).astype(int) for half in (-size / 2, size / 2)
        )
        where = _middles(start, end) * step + first
        return start, end, middle + np.array(window.aim) + (where - middle) / window.zoom

    return _composed(grids, map(places_of, middles), first, step, shape)


#: First pixel of a part of a picture, the end, and where in the layers' units its pixels show.
_Part = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


def _middles(start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the middles (rows, columns, 2) of the pixels between two corners, in pixels."""
    rows, columns = np.mgrid[start[0] : end[0], start[1] : end[1]]
    return np.stack([rows, columns], axis=-1) + 0.5


def _composed(
    grids: Sequence[Grid],
    parts: Iterable[_Part],
    first: NDArray[np.float64],
    step: NDArray[np.float64],
    shape: NDArray[np.int64],
) -> Mosaic:
    """Return the picture that has each section in its part."""
    index = np.full(shape, -1, dtype=np.int64)
    section = np.zeros(shape, dtype=np.int64)
    before = 0
    for i, (grid, ((top, left), (bottom, right), where)) in enumerate(
        zip(grids, parts, strict=True)
    ):
        seen = _pixel_at(grid, affine(grid)[1:, 1:], where)
        index[top:bottom, left:right][seen >= 0] = seen[seen >= 0] + before
        section[top:bottom, left:right][seen >= 0] = i
        before += grid.n_pixels
    mask = index >= 0
    return Mosaic(_grid(mask, first, step, grids[0].microns), section[mask], index[mask])


def _pixel_at(
    grid: Grid, place: NDArray[np.float64], where: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return the tissue pixel at positions (…, 2), (y, x); -1 where there is none."""
    inverse = np.linalg.inv(place)
    at = np.rint(where @ inverse[:2, :2].T + inverse[:2, 2]).astype(np.int64)
    inside = ((at >= 0) & (at < grid.shape)).all(axis=-1)
    pixel = np.full(inside.shape, -1, dtype=np.int64)
    pixel[inside] = grid.index[tuple(at[inside].T)]
    return pixel


def _grid(
    mask: NDArray[np.bool_], first: NDArray[np.float64], step: NDArray[np.float64], microns: float
) -> Grid:
    """Return the grid of a picture, from its first corner and its pixels in the layers' units."""
    scale = microns if np.isfinite(microns) else 1.0
    (y, x), (high, wide) = (first + step / 2) / scale, step / scale
    place = np.array([[0.0, wide, x], [high, 0.0, y], [0.0, 0.0, 1.0]])
    return Grid(mask, place, microns=microns)


class MosaicPictures(GenePictures):
    """Views of all genes in several sections at once.

    Parameters
    ----------
    sections
        Views of each section.
    layout
        Where each is seen.
    apart
        Whether each section has limits of its own: its values are then shares of these limits.
    """

    def __init__(
        self, sections: Sequence[SectionPictures], layout: Mosaic, apart: bool = False
    ) -> None:
        super().__init__(len(sections[0]), layout.grid)
        self.sections, self.layout, self.apart = tuple(sections), layout, apart
        #: What is drawn of each section in place of genes; None for genes.
        self.patterns: tuple[NDArray[np.float32], ...] | None = None

    @property
    def denoised(self) -> bool:
        """Whether denoised views are shown, of the genes that have one."""
        return self.sections[0].denoised

    @denoised.setter
    def denoised(self, denoised: bool) -> None:
        for section in self.sections:
            section.denoised = denoised

    def pixels(self, gene: int) -> NDArray[np.float32]:
        """Return what is drawn at the tissue pixels of the picture."""
        values = self.values(gene)
        if self.apart:
            ends = [self._ends(each, gene) for each in range(len(values))]
            values = [(v - low) / (high - low) for v, (low, high) in zip(values, ends, strict=True)]
        return np.concatenate(values).astype(np.float32, copy=False)[self.layout.source]

    def limits(self, gene: int) -> tuple[float, float]:
        """Return the limits of these sections together; of shares, 0 and 1."""
        if self.apart:
            return 0.0, 1.0
        low = None if self.denoised or self.patterns is not None else 0.0
        return contrast_limits(np.concatenate(self.values(gene)), low)

    def values(self, gene: int) -> list[NDArray[np.float32]]:
        """Return what is shown of each section, over its tissue pixels."""
        if self.patterns is not None:
            return list(self.patterns)
        return [each.pixels(gene) for each in self.sections]

    def at(self, gene: int, row: int, column: int) -> tuple[str, float]:
        """Return the section at a pixel of the picture, and its value there; empty for none."""
        section = self.layout.section_at(row, column)
        if section < 0:
            return "", float("nan")
        before = sum(each.grid.n_pixels for each in self.sections[:section])
        pixel = self.layout.source[self.grid.index[row, column]] - before
        value = self.values(gene)[section][pixel]
        return self.sections[section].views.name, float(value)

    def _ends(self, section: int, gene: int) -> tuple[float, float]:
        if self.patterns is not None:
            return contrast_limits(self.patterns[section])
        return self.sections[section].limits(gene)
