"""Positions and sizes of observations for drawing, and their annotations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from darlc.data.libraries import libraries, scale_factor
from darlc.images.layout import ST_PITCH
from darlc.images.sgep_images import SGEPImages
from napari_darlc.canvas.annotations import annotation_columns

if TYPE_CHECKING:
    from anndata import AnnData

#: Most observations that are drawn; of more, a sample, so that colouring stays quick.
MOST_DRAWN = 40_000
#: Diameter of a spot in pitches: Visium by 10x Genomics, ST by Ståhl et al. 2016.
_VISIUM, _ST = 0.55, 0.5
#: Observations sampled to measure spacing, and the diameter of a dot relative to it.
_MEASURED, _SHARE = 5000, 0.9


@dataclass(frozen=True, eq=False)
class ObservationGeometry:
    """Geometry of the observations in the tissue.

    Parameters
    ----------
    rows
        (n,) positions of the drawn observations among all.
    positions
        (n, 2) their (y, x) in units of ``obsm["spatial"]``.
    diameter
        Diameter of an observation, in the same units.
    spots
        Whether the diameter is that of the platform's spots; otherwise it is chosen so that cells
        or beads do not overlap.
    left_undrawn
        Number of observations in the tissue that are not drawn.
    columns
        Columns of ``obs`` that observations can be coloured by.
    """

    rows: NDArray[np.int64]
    positions: NDArray[np.float64]
    diameter: float
    spots: bool
    left_undrawn: int
    columns: tuple[str, ...]


def observation_geometry(adata: AnnData, images: SGEPImages) -> ObservationGeometry:
    """Return the geometry of observations; takes about a second for very many."""
    rows = np.flatnonzero(images.observation_pixel >= 0)
    n_placed = len(rows)
    if n_placed > MOST_DRAWN:
        rows = np.sort(np.random.default_rng(0).choice(rows, MOST_DRAWN, replace=False))
    where = np.asarray(adata.obsm["spatial"], dtype=np.float64)[:, :2]
    positions = where[rows][:, ::-1]
    known = _spot_diameter(adata, images)
    return ObservationGeometry(
        rows=rows,
        positions=positions,
        diameter=_dot_diameter(positions) if known is None else known,
        spots=known is not None,
        left_undrawn=n_placed - len(rows),
        columns=annotation_columns(adata.obs),
    )


def _spot_diameter(adata: AnnData, images: SGEPImages) -> float | None:
    """Return the diameter of a spot in units of ``obsm["spatial"]``; None where there are none."""
    for library in libraries(adata).values():
        if 0 < (diameter := scale_factor(library, "spot_diameter_fullres")) < np.inf:
            return diameter
    grid = images.grid
    pitch = float(np.hypot(*grid.affine[:2, 1]))
    if grid.layout == "hexagonal":
        return _VISIUM * pitch
    if grid.layout == "square" and np.isclose(pitch * grid.microns, ST_PITCH):
        return _ST * pitch
    return None


def _dot_diameter(positions: NDArray[np.float64]) -> float:
    """Return a diameter at which typical neighbours touch without hiding each other."""
    asked = positions
    if len(asked) > _MEASURED:
        asked = np.random.default_rng(0).choice(positions, _MEASURED, replace=False)
    distance = cKDTree(positions).query(asked, k=2)[0][:, 1]
    apart = distance[distance > 0]
    return _SHARE * float(np.median(apart)) if len(apart) else 1.0
