"""Lattices of observations: from row and column numbers of the platform, or from the spacing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from darlc.images.grid import Layout

if TYPE_CHECKING:
    from anndata import AnnData

#: Fewest observations to find a lattice by spacing; fewer may be evenly spaced by chance.
_FEWEST = 20
#: Observations whose neighbours are tested first, to recognise free positions quickly.
_SAMPLE = 4000
#: Lengths of steps to direct neighbours, in pitches; the next ones are 1.41 and 1.73 away.
_DIRECT = (0.75, 1.3)
#: How well the directions of direct neighbours must agree: 1 on a lattice, near 0 elsewhere.
_AGREEMENT = 0.45
#: Root mean square distance from the points of the lattice, in pitches; .36 to .41 by chance.
_OFF = 0.2
_STARTS = 5
#: Share of the observations that must have a lattice point of their own, and share of the points
#: next to an observation that must hold one: sparse whole numbers are not a lattice.
_ALONE, _OCCUPIED = 0.995, 0.12


@dataclass(frozen=True, eq=False)
class Lattice:
    """Positions of observations on a lattice.

    Parameters
    ----------
    layout
        ``"hexagonal"`` or ``"square"``.
    index
        (n, 2) row and column; on a hexagonal lattice columns are counted in half pitches, as
        Visium does, so that row + column is even.
    known
        (n,) whether an observation has a lattice point; the others are left out.
    filled
        How many were placed by their coordinates, because they had no row and column numbers.
    """

    layout: Layout
    index: NDArray[np.int64]
    known: NDArray[np.bool_]
    filled: int = 0

    @property
    def pixels(self) -> NDArray[np.int64]:
        """(n, 2) row and column of the pixel, with two staggered rows as two full ones."""
        if self.layout == "square":
            return self.index
        rows, columns = self.index.T
        return np.column_stack([rows, columns // 2])


def numbered_lattice(adata: AnnData, used: NDArray[np.bool_]) -> Lattice | None:
    """Read the lattice that the platform wrote into ``obs``.

    Observations without whole numbers there are placed by their coordinates where possible.

    Parameters
    ----------
    adata
        ``obs["array_row"]`` and ``obs["array_col"]``, and ``obsm["spatial"]``.
    used
        Observations to place, (n_obs,) bool.

    Returns
    -------
    Lattice
        Of the observations that are used; None where there is none, or a point is taken twice.
    """
    if not {"array_row", "array_col"} <= set(adata.obs.columns):
        return None
    try:
        index = adata.obs.loc[used, ["array_row", "array_col"]].to_numpy(dtype=np.float64)
    except (TypeError, ValueError):  # names of rows instead of numbers
        return None
    known = np.isfinite(index).all(axis=1)
    known[known] = (index[known] == np.rint(index[known])).all(axis=1)
    if 2 * known.sum() < len(index) or not known.any():
        return None
    whole = np.zeros(index.shape, dtype=np.int64)
    whole[known] = index[known]
    if len(np.unique(whole[known], axis=0)) < known.sum():
        return None
    odd = whole[known].sum(axis=1) % 2
    layout: Layout = "hexagonal" if np.all(odd == odd[0]) else "square"
    if layout == "hexagonal":
        whole[:, 1] += odd[0]
    if known.all():
        return Lattice(layout, whole, known)
    where = np.asarray(adata.obsm["spatial"], dtype=np.float64)[used, :2]
    return _fill(Lattice(layout, whole, known), where)


def _fill(lattice: Lattice, where: NDArray[np.float64]) -> Lattice:
    """Place observations without numbers at the free point of the lattice that they lie on."""
    index, known = lattice.index.copy(), lattice.known.copy()
    design = np.column_stack([index[known], np.ones(known.sum())])
    if np.linalg.matrix_rank(design) < 3:
        return lattice
    solution = np.linalg.lstsq(design, where[known], rcond=None)[0]
    if np.linalg.matrix_rank(solution[:2]) < 2:
        return lattice
    lost = np.flatnonzero(~known)
    place = (where[lost] - solution[2]) @ np.linalg.inv(solution[:2])
    nearest = np.rint(place)
    if lattice.layout == "hexagonal":
        shift = nearest[:, 0] % 2
        nearest[:, 1] = 2 * np.rint((place[:, 1] - shift) / 2) + shift
    reach = np.array([0.5, 1.0 if lattice.layout == "hexagonal" else 0.5])
    near = (np.abs(place - nearest) <= reach).all(axis=1)
    taken = {tuple(each) for each in index[known].tolist()}
    for row, spot in zip(lost[near], nearest[near].astype(np.int64), strict=True):
        if (point := (int(spot[0]), int(spot[1]))) not in taken:
            taken.add(point)
            index[row], known[row] = spot, True
    return Lattice(lattice.layout, index, known, int(known.sum() - lattice.known.sum()))


def spaced_lattice(where: NDArray[np.float64]) -> Lattice | None:
    """Find the lattice of positions from their spacing.

    It may be rotated, mirrored, have gaps, and be rounded to whole numbers.

    Parameters
    ----------
    where
        (n, 2) x and y.

    Returns
    -------
    Lattice
        Rows run along x, as nearly as the lattice does; None where the positions are free.
    """
    if len(where) < _FEWEST:
        return None
    basis = _first_basis(where)
    if basis is None:
        return None
    layout, vectors = basis
    found = _grow(where, vectors)
    if found is None:
        return None
    index, vectors = found
    if len(np.unique(index, axis=0)) < _ALONE * len(index):
        return None
    rows, columns = index[:, 1], index[:, 0]
    if layout == "hexagonal":
        columns = 2 * columns + rows
    elif _is_diagonal(vectors):
        # Every second point of a rotated square lattice: a hexagonal lattice with compressed axes,
        # such as Visium's numbers of rows and columns.
        layout, turned = "hexagonal", int(np.sign(vectors[0, 1]))
        rows, columns = rows + turned * columns, columns - turned * rows
    if layout == "hexagonal" and np.ptp((columns + 1) // 2) < np.ptp(columns // 2):
        rows, columns = rows + 1, columns + 1
    return Lattice(layout, np.column_stack([rows, columns]), np.ones(len(where), dtype=bool))


def _first_basis(where: NDArray[np.float64]) -> tuple[Layout, NDArray[np.float64]] | None:
    """Return the layout, and two steps to direct neighbours, (2, 2)."""
    asked = where
    if len(where) > _SAMPLE:
        asked = where[np.random.default_rng(0).choice(len(where), _SAMPLE, replace=False)]
    distance, near = cKDTree(where).query(asked, k=9)
    nearest = distance[:, 1]
    if np.mean(nearest == 0) > 1 - _ALONE:
        return None  # several observations at one place
    steps = (where[near[:, 1:]] - asked[:, None]).reshape(-1, 2)
    length = np.linalg.norm(steps, axis=1)
    # Where many points are empty, most observations have no direct neighbour.
    pitch = float(np.quantile(nearest, 0.2))
    pitch = float(np.median(nearest[nearest <= _DIRECT[1] * pitch]))
    direct = (length > _DIRECT[0] * pitch) & (length < _DIRECT[1] * pitch)
    if not direct.any():
        return None
    steps = steps[direct]
    angle = np.arctan2(steps[:, 1], steps[:, 0])
    agreement = {fold: np.mean(np.exp(1j * fold * angle)) for fold in (4, 6)}
    fold = max(agreement, key=lambda each: abs(agreement[each]))
    if abs(agreement[fold]) < _AGREEMENT or direct.sum() < _OCCUPIED * fold * len(asked):
        return None
    # The direction nearest to x; the second one points along y.
    first = float(np.angle(agreement[fold])) / fold
    turns = first + 2 * np.pi / fold * np.arange(2)
    vectors = []
    for turn in turns:
        unit = np.array([np.cos(turn), np.sin(turn)])
        along = steps @ unit
        side = np.abs(steps @ [-unit[1], unit[0]])
        own = (np.abs(along) > _DIRECT[0] * pitch) & (side < np.abs(along) * np.tan(np.pi / 8))
        if not own.any():
            return None
        vectors.append(np.mean(np.sign(along[own])[:, None] * steps[own], axis=0))
    return ("hexagonal" if fold == 6 else "square"), np.array(vectors)


def _grow(
    where: NDArray[np.float64], vectors: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]] | None:
    """Count steps on a lattice from its middle outwards, refining the fit on the way.

    Returns
    -------
    index
        (n, 2) steps along the two vectors.
    vectors
        (2, 2) fitted steps.
    """
    middle = np.median(where, axis=0)
    nearest = np.argsort(np.square(where - middle).sum(axis=1))[:_STARTS]
    # The first position may itself be far from its lattice point.
    tried = (_grow_from(where, where[each], vectors) for each in nearest)
    return next((found for found in tried if found is not None), None)


def _grow_from(
    where: NDArray[np.float64], origin: NDArray[np.float64], vectors: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]] | None:
    far = np.linalg.norm(where - origin, axis=1)
    pitch = float(np.linalg.norm(vectors, axis=1).mean())
    reach = 2.5
    while True:
        inside = far <= reach * pitch
        index = np.rint((where[inside] - origin) @ np.linalg.inv(vectors))
        design = np.column_stack([index, np.ones(len(index))])
        if np.linalg.matrix_rank(design) == 3:
            solution = np.linalg.lstsq(design, where[inside], rcond=None)[0]
            vectors, origin = solution[:2], solution[2]
            off = where[inside] - design @ solution
            flat = abs(np.linalg.det(vectors)) < 0.1 * pitch**2
            if flat or np.sqrt(np.mean(np.square(off).sum(axis=1))) > _OFF * pitch:
                return None
        if inside.all():
            # The last fit may move an observation that was between two points.
            place = (where - origin) @ np.linalg.inv(vectors)
            return np.rint(place).astype(np.int64), vectors
        reach *= 1.6


def _is_diagonal(vectors: NDArray[np.float64]) -> bool:
    """Return whether both steps of a square lattice are along the diagonals of x and y."""
    along, across = np.abs(vectors).T
    return bool(np.allclose(along, across, rtol=0.005))
