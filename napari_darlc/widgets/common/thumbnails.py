"""Thumbnails of values over tissue pixels, in the tissue's true proportions."""

from __future__ import annotations

from functools import cache

import numpy as np
from napari.utils.colormaps import ensure_colormap
from numpy.typing import NDArray
from qtpy.QtGui import QImage
from scipy import sparse

from darlc.images.contrast import FLAT
from darlc.images.grid import Grid
from darlc.images.sgep_images import SGEPImages
from napari_darlc.session.model import Model

#: Samples along each side of a thumbnail's pixel, for smooth edges and small spots.
_SAMPLES, _SAMPLES_OF_LARGE, _LARGE = 3, 2, 200
#: Share of the pixels that are clipped at the brightest colour.
_CLIPPED = 0.01


class ThumbnailPainter:
    """Draws many genes of one tissue; the geometry is a sparse matrix that is computed once.

    Parameters
    ----------
    grid
        Grid of the pixels. Thumbnails have the orientation of the canvas, and hexagonal lattices
        their true stagger.
    side
        Longer side of the pictures, in pixels.
    """

    def __init__(self, grid: Grid, side: int) -> None:
        self.side = side
        self.grid = grid
        self._sample, self.height, self.width = _sampling(grid, side)
        cover = np.asarray(self._sample.sum(axis=1)).ravel()
        self._seen = np.flatnonzero(cover > 0)
        self._sample = self._sample[self._seen]
        self._sample = sparse.csr_array(sparse.diags_array(1.0 / cover[self._seen]) @ self._sample)
        self._alpha = cover[self._seen].astype(np.float32)

    def resample(self, values: NDArray[np.floating]) -> NDArray[np.float32]:
        """Average values over tissue pixels, (n, P), within the pictures' pixels, (n, seen)."""
        return np.asarray((self._sample @ values.T.astype(np.float32)).T)

    def paint(self, values: NDArray[np.floating], table: NDArray[np.float32]) -> list[QImage]:
        """Draw each row of (n, P) with a colour table, from its darkest to its brightest value.

        Pixels without a value, NaN, are left empty.
        """
        pictures = []
        for row in self.resample(values):
            known = np.isfinite(row)
            rgb = np.zeros((len(row), 3), dtype=np.float32)
            if known.any():
                rgb[known] = _look_up(scaled(row[known]), table)
            pictures.append(self.image(rgb, known))
        return pictures

    def image(self, rgb: NDArray[np.floating], known: NDArray[np.bool_] | None = None) -> QImage:
        """Return a picture from colours in [0, 1] of the pixels seen, (seen, 3).

        Those that are not known, (seen,), are left empty; None stands for all.
        """
        alpha = self._alpha if known is None else np.where(known, self._alpha, 0)
        picture = np.zeros((self.height * self.width, 4), dtype=np.uint8)
        picture[self._seen, :3] = np.rint(rgb * alpha[:, None] * 255)
        picture[self._seen, 3] = np.rint(alpha * 255)
        premultiplied = QImage.Format.Format_RGBA8888_Premultiplied
        wrapped = QImage(picture.data, self.width, self.height, 4 * self.width, premultiplied)
        return wrapped.copy()  # the array is deleted after this call


def painter_of(painter: ThumbnailPainter | None, grid: Grid, side: int) -> ThumbnailPainter:
    """Return a painter of a grid: the one that there is, if it is, else another."""
    if painter is None or painter.grid is not grid:
        return ThumbnailPainter(grid, side)
    return painter


def scaled(values: NDArray[np.floating]) -> NDArray[np.float32]:
    """Scale values to [0, 1] between the lowest and nearly the highest; flat ones to 0."""
    low = float(values.min())
    high = float(np.quantile(values, 1 - _CLIPPED))
    if high <= low:  # a gene in a few pixels
        high = float(values.max())
    high = max(high, low + FLAT * abs(low))
    return np.clip((values - low) / max(high - low, 1e-12), 0, 1).astype(np.float32)


@cache
def magma() -> NDArray[np.float32]:
    """Return the colour table of plain thumbnails, (256, 3)."""
    # vispy's would import matplotlib, which takes a second or more.
    table: NDArray[np.floating] = ensure_colormap("magma").map(np.linspace(0, 1, 256))
    return table[:, :3].astype(np.float32)


def _look_up(values: NDArray[np.float32], table: NDArray[np.float32]) -> NDArray[np.float32]:
    return table[(values * (len(table) - 1)).astype(np.intp)]


def _sampling(grid: Grid, side: int) -> tuple[sparse.csr_array, int, int]:
    """Return (picture pixels, P) shares of each picture pixel, and the picture's size."""
    samples = _SAMPLES if side < _LARGE else _SAMPLES_OF_LARGE
    world = grid.world
    corners = grid.pixels[:, None, :] + np.array(
        [[-0.5, -0.5], [-0.5, 0.5], [0.5, -0.5], [0.5] * 2]
    )
    where = corners.reshape(-1, 2) @ world[:2, :2].T + world[:2, 2]
    low, extent = where.min(axis=0), np.ptp(where, axis=0)
    step = float(extent.max()) / side
    height, width = np.maximum(np.rint(extent / step), 1).astype(int)

    fine_y = (np.arange(height * samples) + 0.5) / samples * step + low[0]
    fine_x = (np.arange(width * samples) + 0.5) / samples * step + low[1]
    y, x = np.meshgrid(fine_y, fine_x, indexing="ij")
    back = np.linalg.inv(world)
    row, column = back[:2, :2] @ np.stack([y.ravel(), x.ravel()]) + back[:2, 2:]
    row = np.rint(row).astype(np.int64)
    if grid.layout == "hexagonal":
        # The affine includes the mean stagger, a quarter of a pitch.
        column = column + 0.25 - 0.5 * (row % 2 == grid.stagger)
    column = np.rint(column).astype(np.int64)

    index = np.pad(grid.index, 1, constant_values=-1)
    pixel = index[
        np.clip(row, -1, grid.shape[0]) + 1,
        np.clip(column, -1, grid.shape[1]) + 1,
    ]
    fine = np.arange(pixel.size)
    target = (fine // (width * samples) // samples) * width + fine % (width * samples) // samples
    hit = pixel >= 0
    share = np.full(int(hit.sum()), 1 / samples**2, dtype=np.float32)
    shape = (int(height * width), grid.n_pixels)
    return sparse.coo_array((share, (target[hit], pixel[hit])), shape=shape).tocsr(), height, width


def draw_genes(
    images: SGEPImages, model: Model | None, genes: NDArray[np.int64], painter: ThumbnailPainter
) -> list[QImage]:
    """Draw genes' denoised views, and raw views of those that have none, in any thread."""
    views = np.empty((len(genes), images.n_pixels), dtype=np.float32)
    row_of = {} if model is None or model.denoised is None else model.row_of
    rows = np.array([row_of.get(gene, -1) for gene in genes.tolist()], dtype=np.int64)
    drawn = rows >= 0
    if model is not None and model.denoised is not None:
        views[drawn] = model.denoised[rows[drawn]]
    views[~drawn] = images.expression(genes[~drawn])
    return painter.paint(views, magma())
