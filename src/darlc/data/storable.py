"""What files can hold of an AnnData, and a trial of it that costs little."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

#: What pandas calls the contents of a column of objects that hold numbers.
_NUMBERS = ("integer", "floating", "mixed-integer-float")


def storable_table(table: pd.DataFrame) -> pd.DataFrame:
    """Bring columns that files cannot hold into a form that they can; all else stays as it is.

    Truths of which some are missing become pandas' ``boolean``, numbers among objects numbers;
    times, and what is left of mixed columns, become text.
    """
    import pandas as pd

    table = table.copy(deep=False)
    for name in table.columns:
        column = table[name]
        if column.dtype.kind not in "OUmM" or isinstance(column.dtype, pd.CategoricalDtype):
            continue
        kind = pd.api.types.infer_dtype(column, skipna=True)
        if kind == "boolean":
            table[name] = column.astype("boolean" if column.isna().any() else bool)
            continue
        if kind in _NUMBERS:
            table[name] = pd.to_numeric(column)
            continue
        if kind not in ("string", "empty"):
            column = column.map(str, na_action="ignore")
        if column.isna().any():
            column = column.astype("category")
        elif isinstance(column.dtype, pd.StringDtype):
            column = column.astype(object)
        table[name] = column
    return table


def skeleton(adata: AnnData) -> AnnData:
    """Return an AnnData with all that a file may refuse, and none of what takes long to write.

    Arrays of numbers are never refused, and are left out.
    """
    from anndata import AnnData

    return AnnData(
        obs=storable_table(adata.obs),
        var=storable_table(adata.var),
        uns=_without_arrays(adata.uns),
        obsm=_tables(adata.obsm),
        varm=_tables(adata.varm),
    )


def _without_arrays(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _without_arrays(value) if isinstance(value, Mapping) else value
        for name, value in values.items()
        if not (isinstance(value, np.ndarray) and value.dtype.kind in "biuf")
    }


def _tables(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if hasattr(value, "columns")}
