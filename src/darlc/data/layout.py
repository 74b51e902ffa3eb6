"""From the positions of observations to a pixel grid: lattices keep theirs, the rest is binned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from darlc.data.dataset import READING
from darlc.data.grid import Grid, Layout
from darlc.errors import InputError

if TYPE_CHECKING:
    from anndata import AnnData

#: Centre-to-centre distance of spots, by 10x Genomics (Visium) and Ståhl et al. 2016 (ST).
VISIUM_PITCH = 100.0
ST_PITCH = 200.0
#: Free coordinates: observations a pixel should hold, and tissue pixels worth computing with.
_PER_PIXEL = 2.0
_MOST_PIXELS = 4096
_LARGEST_SIDE = 2048


def place(
    adata: AnnData, used: NDArray[np.bool_], bin_size: float | None = None
) -> tuple[Grid, NDArray[np.int64], str]:
    """Choose a grid and find every observation's pixel.

    Parameters
    ----------
    adata
        ``obsm["spatial"]`` (n_obs, 2) and, for lattices, ``obs["array_row"]``,
        ``obs["array_col"]``.
    used
        Observations to place, (n_obs,) bool.
    bin_size
        Pixel side for free coordinates, in units of ``obsm["spatial"]``.

    Returns
    -------
    grid
        Cropped to the observations that are used.
    cells
        Row and column of every observation's pixel, (n_obs, 2), -1 where not used.
    sentence
        What was done, for the user.

    Notes
    -----
    The grid's micrometres are those that the reader left in ``uns``, else those of the lattice.

    Raises
    ------
    InputError
        All observations lie at one point, or ``bin_size`` asks for an absurd grid.
    """
    spatial = np.asarray(adata.obsm["spatial"], dtype=np.float64)[:, :2]
    where = spatial[used]
    if len(where) == 0 or np.all(np.ptp(where, axis=0) == 0):
        raise InputError(
            "all observations lie at one point, so there is no tissue to draw: "
            "check the coordinates in obsm['spatial']."
        )
    told = float(adata.uns.get(READING, {}).get("microns", float("nan")))
    lattice = _array_lattice(adata, used) if bin_size is None else None
    if lattice is not None:
        layout, indices, name = lattice
        pitch = VISIUM_PITCH if layout == "hexagonal" else float("nan")
    elif bin_size is None and _is_rounded_lattice(where):
        layout, name, pitch = "square", "ST", ST_PITCH
        indices = np.rint(where[:, ::-1]).astype(np.int64)
    else:
        return _bin(spatial, used, bin_size, told)

    first = indices.min(axis=0)
    grid_cells = indices - first
    mask = _mask(grid_cells)
    affine = _fit_affine(grid_cells, where)
    step = float(np.hypot(*affine[:2, 1]))
    grid = Grid(
        mask=mask,
        affine=affine,
        layout=layout,
        stagger=int((1 - first[0]) % 2),
        microns=pitch / step if np.isnan(told) else told,
    )
    cells = np.full((len(spatial), 2), -1, dtype=np.int64)
    cells[used] = grid_cells
    height, width = mask.shape
    return grid, cells, f"{name} lattice ({layout}), {height} × {width} pixels, one a spot."


def _array_lattice(
    adata: AnnData, used: NDArray[np.bool_]
) -> tuple[Layout, NDArray[np.int64], str] | None:
    """Read the lattice that the platform wrote into ``obs``; None where there is none."""
    if not {"array_row", "array_col"} <= set(adata.obs.columns):
        return None
    try:
        index = adata.obs.loc[used, ["array_row", "array_col"]].to_numpy(dtype=np.float64)
    except (TypeError, ValueError):  # names of rows, and not their numbers
        return None
    if not np.isfinite(index).all() or np.any(index != np.rint(index)):
        return None
    rows, columns = index.astype(np.int64).T
    if len(np.unique(index, axis=0)) < len(index):
        return None
    if np.all((rows + columns) % 2 == 0):
        return "hexagonal", np.column_stack([rows, columns // 2]), "Visium"
    return "square", np.column_stack([rows, columns]), "array"


def _is_rounded_lattice(where: NDArray[np.float64]) -> bool:
    """Tell fractional lattice coordinates (16.92, 9.015) from free ones."""
    nearest = np.rint(where)
    if np.median(np.abs(where - nearest)) > 0.15:
        return False
    area = np.prod(np.ptp(nearest, axis=0) + 1)
    return len(np.unique(nearest, axis=0)) >= 0.99 * len(where) and len(where) >= 0.1 * area


def _bin(
    spatial: NDArray[np.float64], used: NDArray[np.bool_], bin_size: float | None, microns: float
) -> tuple[Grid, NDArray[np.int64], str]:
    where = spatial[used]
    side = bin_size if bin_size is not None else _choose_side(where)
    corner = where.min(axis=0)
    extent = np.ptp(where, axis=0) / side
    if extent.max() >= _LARGEST_SIDE:
        raise InputError(
            f"a bin size of {side:g} would need {int(extent.max()) + 1} pixels a side: "
            f"choose one that needs at most {_LARGEST_SIDE}."
        )
    grid_cells = np.floor((where - corner) / side).astype(np.int64)[:, ::-1]
    mask = _mask(grid_cells)
    affine = np.array(
        [[0.0, side, corner[0] + side / 2], [side, 0.0, corner[1] + side / 2], [0.0, 0.0, 1.0]]
    )
    cells = np.full((len(spatial), 2), -1, dtype=np.int64)
    cells[used] = grid_cells
    height, width = mask.shape
    each = len(where) / mask.sum()
    return (
        Grid(mask=mask, affine=affine, layout="binned", microns=microns),
        cells,
        f"free coordinates, binned to {height} × {width} pixels of {side:.4g} units, "
        f"{each:.1f} observations in a tissue pixel.",
    )


def _choose_side(where: NDArray[np.float64]) -> float:
    """Side at which a typical tissue pixel holds enough observations, by k-nearest density."""
    k = min(9, len(where))
    distance = cKDTree(where).query(where, k=k)[0][:, -1]
    area = np.pi * float(np.median(distance)) ** 2 / (k - 1)
    per_pixel = max(_PER_PIXEL, len(where) / _MOST_PIXELS)
    side = float(np.sqrt(area * per_pixel))
    return max(side, float(np.ptp(where, axis=0).max()) / (_LARGEST_SIDE - 1))


def _mask(cells: NDArray[np.int64]) -> NDArray[np.bool_]:
    mask = np.zeros(tuple(cells.max(axis=0) + 1), dtype=bool)
    mask[tuple(cells.T)] = True
    return mask


def _fit_affine(cells: NDArray[np.int64], where: NDArray[np.float64]) -> NDArray[np.float64]:
    """Least-squares map from (row, column) to (x, y); it carries rotation and the mean stagger."""
    design = np.column_stack([cells, np.ones(len(cells))]).astype(np.float64)
    if np.linalg.matrix_rank(design) < 3:
        # One row or column of spots: the missing axis gets the pitch of the other.
        along = int(np.argmax(np.ptp(cells, axis=0)))
        slope = np.asarray(np.polyfit(cells[:, along], where, 1)[0], dtype=np.float64)
        across = np.array([-slope[1], slope[0]]) if along == 0 else np.array([slope[1], -slope[0]])
        matrix: NDArray[np.float64] = np.zeros((2, 2))
        matrix[:, along], matrix[:, 1 - along] = slope, np.abs(across)
        offset = np.asarray((where - cells @ matrix.T).mean(axis=0))
    else:
        solution = np.linalg.lstsq(design, where, rcond=None)[0]
        matrix, offset = np.asarray(solution[:2].T), np.asarray(solution[2])
    affine = np.eye(3)
    affine[:2, :2], affine[:2, 2] = matrix, offset
    return affine
