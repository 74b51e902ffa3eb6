"""Platforms: positions of observations, depth, and variation of the library."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from darlc.images.layout import ST_PITCH, VISIUM_PITCH
from darlc.simulation.shapes import field

#: Rows, and spots of a row, of the lattices from which the tissue is cut out.
_VISIUM_LATTICE = (64, 56)
_ST_LATTICE = (30, 30)
#: Observations at free positions, and the side of the square that holds the tissue, in µm.
_BEADS, _BEAD_FIELD = 6000, 3000.0
_CELLS, _CELL_FIELD = 4000, 1800.0
#: Points that sample the area around each free position during relaxation.
_PROBES = 32


@dataclass(frozen=True, eq=False)
class Section:
    """Positions of a section's observations, without expression.

    Parameters
    ----------
    x, y
        (n_obs,) positions in the square of side 1 that holds the tissue.
    spatial
        (n_obs, 2) coordinates for ``obsm["spatial"]``.
    obs
        Columns of ``obs``, (n_obs,) each.
    names
        (n_obs,) names of the observations.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    spatial: NDArray[np.float64]
    obs: Mapping[str, NDArray[np.generic]]
    names: NDArray[np.str_]

    def select(self, kept: NDArray[np.int64]) -> Section:
        """Return the section with only some observations."""
        return replace(
            self,
            x=self.x[kept],
            y=self.y[kept],
            spatial=self.spatial[kept],
            obs={name: values[kept] for name, values in self.obs.items()},
            names=self.names[kept],
        )


@dataclass(frozen=True)
class Platform:
    """What a platform measures.

    Parameters
    ----------
    lay
        Draws a section.
    depth
        Mean total count of an observation.
    spread
        Standard deviation of the logarithm of the library from one observation to the next.
    dropout
        Share of the entries that are lost.
    """

    lay: Callable[[np.random.Generator], Section]
    depth: float
    spread: float = 0.3
    dropout: float = 0.0


def _visium(random: np.random.Generator) -> Section:
    rows, columns = np.indices(_VISIUM_LATTICE).reshape(2, -1)
    x = (columns + 0.5 * (rows % 2)) / _VISIUM_LATTICE[1]
    y = rows / _VISIUM_LATTICE[0]
    inside = _outline(random)(x, y)
    rows, columns = rows[inside], columns[inside]
    # Visium counts columns in half pitches.
    column = 2 * columns + rows % 2
    spatial = np.column_stack([column * VISIUM_PITCH / 2, rows * VISIUM_PITCH * np.sqrt(0.75)])
    in_tissue = np.ones(len(rows), dtype=np.int64)
    obs = {"in_tissue": in_tissue, "array_row": rows, "array_col": column}
    return Section(x[inside], y[inside], spatial, obs, _names("spot", len(rows)))


def _st(random: np.random.Generator) -> Section:
    return lay_lattice(_ST_LATTICE, ST_PITCH, "spot", random)


def lay_lattice(
    shape: tuple[int, int], pitch: float, kind: str, random: np.random.Generator
) -> Section:
    """Cut a tissue out of a square lattice.

    Parameters
    ----------
    shape
        Rows and columns of the lattice.
    pitch
        Distance of neighbours, in units of ``obsm["spatial"]``.
    kind
        What names begin with.
    random
        Source of randomness, for the outline.
    """
    rows, columns = np.indices(shape).reshape(2, -1)
    x, y = (columns + 0.5) / shape[1], (rows + 0.5) / shape[0]
    inside = _outline(random)(x, y)
    rows, columns = rows[inside], columns[inside]
    spatial = np.column_stack([columns * pitch, rows * pitch])
    obs = {"array_row": rows, "array_col": columns}
    return Section(x[inside], y[inside], spatial, obs, _names(kind, len(rows)))


def lay_cells(count: int, width: float, random: np.random.Generator) -> Section:
    """Scatter cells, crowded in places, over a tissue of a width in units of ``spatial``."""
    x, y = _scatter(count, random, crowding=0.8).T
    return Section(x, y, np.column_stack([x, y]) * width, {}, _names("cell", count))


def _slideseq(random: np.random.Generator) -> Section:
    x, y = _scatter(_BEADS, random, crowding=0.0).T
    return Section(x, y, np.column_stack([x, y]) * _BEAD_FIELD, {}, _names("bead", _BEADS))


def _merfish(random: np.random.Generator) -> Section:
    return lay_cells(_CELLS, _CELL_FIELD, random)


def _names(kind: str, count: int) -> NDArray[np.str_]:
    return np.array([f"{kind}{i:04d}" for i in range(count)])


def _outline(
    random: np.random.Generator,
) -> Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.bool_]]:
    """Draw a rounded, slightly ragged outline with a notch; return a test of points inside it."""
    phase = random.uniform(0, 2 * np.pi, 3)

    def inside(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
        u, v = x - 0.5, y - 0.5
        angle = np.arctan2(v, u)
        edge = 0.47 + sum(0.012 * np.sin((n + 2) * angle + phase[n]) for n in range(3))
        body = (np.abs(u) ** 2.6 + np.abs(v) ** 2.6) ** (1 / 2.6) < edge
        notch = np.hypot(u - 0.5 * np.cos(phase[0]), v - 0.5 * np.sin(phase[0])) < 0.09
        return np.asarray(body & ~notch)

    return inside


def _scatter(count: int, random: np.random.Generator, crowding: float) -> NDArray[np.float64]:
    """Scatter free positions with a minimum distance, (count, 2).

    Two rounds of Lloyd's relaxation remove the clumps and gaps of independent points, without
    forming a lattice.

    Parameters
    ----------
    count
        Number of positions.
    random
        Source of randomness.
    crowding
        How far the density decreases in the sparsest areas, in [0, 1); 0 is an even density.
    """
    inside = _outline(random)
    probes = random.uniform(size=(_PROBES * count, 2))
    probes = probes[inside(*probes.T)]
    if crowding:
        density = 1 - crowding * field(probes[:, 0], probes[:, 1], 0.12, random)
        probes = probes[random.uniform(size=len(probes)) < density]
    positions = probes[:count]
    for _ in range(2):
        nearest = cKDTree(positions).query(probes)[1]
        size = np.bincount(nearest, minlength=count)
        total = np.column_stack([np.bincount(nearest, axis, minlength=count) for axis in probes.T])
        positions = np.where(size[:, None] > 0, total / np.maximum(size, 1)[:, None], positions)
    return positions


PLATFORMS = {
    "visium": Platform(_visium, depth=600.0),
    "st": Platform(_st, depth=8000.0),
    "slideseq": Platform(_slideseq, depth=80.0, spread=0.5, dropout=0.1),
    "merfish": Platform(_merfish, depth=400.0, spread=0.35, dropout=0.05),
}
