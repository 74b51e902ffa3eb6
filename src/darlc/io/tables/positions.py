"""x and y from a table, from records, or from an array of several columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from darlc.data.dataset import reading_facts
from darlc.data.keys import READING
from darlc.io.tables.axis_names import Axes, all_axes, is_height, is_identifier

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

#: Most values of a first column of an array that numbers sections; the other columns have many
#: times as many.
_FEW, _TIMES = 64, 8


@dataclass(frozen=True, eq=False)
class Positions:
    """Positions of observations.

    Parameters
    ----------
    values
        (n, 2) x and y.
    width
        Number of columns in the data.
    axes
        Names of the columns that are used; None where they have none.
    """

    values: Any
    width: int
    axes: Axes | None = None


def positions(found: Any) -> Positions | None:
    """Return x and y; None where there are no two columns.

    Named columns are found by name, in any order. Otherwise the first two are used, without those
    that are not x or y: names, sections, z.

    Parameters
    ----------
    found
        A table, an array of records, or a matrix.
    """
    import pandas as pd

    if getattr(getattr(found, "dtype", None), "names", None):
        found = pd.DataFrame(np.asarray(found).reshape(-1))
    if isinstance(found, pd.DataFrame):
        return _of_table(found)
    # A sparse matrix is recognised by its method, as scipy is slow to import.
    values = np.asarray(found.toarray() if hasattr(found, "toarray") else found)
    if values.ndim != 2 or values.shape[1] < 2:
        return None
    first = 1 if values.shape[1] > 2 and _numbers_sections(values) else 0
    return Positions(values[:, first : first + 2], values.shape[1])


def axes_of(table: pd.DataFrame) -> Axes | None:
    """Return which columns of a table are x and y by their names; they must hold numbers."""
    usable = {name: _holds_numbers(table[name]) for name in _own_names(table)}
    return next((each for each in all_axes(usable) if usable[each.x] and usable[each.y]), None)


def numbers(table: pd.DataFrame, axes: Axes) -> NDArray[np.float64]:
    """Return the two columns, (n, 2); NaN where there is no number.

    Rows and columns of a hexagonal lattice are scaled to its true proportions.
    """
    import pandas as pd

    columns = [table[name].astype(object) for name in (axes.x, axes.y)]
    found = [pd.to_numeric(each, errors="coerce") for each in columns]
    where = np.column_stack([each.to_numpy(dtype=np.float64, na_value=np.nan) for each in found])
    return _unstagger(where) if axes.lattice else where


def keep_unit(adata: AnnData, axes: Axes) -> None:
    """Store the unit that the names of columns state, where none is known yet."""
    known = reading_facts(adata)
    if not np.isnan(axes.microns) and "microns" not in known:
        adata.uns[READING] = {**known, "microns": axes.microns}


def _unstagger(index: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scale a hexagonal lattice, on which column + row is even, to its true proportions."""
    known = np.isfinite(index).all(axis=1)
    if known.any() and (index[known] == np.rint(index[known])).all():
        odd = index[known].sum(axis=1) % 2
        rows = np.unique(index[known, 1])
        if (odd == odd[0]).all() and np.any(np.diff(rows) == 1):
            return index * [0.5, np.sqrt(0.75)]
    return index


def _of_table(table: pd.DataFrame) -> Positions | None:
    axes = axes_of(table)
    if axes is not None:
        return Positions(numbers(table, axes), table.shape[1], axes)
    names = [name for name in _own_names(table) if _holds_numbers(table[name])]
    places = [name for name in names if not (is_height(name) or is_identifier(name))]
    chosen = places if len(places) > 1 else names
    found = positions(table[chosen].to_numpy()) if len(chosen) > 1 else None
    return None if found is None else replace(found, width=table.shape[1])


def _own_names(table: pd.DataFrame) -> list[Any]:
    """Return unique names of columns, without those that occur twice."""
    return list(table.columns[~table.columns.duplicated(keep=False)])


def _holds_numbers(column: pd.Series) -> bool:
    """Return whether there is a number among the values, which may be text."""
    import pandas as pd

    if column.dtype.kind == "b":
        return False
    return bool(pd.to_numeric(column.astype(object), errors="coerce").notna().any())


def _numbers_sections(values: Any) -> bool:
    """Return whether the first of several columns has a few values only, unlike the next two."""
    if values.dtype.kind not in "iuf":
        return False
    own, *others = (len(np.unique(values[:, i])) for i in range(3))
    return own <= _FEW and min(others) >= _TIMES * own
