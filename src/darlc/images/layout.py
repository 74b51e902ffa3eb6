"""From positions of observations to a pixel grid: lattices are kept, free coordinates binned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from darlc.data.dataset import reading_facts
from darlc.data.libraries import libraries, scale_factor
from darlc.errors import InputError
from darlc.images.grid import Grid
from darlc.images.lattice import Lattice, numbered_lattice, spaced_lattice
from darlc.wording import counted

if TYPE_CHECKING:
    from anndata import AnnData

#: Centre-to-centre distance of spots, by 10x Genomics (Visium) and Ståhl et al. 2016 (ST).
VISIUM_PITCH = 100.0
ST_PITCH = 200.0
#: The array of ST has 33 × 35 spots, counted from 1.
_ST_ARRAY = 37.0
_BARCODE = r"(?<![ACGT])[ACGT]{16}(?![ACGT])"
#: Free coordinates: observations a pixel should hold.
_PER_PIXEL = 2.0
#: About how many observations tell the density.
_TYPICAL = 50_000
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
        Grid, cropped to the observations that are used.
    cells
        Row and column of every observation's pixel, (n_obs, 2); -1 where it is not used or has no
        lattice point.
    sentence
        What was done, for the user.

    Notes
    -----
    The grid's micrometres are those that the reader stored in ``uns``, else those of a lattice that
    is recognised as Visium's or ST's.

    Raises
    ------
    InputError
        All observations lie at one point, or ``bin_size`` would give too many pixels.
    """
    spatial = np.asarray(adata.obsm["spatial"], dtype=np.float64)[:, :2]
    where = spatial[used]
    if len(where) == 0 or np.all(np.ptp(where, axis=0) == 0):
        raise InputError(
            "all observations with expression are at one point, so there is no tissue to draw: "
            "check the coordinates in obsm['spatial']."
        )
    microns = float(reading_facts(adata).get("microns", float("nan")))
    lattice, named = None, ""
    if bin_size is None:
        lattice, named = numbered_lattice(adata, used), "Visium lattice"
        if lattice is None:
            lattice, named = spaced_lattice(where), "lattice"
        elif lattice.layout == "square":
            named = "array lattice"
    if lattice is None:
        return _bin(spatial, used, bin_size, microns)

    known = lattice.known
    first = lattice.pixels[known].min(axis=0)
    grid_cells = lattice.pixels[known] - first
    mask = _mask(grid_cells)
    affine = _fit_affine(grid_cells, where[known])
    step = float(np.hypot(*affine[:2, 1]))
    pitch = float("nan")
    if named == "lattice":
        named, pitch = _recognise(adata, lattice, where, affine)
        if lattice.layout == "square" and np.isclose(microns * step, ST_PITCH):
            named = "ST lattice"
    elif lattice.layout == "hexagonal":
        pitch = VISIUM_PITCH
    grid = Grid(
        mask=mask,
        affine=affine,
        layout=lattice.layout,
        stagger=int((1 - first[0]) % 2),
        microns=pitch / step if np.isnan(microns) else microns,
    )
    cells = np.full((len(spatial), 2), -1, dtype=np.int64)
    cells[np.flatnonzero(used)[known]] = grid_cells
    height, width = mask.shape
    return grid, cells, _sentence(lattice, named, height, width)


def _recognise(
    adata: AnnData, lattice: Lattice, where: NDArray[np.float64], affine: NDArray[np.float64]
) -> tuple[str, float]:
    """Return the platform of a lattice found by its spacing, and its pitch in micrometres.

    A hexagonal lattice is Visium's where the names of observations hold its barcodes of 16 letters,
    or where the stored diameter of spots is Visium's. A square one is ST's where coordinates are
    near the whole numbers of its array, but not whole, as the adjusted positions of its spots are.
    Whole numbers alone are no evidence.
    """
    if lattice.layout == "hexagonal":
        if _has_barcodes(adata) or _has_visium_spots(adata, float(np.hypot(*affine[:2, 1]))):
            return "Visium lattice", VISIUM_PITCH
        return "lattice", float("nan")
    off = float(np.median(np.abs(where - np.rint(where))))
    on_array = where.min() > -1 and where.max() < _ST_ARRAY
    if on_array and 1e-3 < off < 0.15 and np.allclose(affine[:2, :2], [[0, 1], [1, 0]], atol=0.06):
        return "ST lattice", ST_PITCH
    return "lattice", float("nan")


def _has_barcodes(adata: AnnData) -> bool:
    called = adata.obs_names.astype(str).str.contains(_BARCODE)
    return float(np.mean(called)) > 0.9


def _has_visium_spots(adata: AnnData, pitch: float) -> bool:
    """Return whether the stored diameter of spots, relative to the pitch, is Visium's.

    Spots are 55 µm wide and Space Ranger writes up to 70, at a pitch of 100.
    """
    diameters = (scale_factor(each, "spot_diameter_fullres") for each in libraries(adata).values())
    return any(0.5 < diameter / pitch < 0.75 for diameter in diameters)


def _sentence(lattice: Lattice, named: str, height: int, width: int) -> str:
    shape = f"({lattice.layout}), {height} × {width} pixels"
    if named == "lattice":
        text = f"A lattice was found by the spacing of observations {shape}, one an observation."
    else:
        text = f"{named} {shape}, one a spot."
    if lattice.filled:
        numbers = counted(lattice.filled, "observation")
        text += f" {numbers} without a place on it in obs: placed by the coordinates."
    if left := int((~lattice.known).sum()):
        text += f" {counted(left, 'observation')} without a place on it: left out."
    return text


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
    some = where[:: max(1, len(where) // _TYPICAL)]
    distance = cKDTree(where).query(some, k=k)[0][:, -1]
    area = np.pi * float(np.median(distance)) ** 2 / (k - 1)
    side = float(np.sqrt(area * _PER_PIXEL))
    return max(side, float(np.ptp(where, axis=0).max()) / (_LARGEST_SIDE - 1))


def _mask(cells: NDArray[np.int64]) -> NDArray[np.bool_]:
    mask = np.zeros(tuple(cells.max(axis=0) + 1), dtype=bool)
    mask[tuple(cells.T)] = True
    return mask


def _fit_affine(cells: NDArray[np.int64], where: NDArray[np.float64]) -> NDArray[np.float64]:
    """Least-squares map from (row, column) to (x, y); it includes rotation and the mean stagger."""
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
