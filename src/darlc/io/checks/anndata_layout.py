"""Find coordinates and counts where other tools store them, and move them to the usual places."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from darlc.data.dataset import reading_facts
from darlc.data.features import COORDINATE, feature_kinds
from darlc.data.keys import READING
from darlc.data.native import make_native, native
from darlc.data.whole_numbers import is_whole
from darlc.io.tables.positions import axes_of, keep_unit, numbers, positions
from darlc.io.tables.text_table import numbers_rows

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

#: Keys of ``obsm`` in the order of preference.
_KEYS = ("spatial", "X_spatial", "Spatial", "spatial_coords", "coordinates", "coords")
#: Other keys that consist of such words only.
_KEY = re.compile(
    r"(x_)?(spatial|coords?|coordinates|xy|positions?|locations?|centroids?|global|slide|image|"
    r"pixels?|px|um|microns?|cells?|spots?|tissue|[_.\W])+",
    re.IGNORECASE,
)


def locate(adata: AnnData) -> list[str]:
    """Move coordinates to ``obsm["spatial"]``, a plain (n_obs, 2) array; other data are kept.

    Numbers of foreign byte order are converted. Where there are none, later checks raise.

    Returns
    -------
    list
        Notes on where they were found.
    """
    make_native(adata)
    return [note for note in (_find(adata), _flatten(adata)) if note]


def _find(adata: AnnData) -> str:
    others = [key for key in adata.obsm if _KEY.fullmatch(key) and not key.endswith("_original")]
    known = (key for key in (*_KEYS, *others) if key in adata.obsm)
    key = next((each for each in known if _is_of_use(adata.obsm[each])), None)
    if key == "spatial":
        return ""
    axes = axes_of(adata.obs) if key is None else None
    if key is None and axes is None:
        return _find_among_features(adata)
    if "spatial" in adata.obsm:  # all zero, or all missing
        adata.obsm["spatial_original"] = adata.obsm["spatial"]
    if axes is None:
        adata.obsm["spatial"] = adata.obsm[key].copy()
        return f"Coordinates were taken from obsm['{key}']."
    adata.obsm["spatial"] = numbers(adata.obs, axes)
    keep_unit(adata, axes)
    return f"Coordinates were taken from the obs columns {axes.x} and {axes.y}."


def _find_among_features(adata: AnnData) -> str:
    """Take coordinates out of the matrix, where tables hold them beside the genes."""
    among = feature_kinds(adata.var) == COORDINATE
    if adata.X is None or not among.any():
        return ""
    table = adata[:, among].to_df()
    axes = axes_of(table)
    if axes is None:
        return ""
    adata.obsm["spatial"] = numbers(table, axes)
    keep_unit(adata, axes)
    return f"Coordinates were taken from the columns {axes.x} and {axes.y} of X."


def _is_of_use(found: Any) -> bool:
    """Return whether there are x and y that differ between observations."""
    where = positions(found)
    if where is None:
        return False
    if where.values.dtype.kind not in "iuf":
        return True  # text; later checks convert it
    known = where.values[np.isfinite(where.values).all(axis=1)]
    return bool(len(known) and np.ptp(known, axis=0).any())


def _flatten(adata: AnnData) -> str:
    if "spatial" not in adata.obsm:
        return ""
    found = adata.obsm["spatial"]
    plain = isinstance(found, np.ndarray) and found.dtype.names is None
    if plain and found.ndim == 2 and found.shape[1] <= 2:
        return ""
    where = positions(found)
    if where is None:
        return ""
    adata.obsm["spatial_original"] = found
    adata.obsm["spatial"] = where.values.copy()
    names = "two"
    if where.axes is not None:
        names = f"{where.axes.x} and {where.axes.y}"
        keep_unit(adata, where.axes)
    if where.width <= 2:
        return "Coordinates were a table in obsm['spatial'] and are now an array."
    return (
        f"Of the {where.width} columns of coordinates {names} are used as x and y; "
        "all of them are in obsm['spatial_original']."
    )


def bring_counts(adata: AnnData) -> list[str]:
    """Copy the values of ``.raw`` to ``layers`` where neither X nor a layer can be used.

    Counts in ``.raw`` are copied to ``layers["counts"]``. Other values are used only where X was
    scaled to negative values or is missing. Existing data are kept.

    Returns
    -------
    list
        Notes on what was copied.
    """
    if adata.raw is None or "counts" in adata.layers or "layer" in reading_facts(adata):
        return []
    matched = _match_genes(adata)
    if matched is None:
        return []
    genes, by = matched
    counts = is_whole(adata.raw.X)
    if adata.X is not None and (is_whole(adata.X) or not (counts or _is_scaled(adata.X))):
        return []
    if counts:
        layer, note = "counts", "X holds no counts, so those of .raw are used."
    else:
        layer, note = "raw", "X holds no expression, so the values of .raw are used."
        adata.uns[READING] = {**reading_facts(adata), "layer": layer}
    adata.layers[layer] = native(adata.raw.X)[:, genes]
    notes = [f"{note} Its genes are named by {by}." if by else note]
    if more := adata.raw.n_vars - adata.n_vars:
        notes.append(f"{more} genes are in .raw only: {all_of_raw(adata)} reads all.")
    return notes


def all_of_raw(adata: AnnData) -> str:
    """Return the options that read ``.raw``, with gene names where its index is numbers."""
    column = next(iter(_texts(adata.raw.var)), "") if _are_numbers(adata.raw.var_names) else ""
    return f"--layer raw --gene-names {column}" if column else "--layer raw"


def _match_genes(adata: AnnData) -> tuple[NDArray[np.int64], str] | None:
    """Find every gene in ``.raw``, by the names of either or by columns of text.

    Returns
    -------
    genes
        (n_vars,) positions in ``.raw``.
    by
        What the genes were matched by; empty for their own names.
    """
    known = adata.raw.var_names
    if known.equals(adata.var_names):
        return np.arange(adata.n_vars), ""
    theirs = {f"its column {name}": column for name, column in _texts(adata.raw.var).items()}
    ours = [adata.var_names, *_texts(adata.var).values()]
    # Row numbers of the two matrices are not comparable.
    if not _are_numbers(known):
        theirs = {"": known, **theirs}
    for by, names in theirs.items():
        if not names.is_unique:
            continue
        for own in ours:
            if not _are_numbers(own) and np.all((genes := names.get_indexer(own)) >= 0):
                return genes, by
    return None


def _texts(table: pd.DataFrame) -> dict[str, pd.Index]:
    """Return the columns of text."""
    import pandas as pd

    return {
        str(name): pd.Index(column.astype(str))
        for name, column in table.items()
        if column.dtype == object or column.dtype.name in ("category", "string", "str")
    }


def _are_numbers(names: pd.Index) -> bool:
    """Return whether names are row numbers from 0 or 1."""
    return numbers_rows([str(name) for name in names])


def _is_scaled(matrix: Any) -> bool:
    values = matrix.data if sparse.issparse(matrix) else np.asarray(matrix)
    return values.dtype.kind == "f" and bool(np.any(values < 0))
