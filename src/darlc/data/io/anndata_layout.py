"""Where the tools that write AnnData leave coordinates and counts; all is brought to one place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from darlc.data.dataset import READING

if TYPE_CHECKING:
    from anndata import AnnData

#: Keys of ``obsm``, and pairs of columns of ``obs`` (x, then y), in the order of preference.
_KEYS = ("spatial", "X_spatial", "Spatial", "spatial_coords", "coordinates", "coords")
_COLUMNS = (
    ("x", "y"),
    ("X", "Y"),
    ("pxl_col_in_fullres", "pxl_row_in_fullres"),
    ("imagecol", "imagerow"),  # Seurat
    ("x_centroid", "y_centroid"),  # Xenium
    ("center_x", "center_y"),  # MERSCOPE
    ("CenterX_global_px", "CenterY_global_px"),  # CosMx
    ("x_coord", "y_coord"),
    ("xcoord", "ycoord"),  # Slide-seq
    ("spatial_x", "spatial_y"),
)
_LATTICES = (("array_col", "array_row"), ("col", "row"))


def locate(adata: AnnData) -> list[str]:
    """Bring coordinates to ``obsm["spatial"]``, a plain (n_obs, 2) array; nothing is lost.

    Finding none is left to the common checks.

    Returns
    -------
    list
        Notes on where they stood.
    """
    return [note for note in (_find(adata), _flatten(adata)) if note]


def _find(adata: AnnData) -> str:
    key = next((each for each in _KEYS if each in adata.obsm), None)
    if key == "spatial":
        return ""
    if key is not None:
        adata.obsm["spatial"] = adata.obsm[key].copy()
        return f"Coordinates were taken from obsm['{key}']."
    for x, y in _COLUMNS + _LATTICES:
        if x in adata.obs and y in adata.obs:
            where = adata.obs[[x, y]].to_numpy()
            if (x, y) in _LATTICES:
                where = _unstagger(where)
            adata.obsm["spatial"] = where
            return f"Coordinates were taken from the obs columns {x} and {y}."
    return ""


def _unstagger(where: Any) -> Any:
    """Give a hexagonal lattice, on which column + row is even, its true proportions."""
    index = where.astype(np.float64)
    whole = np.isfinite(index).all() and (index == np.rint(index)).all()
    if whole and (index.sum(axis=1) % 2 == 0).all():
        return index * [0.5, np.sqrt(0.75)]
    return index


def _flatten(adata: AnnData) -> str:
    if "spatial" not in adata.obsm:
        return ""
    found = adata.obsm["spatial"]
    if isinstance(found, np.ndarray) and found.ndim == 2 and found.shape[1] <= 2:
        return ""
    columns = getattr(found, "columns", ())
    # A table may list y before x; an array cannot say.
    values = np.asarray(found[["x", "y"]] if {"x", "y"} <= set(columns) else found)
    if values.ndim != 2:
        return ""
    adata.obsm["spatial_original"] = found
    adata.obsm["spatial"] = values[:, :2].copy()
    width = found.shape[1]
    if width <= 2:
        return "Coordinates were a table in obsm['spatial'] and are now an array."
    return (
        f"Of the {width} columns of coordinates two are used as x and y; "
        "all of them stand in obsm['spatial_original']."
    )


def bring_counts(adata: AnnData) -> list[str]:
    """Bring what ``.raw`` holds to ``layers`` where neither X nor a layer is of use.

    Counts in ``.raw`` are brought to ``layers["counts"]``. Other values are used only where X
    was scaled to negative values or is missing. What the data held stays.

    Returns
    -------
    list
        Notes on what was brought.
    """
    if adata.raw is None or "counts" in adata.layers or "layer" in adata.uns.get(READING, {}):
        return []
    if not set(adata.var_names) <= set(adata.raw.var_names):
        return []
    counts = is_whole(adata.raw.X)
    if adata.X is not None and (is_whole(adata.X) or not (counts or _is_scaled(adata.X))):
        return []
    if counts:
        layer, note = "counts", "X holds no counts, so those of .raw are used."
    else:
        layer, note = "raw", "X holds no expression, so the values of .raw are used."
        adata.uns[READING] = {**adata.uns.get(READING, {}), "layer": layer}
    adata.layers[layer] = adata.raw[:, adata.var_names].X
    more = adata.raw.n_vars - adata.n_vars
    return [note, *([f"{more} genes stand in .raw alone: --layer raw takes all."] if more else [])]


def _values(matrix: Any) -> Any:
    return matrix.data if sparse.issparse(matrix) else np.asarray(matrix)


def is_whole(matrix: Any) -> bool:
    """Return whether all values of a matrix are whole numbers."""
    values = _values(matrix)
    if values.dtype.kind in "bui":
        return True
    # A look at the first few settles it for nearly all that are no counts.
    return values.dtype.kind == "f" and all(
        bool(np.all(part == np.rint(part))) for part in (values[:1000], values)
    )


def _is_scaled(matrix: Any) -> bool:
    values = _values(matrix)
    return values.dtype.kind == "f" and bool(np.any(values < 0))
