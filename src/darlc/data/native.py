"""Arrays in this machine's byte order and precision, with short indices, which files may lack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse

if TYPE_CHECKING:
    from anndata import AnnData

_SHORT = np.dtype(np.int32)


def make_native(adata: AnnData) -> None:
    """Replace arrays and columns of foreign byte order or half precision by ones of this machine.

    Libraries refuse foreign byte order, and sums and sparse products need more than half precision.
    Arrays are replaced, never written into. ``.raw`` is not changed.

    Parameters
    ----------
    adata
        Changed in place.
    """
    if adata.X is not None and (own := native(adata.X)) is not adata.X:
        adata.X = own
    for parts in (adata.layers, adata.obsm, adata.varm, adata.obsp, adata.varp):
        for name, values in list(parts.items()):
            if (own := native(values)) is not values:
                parts[name] = own
    _make_columns_native(adata.obs)
    _make_columns_native(adata.var)


def native(values: Any) -> Any:
    """Return an array or table in native byte order and precision; the same object if it is."""
    if isinstance(values, pd.DataFrame):
        if all(_is_native(dtype) for dtype in values.dtypes):
            return values
        values = values.copy(deep=False)
        _make_columns_native(values)
        return values
    if isinstance(values, np.matrix):
        values = np.asarray(values)
    if sparse.issparse(values) and values.format in ("csr", "csc"):
        values = _with_short_indices(values)
    dtype = getattr(values, "dtype", None)
    if dtype == np.float16:
        return values.astype(np.float32)
    if dtype is None or _is_native(dtype):
        return values
    return values.astype(dtype.newbyteorder("="))


def _with_short_indices(values: Any) -> Any:
    """Return a sparse matrix with indices of 32 bits where these suffice: half of the memory.

    Of the two arrays of indices, a long one makes scipy lengthen the other.
    """
    most = np.iinfo(_SHORT).max
    if (values.indices.dtype == values.indptr.dtype == _SHORT) or values.nnz > most:
        return values
    if values.indices.size and not 0 <= values.indices.min() <= values.indices.max() <= most:
        return values  # a broken matrix, which is refused later
    indices = values.indices.astype(_SHORT, copy=False)
    parts = values.data, indices, values.indptr.astype(_SHORT, copy=False)
    return type(values)(parts, shape=values.shape)


def _is_native(dtype: Any) -> bool:
    return not isinstance(dtype, np.dtype) or bool(dtype.isnative)


def _make_columns_native(table: pd.DataFrame) -> None:
    for place, dtype in enumerate(table.dtypes):
        if not _is_native(dtype):
            table.isetitem(place, native(table.iloc[:, place].to_numpy()))
