"""Values over tissue pixels in an axes: true geometry, outline, scale bar and colour bar."""

from __future__ import annotations

from typing import Any

import numpy as np
from contourpy import contour_generator
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import Colormap, ListedColormap
from matplotlib.image import AxesImage
from matplotlib.transforms import Affine2D
from mpl_toolkits.axes_grid1.anchored_artists import AnchoredSizeBar
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from darlc.images.grid import Grid
from darlc.results.palette import rgb, shades

#: Colour of outlines, of pixels without a value, and of scale bars.
OUTLINE, MISSING, INK = "#8a8f98", "#d5d8dc", "#30343a"
#: Blue below zero, orange above it: distinct for colour-blind people, and white at zero.
_BELOW, _ABOVE = ("#123e78", "#6aa6e8"), ("#f0a050", "#7c3403")
#: Smoothing of the outline in pixels, and the smallest area, in pixels, that has one.
_SMOOTH, _LEAST_AREA, _FINE = 0.9, 9.0, 3
#: Longest scale bar as a share of the tissue's width.
_LONGEST = 0.35


def picture(grid: Grid, values: NDArray[np.floating]) -> tuple[NDArray[np.floating], Affine2D]:
    """Return values over tissue pixels as an image, and its place.

    Parameters
    ----------
    grid
        Of the pixels.
    values
        (P,).

    Returns
    -------
    image
        (h, w), NaN outside the tissue. On hexagonal lattices a pixel is two columns wide, so that
        staggered rows lie where they are.
    place
        Maps (column, row) of the image's corners, from 0 at the outer edge, to (x, y) in units of
        ``obsm["spatial"]``.
    """
    image = grid.spread(values.astype(np.float64))
    scale, first = 1.0, -0.5
    if grid.layout == "hexagonal":
        height, width = grid.shape
        bricks = np.full((height, 2 * width + 1), np.nan)
        for parity in (0, 1):
            shift = int(parity == grid.stagger)
            rows = np.repeat(image[parity::2], 2, axis=1)
            bricks[parity::2, shift : shift + 2 * width] = rows
        # The affine holds the mean stagger, a quarter of a pitch.
        image, scale, first = bricks, 0.5, -0.75
    to_pixels = np.array([[0.0, 1.0, -0.5], [scale, 0.0, first], [0.0, 0.0, 1.0]])
    return image, Affine2D(grid.affine @ to_pixels)


def outline(grid: Grid) -> list[NDArray[np.float64]]:
    """Return the section's outline as closed lines (n, 2), x and y; small holes are left out."""
    image, place = picture(grid, np.ones(grid.n_pixels))
    wide = 2 if grid.layout == "hexagonal" else 1
    tissue = np.kron(np.pad(np.isfinite(image), 3 * wide), np.ones((_FINE, _FINE)))
    soft = gaussian_filter(tissue, (_SMOOTH * _FINE, _SMOOTH * _FINE * wide))
    found = []
    for line in contour_generator(z=soft).lines(0.5):
        x, y = (np.asarray(line).T + 0.5) / _FINE - 3 * wide
        area = 0.5 * abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1)))
        if area >= _LEAST_AREA * wide:
            found.append(place.transform(np.column_stack([x, y])))
    return found


def draw(
    ax: Axes,
    grid: Grid,
    values: NDArray[np.floating],
    limits: tuple[float, float],
    cmap: str | Colormap,
    *,
    lines: list[NDArray[np.float64]] | None = None,
) -> AxesImage:
    """Draw values over tissue pixels, y downwards, as on the slide.

    Parameters
    ----------
    ax
        Axes that are drawn in; their frame and ticks are removed.
    grid
        Of the pixels.
    values
        (P,).
    limits
        Values of the colormap's ends.
    cmap
        Colormap.
    lines
        Outline from `outline`; None computes it, an empty list draws none.
    """
    image, place = picture(grid, values)
    height, width = image.shape
    shown = ax.imshow(
        np.ma.masked_invalid(image),
        cmap=cmap,
        vmin=limits[0],
        vmax=limits[1],
        interpolation="none",
        extent=(0, width, height, 0),
        transform=place + ax.transData,
        aspect="equal",
    )
    if lines is None:
        lines = outline(grid)
    ax.add_collection(LineCollection(lines, colors=OUTLINE, linewidths=0.6), autolim=False)
    corners = place.transform([(0, 0), (width, 0), (0, height), (width, height)])
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    margin = 0.02 * max(right - left, bottom - top)
    ax.set_xlim(left - margin, right + margin)
    ax.set_ylim(bottom + margin, top - margin)
    ax.set_axis_off()
    return shown


def add_scale_bar(ax: Axes, grid: Grid) -> None:
    """Add a scale bar below the tissue where its scale in micrometres is known."""
    if not np.isfinite(grid.microns):
        return
    left, right = sorted(ax.get_xlim())
    microns = round_length(_LONGEST * (right - left) * grid.microns)
    text = f"{microns / 1000:g} mm" if microns >= 1000 else f"{microns:g} µm"
    bar = AnchoredSizeBar(
        ax.transData,
        microns / grid.microns,
        text,
        "upper left",
        pad=0.2,
        borderpad=0.0,
        sep=3,
        frameon=False,
        color=INK,
        size_vertical=0.006 * (right - left),
        fontproperties=None,
        bbox_to_anchor=(0.0, 0.0),
        bbox_transform=ax.transAxes,
    )
    bar.txt_label._text.set_fontsize("small")
    ax.add_artist(bar)


def round_length(most: float) -> float:
    """Return the largest of 1, 2 and 5 times a power of ten that is not above ``most``."""
    power = 10.0 ** np.floor(np.log10(most))
    return float(max(step for step in (1, 2, 5) if step * power <= most * (1 + 1e-9)) * power)


def add_colour_bar(shown: AxesImage, label: str, ax: Any = None) -> None:
    """Add a colour bar beside the axes of an image, or beside several axes."""
    ax = shown.axes if ax is None else ax
    first = shown.axes
    assert first is not None
    bar = first.figure.colorbar(shown, ax=ax, fraction=0.04, pad=0.02, shrink=0.6, aspect=18)
    bar.outline.set_visible(False)  # type: ignore[operator]
    bar.ax.tick_params(labelsize="small", length=2)
    bar.ax.locator_params(nbins=4)
    bar.set_label(label, fontsize="small")


def cluster_colormap(colour: str) -> ListedColormap:
    """Return the colormap of a cluster: from nearly black through its colour to white."""
    return ListedColormap(shades(colour))


def diverging_colormap() -> Colormap:
    """Return the colormap of residuals, whose limits are symmetric about zero."""
    from matplotlib.colors import LinearSegmentedColormap

    stops = [rgb(_BELOW[0]), rgb(_BELOW[1]), (0.96, 0.96, 0.96), rgb(_ABOVE[0]), rgb(_ABOVE[1])]
    return LinearSegmentedColormap.from_list("below and above zero", stops)
