"""The pixel grid over a tissue, and the positions of its pixels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

Layout = Literal["hexagonal", "square", "binned"]
#: Centres of touching pixels are one pitch apart on a hexagonal lattice; on the others the
#: diagonal ones count too.
_REACH = {"hexagonal": 1.1, "square": 1.5, "binned": 1.5}
#: Standard deviations after which a Gaussian kernel ends.
_WIDTHS = 3.0


@dataclass(frozen=True, eq=False)
class Grid:
    """A grid of pixels over the tissue.

    Parameters
    ----------
    mask
        Tissue mask, (H, W) bool. Arrays "over tissue pixels" hold one value for every True,
        in row-major order.
    affine
        (3, 3); maps a pixel's (row, column, 1) to (x, y, 1) in units of ``obsm["spatial"]``.
    layout
        ``"hexagonal"`` lattices store two staggered rows as two full rows of pixels.
    stagger
        For hexagonal lattices: parity of the rows that lie half a pitch to the right.
    microns
        Micrometres in one unit of ``obsm["spatial"]``; NaN where that is not known.
    """

    mask: NDArray[np.bool_]
    affine: NDArray[np.float64]
    layout: Layout = "square"
    stagger: int = 1
    microns: float = float("nan")

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        height, width = self.mask.shape
        return height, width

    @cached_property
    def n_pixels(self) -> int:
        """Number P of tissue pixels."""
        return int(self.mask.sum())

    @cached_property
    def pixels(self) -> NDArray[np.int64]:
        """Row and column of every tissue pixel, (P, 2)."""
        return np.argwhere(self.mask)

    @cached_property
    def index(self) -> NDArray[np.int64]:
        """Index among tissue pixels of every grid position, (H, W); -1 outside the tissue."""
        index = np.full(self.shape, -1, dtype=np.int64)
        index[self.mask] = np.arange(self.n_pixels)
        return index

    @cached_property
    def centres(self) -> NDArray[np.float64]:
        """Positions of the tissue pixels in the lattice's true geometry, (P, 2), in pitches."""
        rows, columns = self.pixels.T.astype(np.float64)
        if self.layout == "hexagonal":
            shifted = (self.pixels[:, 0] % 2) == self.stagger
            return np.column_stack([rows * np.sqrt(0.75), columns + 0.5 * shifted])
        return np.column_stack([rows, columns])

    @property
    def world(self) -> NDArray[np.float64]:
        """(3, 3); maps (row, column, 1) to (y, x, 1), the order of axes in viewers."""
        return self.affine[[1, 0, 2]]

    @property
    def pixel_size(self) -> float:
        """Side of a pixel (geometric mean of the two) in units of ``obsm["spatial"]``."""
        return float(np.sqrt(abs(np.linalg.det(self.affine[:2, :2]))))

    @cached_property
    def neighbours(self) -> sparse.csr_array:
        """Symmetric (P, P) adjacency of touching tissue pixels; no self-loops."""
        pairs = cKDTree(self.centres).query_pairs(_REACH[self.layout], output_type="ndarray")
        ones = np.ones(len(pairs), dtype=np.float32)
        upper = sparse.coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(self.n_pixels,) * 2)
        return (upper + upper.T).tocsr()

    def smoother(self, sigma: float) -> sparse.csr_array:
        """Return the (P, P) Gaussian smoother within the tissue; its rows sum to 1.

        Exact in the lattice's geometry. For narrow kernels: a matrix for a wide one is nearly
        dense, where `smoothed_widely` takes no memory.

        Parameters
        ----------
        sigma
            Standard deviation in pitches (pixels).
        """
        tree = cKDTree(self.centres)
        near = tree.sparse_distance_matrix(tree, _WIDTHS * sigma, output_type="coo_matrix")
        weights = np.exp(-0.5 * (near.data / sigma) ** 2).astype(np.float32)
        kernel = sparse.coo_array((weights, (near.row, near.col)), shape=near.shape).tocsr()
        return (sparse.dia_array((1.0 / kernel.sum(1)[None], 0), shape=near.shape) @ kernel).tocsr()

    def smoothed(self, values: NDArray[np.floating], sigma: float) -> NDArray[np.floating]:
        """Return values over tissue pixels, (n, P), smoothed by `smoother`, in rows."""
        return np.ascontiguousarray((self.smoother(sigma) @ values.T).T)

    def smoothed_widely(self, values: NDArray[np.floating], sigma: float) -> NDArray[np.float32]:
        """Return Gaussian averages of values (n, P) within the tissue, for kernels of any width.

        Rows and columns of pixels are smoothed one after the other, as if they lay at right
        angles and equally far apart; on a square grid this is what `smoother` does, but for the
        corners of the kernel.

        Parameters
        ----------
        values
            (n, P).
        sigma
            Standard deviation in pixels.
        """
        share = _blurred(self.mask.astype(np.float32), sigma)[self.mask]
        blurred = _blurred(self.spread(values, fill=0.0), sigma)[..., self.mask]
        return np.ascontiguousarray(blurred / share, dtype=np.float32)

    def spread(
        self, values: NDArray[np.floating], fill: float = float("nan")
    ) -> NDArray[np.floating]:
        """Lay values over tissue pixels, (..., P), on the grid, (..., H, W)."""
        canvas = np.full((*values.shape[:-1], *self.shape), fill, dtype=values.dtype)
        canvas[..., self.mask] = values
        return canvas


def _blurred(canvas: NDArray[np.floating], sigma: float) -> NDArray[np.floating]:
    blurred: NDArray[np.floating] = gaussian_filter(
        canvas, sigma, mode="constant", axes=(-2, -1), truncate=_WIDTHS
    )
    return blurred
