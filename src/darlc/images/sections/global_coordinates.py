"""Global coordinates of the slide, where ``obsm["spatial"]`` holds those of fields of view."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from darlc.data.dataset import reading_facts
from darlc.data.features import EMBEDDINGS
from darlc.data.keys import READING
from darlc.images.sections.overlay import Neighbourhoods
from darlc.images.sections.stacked_sections import Stack, drawn_as_one

if TYPE_CHECKING:
    from anndata import AnnData

#: Largest residual, as a share, between positions that differ by a shift of each field.
_LEFT = 1e-3
#: Columns of ``obsm`` and ``obs`` that are not positions.
_NO_PLACES = re.compile(rf"{EMBEDDINGS}|latent|embed|draw|_original", re.IGNORECASE)
_X = re.compile(r"(?<![A-Za-z])[xX](?![a-zA-Z])|(?<=[a-z])X(?![a-z])")


def use_global(adata: AnnData, stack: Stack) -> list[str]:
    """Where fields of view overlap, use other coordinates by which they do not, if there are any.

    These are the same positions except for a shift of each field; their name does not matter.
    ``obsm["spatial"]`` is replaced and kept as ``obsm["spatial_original"]``.

    Parameters
    ----------
    adata
        Changed in place.
    stack
        What `stacked` says of it.

    Returns
    -------
    list
        Notes on what was replaced.
    """
    column = stack.column
    if column is None or drawn_as_one(adata):
        return []
    local = np.asarray(adata.obsm["spatial"], dtype=np.float64)[:, :2]
    for name, where in _others(adata):
        used = np.isfinite(local).all(axis=1) & np.isfinite(where).all(axis=1)
        if used.sum() < 2:
            continue
        scale = _scale(local[used], where[used], column.codes[used])
        if scale is None or Neighbourhoods.of(where[used]).shared(column.codes[used]):
            continue
        adata.obsm.setdefault("spatial_original", adata.obsm["spatial"])
        adata.obsm["spatial"] = where
        reading = dict(reading_facts(adata))
        if "microns" in reading:
            adata.uns[READING] = {**reading, "microns": float(reading["microns"]) / scale}
        notes = [
            f"The {len(column.values)} fields ({column.name}) lie on top of each other by the "
            f"coordinates of obsm['spatial'], so those of {name} are used."
        ]
        if "spatial" in adata.uns:
            adata.uns = {key: value for key, value in adata.uns.items() if key != "spatial"}
            notes.append("Images of single fields were left out.")
        return notes
    return []


def _others(adata: AnnData) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Yield other coordinates of the observations, and where they are stored."""
    for key, found in adata.obsm.items():
        if key == "spatial" or _NO_PLACES.search(key) or sparse.issparse(found):
            continue
        values = np.asarray(found)
        if values.ndim == 2 and values.shape[1] in (2, 3) and values.dtype.kind in "iuf":
            yield f"obsm['{key}']", values[:, :2].astype(np.float64)
    names = [str(name) for name in adata.obs.columns if not _NO_PLACES.search(str(name))]
    for x in sorted(names, key=lambda name: "global" not in name.casefold()):
        y = _X.sub(lambda match: "Y" if match[0] == "X" else "y", x)
        pair = [x, y]
        if y != x and y in names and all(adata.obs[name].dtype.kind in "iuf" for name in pair):
            yield f"the obs columns {x} and {y}", adata.obs[pair].to_numpy(dtype=np.float64)


def _scale(
    local: NDArray[np.float64], where: NDArray[np.float64], codes: NDArray[np.int64]
) -> float | None:
    """Return how many units of ``where`` are one of ``local``; None where the positions differ."""
    size = np.fmax(np.bincount(codes), 1)

    def centred(values: NDArray[np.float64]) -> NDArray[np.float64]:
        means = np.column_stack([np.bincount(codes, each) / size for each in values.T])
        return values - means[codes]

    inner, outer = centred(local), centred(where)
    matrix = np.linalg.lstsq(inner, outer, rcond=None)[0]
    left = ((outer - inner @ matrix) ** 2).sum() / max((outer**2).sum(), 1e-300)
    scale = float(np.sqrt(abs(np.linalg.det(matrix))))
    return scale if left < _LEFT and scale > 0 else None
