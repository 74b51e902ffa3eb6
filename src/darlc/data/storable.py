"""Convert an AnnData to what files can hold: other values are renamed or become text, with notes.

AnnData holds nearly anything in memory, and reads files that it cannot write. After conversion,
writing does not fail: a value without a known rule is written into memory as a trial, and becomes
text where that fails.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from darlc.data.shallow_copy import shallow_copy
from darlc.data.storable_text import (
    clean,
    clean_array,
    is_name,
    shaped,
    text_of,
    texts,
    usable_name,
)
from darlc.wording import listed

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

#: Types that pandas infers for columns of objects that hold numbers.
_NUMBERS = ("integer", "floating", "mixed-integer-float")
#: Most levels of nested mappings; readers fail on somewhat deeper ones.
_DEEPEST = 20
_AS_TEXT = "Saved as text, for files hold no such values"
_NAMELESS = "Saved without the name of its rows, which a column has"


def storable(adata: AnnData, suffix: str) -> tuple[AnnData, tuple[str, ...]]:
    """Return an AnnData that can be written, and notes on how it differs from ``adata``.

    Parameters
    ----------
    adata
        Any AnnData; it is not modified, and its matrices are shared.
    suffix
        Of the file, ``".h5ad"`` or ``".zarr"``.

    Returns
    -------
    adata
        The same content in forms that files can hold.
    notes
        Sentences on what was renamed, and on what became text.
    """
    work = _Storing(suffix)
    return work.annotated(adata), work.notes()


def skeleton(adata: AnnData) -> AnnData:
    """Return a storable AnnData without its arrays of plain numbers, for a quick trial write.

    Plain numbers can always be written.
    """
    from anndata import AnnData

    raw = adata.raw
    return AnnData(
        obs=adata.obs,
        var=adata.var,
        uns=_without_numbers(adata.uns),
        obsm=_without_numbers(adata.obsm),
        varm=_without_numbers(adata.varm),
        layers=_without_numbers(adata.layers),
        obsp=_without_numbers(adata.obsp),
        varp=_without_numbers(adata.varp),
        raw=None
        if raw is None
        else {
            "X": sparse.csr_matrix((adata.n_obs, raw.n_vars), dtype=np.float32),
            "var": raw.var,
            "varm": _without_numbers(raw.varm),
        },
    )


def _without_numbers(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _without_numbers(value) if isinstance(value, Mapping) else value
        for name, value in values.items()
        if getattr(getattr(value, "dtype", None), "kind", "O") not in "biuf"
    }


class _Storing:
    """Converts values to forms that files can hold, and records the changes."""

    def __init__(self, suffix: str) -> None:
        self._suffix = suffix
        self._scratch: Any = None
        self._changes: dict[str, dict[str, None]] = defaultdict(dict)

    def notes(self) -> tuple[str, ...]:
        """Return a sentence on each kind of change."""
        return tuple(f"{what}: {listed(places)}." for what, places in self._changes.items())

    def annotated(self, adata: AnnData, where: str = "") -> AnnData:
        """Convert all parts of an AnnData."""
        from anndata import AnnData

        copy, raw = shallow_copy(adata), adata.raw
        raw_varm = {} if raw is None else self._aligned(raw.varm, f"{where}raw.varm")
        parts = {
            name: self._aligned(getattr(copy, name), where + name)
            for name in ("layers", "obsm", "varm", "obsp", "varp")
        }
        return AnnData(
            X=None if copy.X is None else self._value(copy.X, f"{where}X"),
            obs=self._rows(copy.obs, f"{where}obs", parts["obsm"]),
            var=self._rows(copy.var, f"{where}var", parts["varm"]),
            uns=self._mapping(copy.uns, f"{where}uns", 0),
            raw=None
            if raw is None
            else {
                "X": self._value(raw.X, f"{where}raw.X"),
                "var": self._rows(raw.var, f"{where}raw.var", raw_varm),
                "varm": raw_varm,
            },
            **parts,
        )

    def _note(self, what: str, place: str) -> None:
        self._changes[what][place] = None

    def _as_text(self, value: Any, where: str) -> str:
        self._note(_AS_TEXT, where)
        return text_of(value)

    def _names(self, names: Sequence[Any], where: str) -> list[str]:
        """Return valid and unique names for files; valid ones are unchanged."""
        fits = [isinstance(name, str) and is_name(name) for name in names]
        taken = {str(name) for name, fit in zip(names, fits, strict=True) if fit}
        found: list[str] = []
        seen: set[str] = set()
        for name, fit in zip(names, fits, strict=True):
            new = str(name) if fit else usable_name(name)
            if new in seen or (not fit and new in taken):
                new = next(
                    each for n in range(1, len(names) + 2)
                    if (each := f"{new}_{n}") not in taken | seen
                )  # fmt: skip
            seen.add(new)
            found.append(new)
            if new != name:
                shown = name if isinstance(name, str) else text_of(name)
                self._note(
                    "Saved under another name, for files hold no such name",
                    f"{where}[{clean(shown)[:60]!r}] as {new[:60]!r}",
                )
        return found

    def _mapping(self, values: Mapping[Any, Any], where: str, depth: int) -> dict[str, Any]:
        names = self._names(list(values), where)
        return {
            new: self._value(value, f"{where}[{new!r}]", depth + 1)
            for new, value in zip(names, values.values(), strict=True)
        }

    def _aligned(self, values: Mapping[str, Any], where: str) -> dict[str, Any]:
        """Convert arrays with a row for each observation or gene, keeping their rows."""
        kept: dict[str, Any] = {}
        names = self._names(list(values), where)
        for new, value in zip(names, values.values(), strict=True):
            place = f"{where}[{new!r}]"
            stored = self._value(value, place)
            if stored is not value and not hasattr(stored, "shape"):
                stored = np.array([self._as_text(row, place) for row in value], dtype=object)
            kept[new] = stored
        return kept

    def _value(self, value: Any, where: str, depth: int = 0) -> Any:
        import pandas as pd
        from anndata import AnnData

        # Before mappings: one of scipy's sparse formats is a mapping, too.
        if sparse.issparse(value):
            return self._sparse(value, where)
        if isinstance(value, Mapping):
            if depth > _DEEPEST:
                return self._as_text(value, where)
            return self._mapping(value, where, depth)
        if isinstance(value, pd.DataFrame):
            return self._table(value, where)
        if isinstance(value, pd.Series):
            return self._table(value.to_frame(), where)
        if isinstance(value, AnnData):
            return self.annotated(value, f"{where}.")
        if isinstance(value, pd.MultiIndex):
            return self._table(value.to_frame(index=False), where)
        if isinstance(value, pd.Index | pd.api.extensions.ExtensionArray):
            return self._column(pd.Series(value), where)
        if isinstance(value, np.ndarray):
            return self._array(value, where)
        if isinstance(value, list | tuple | range):
            return self._sequence(value, where, depth)
        if isinstance(value, Set):
            return self._sequence(sorted(value, key=text_of), where, depth)
        return self._scalar(value, where)

    def _scalar(self, value: Any, where: str) -> Any:
        if isinstance(value, np.floating):
            return float(value)
        if isinstance(value, np.generic) and value.dtype.kind in "biuUS":
            value = value.item()
        if isinstance(value, bytes | str):
            return text_of(value)
        if isinstance(value, bool | float):
            return value
        if isinstance(value, int) and -(2**63) <= value < 2**63:
            return int(value)
        timed = isinstance(value, np.datetime64 | np.timedelta64)
        return value if not timed and self._holds(value) else self._as_text(value, where)

    def _sequence(self, values: Sequence[Any], where: str, depth: int) -> Any:
        """Return an array where the items are of one kind, else a mapping by position."""
        kinds = {type(value) for value in values}
        if all(issubclass(kind, str) for kind in kinds) and kinds:
            return clean_array(np.array(values, dtype=object))
        if any(not np.isscalar(value) and value is not None for value in values):
            if all(isinstance(value, list | tuple | np.ndarray) for value in values):
                try:
                    array = np.array(values)
                except (ValueError, TypeError, RecursionError):  # of different lengths
                    array = np.empty(0, dtype=object)
                if array.dtype.kind in "biuf":
                    return array
            if depth > _DEEPEST:
                return self._as_text(values, where)
            self._note("Saved as a mapping by position, for files hold no such list", where)
            return self._mapping({str(i): each for i, each in enumerate(values)}, where, depth)
        numbers = all(issubclass(kind, bool | np.bool_) for kind in kinds) or not any(
            issubclass(kind, bool | np.bool_ | str | bytes | type(None)) for kind in kinds
        )
        return self._array(np.array(values) if numbers else shaped(values, (len(values),)), where)

    def _array(self, array: NDArray[Any], where: str) -> Any:
        import pandas as pd

        if isinstance(array, np.ma.MaskedArray):
            array = self._unmasked(array, where)
        array = np.asarray(array)
        kind = array.dtype.kind
        if kind == "f" and array.dtype.itemsize > 8:
            self._note("Saved in double precision, the most that files hold", where)
            return array.astype(np.float64)
        if kind in "biuf":
            return array
        if array.ndim == 0:
            return self._value(array.item(), where)
        if kind in "UT":
            return clean_array(array)
        if kind == "O":
            flat = pd.Series(array.ravel())
            inferred = pd.api.types.infer_dtype(flat, skipna=True)
            if (numbers := _numbers(flat, inferred)) is not None:
                return numbers.reshape(array.shape)
            words = texts(array, gap=None)
            gaps = any(word is None for word in words.flat)
            if inferred == "boolean" and not gaps:
                return array.astype(bool)
            if inferred not in ("string", "empty") or gaps:
                self._note(_AS_TEXT, where)
            return clean_array(texts(words))
        if kind not in "mMV" and self._holds(array[:0]):
            return array
        if kind == "V" and array.dtype.names and self._holds(array):
            return array
        self._note(_AS_TEXT, where)
        return clean_array(texts(array))

    def _unmasked(self, array: Any, where: str) -> NDArray[Any]:
        if not np.ma.is_masked(array):
            return np.asarray(array.data)
        self._note("Saved without the mask, NaN or nothing in its places", where)
        if array.dtype.kind in "biuf":
            return np.asarray(array.astype(np.float64).filled(np.nan))
        return np.asarray(array.astype(object).filled(None))

    def _sparse(self, matrix: Any, where: str) -> Any:
        if matrix.ndim != 2:
            return self._array(matrix.toarray(), where)
        if matrix.format not in ("csr", "csc"):
            matrix = matrix.tocsr()
        kind = matrix.dtype.kind
        if kind == "f" and matrix.dtype.itemsize > 8:
            return matrix.astype(np.float64)
        return matrix if kind in "biuf" or self._holds(matrix[:0]) else matrix.astype(np.float64)

    def _table(self, table: pd.DataFrame, where: str) -> pd.DataFrame:
        """Convert the names, the index and the columns of a table."""
        import pandas as pd

        if isinstance(table.index, pd.MultiIndex):
            table = table.reset_index(allow_duplicates=True)
        names = self._names(
            ["_".join(map(str, name)) if isinstance(name, tuple) else name for name in table], where
        )
        index = table.index
        kept: dict[str, Any] = {}
        for i, name in enumerate(names):
            kept[name] = self._column(table.iloc[:, i], f"{where}[{name!r}]")
        found = pd.DataFrame(kept, index=index)
        label = index.name
        if getattr(index.dtype, "kind", "O") not in "biuf" or index.hasnans:
            found.index = pd.Index(
                clean_array(texts(np.asarray(index, dtype=object))), dtype=object
            )
        found.index.name = None
        if label is not None and label not in kept:
            if isinstance(label, str) and is_name(label):
                found.index.name = label
            elif label != "_index":
                self._note("Saved without the name of its rows", where)
        elif label is not None and _differ(found.index, kept[label]):
            self._note(_NAMELESS, where)
        return found

    def _rows(self, table: pd.DataFrame, where: str, aligned: Mapping[str, Any]) -> pd.DataFrame:
        """Convert a table whose rows, and their name, those of ``aligned`` tables share."""
        found = self._table(table, where)
        label = found.index.name
        columns = [each.get(label) for each in aligned.values() if hasattr(each, "columns")]
        if label is not None and any(_differ(found.index, each) for each in columns):
            self._note(_NAMELESS, where)
            found.index.name = None
        return found

    def _column(self, column: pd.Series, where: str) -> Any:
        """Return the values of a column in a form that files can hold.

        Booleans with missing values become pandas' ``boolean``, objects that are numbers become
        numbers; times, and columns of mixed values, become text.
        """
        import pandas as pd

        dtype = column.dtype
        if isinstance(dtype, pd.CategoricalDtype):
            return self._categories(column.array, where)
        if isinstance(dtype, pd.SparseDtype):
            return self._column(column.sparse.to_dense(), where)
        if isinstance(dtype, np.dtype) and dtype.kind not in "OUmM":
            return self._array(column.to_numpy(), where)
        if not isinstance(dtype, np.dtype | pd.StringDtype):
            values = column.array
            if self._holds(values[:0]):
                return values
            if pd.api.types.is_float_dtype(dtype):
                return column.to_numpy(dtype=np.float64, na_value=np.nan)
        column = column.astype(object)
        kind = pd.api.types.infer_dtype(column, skipna=True)
        if (numbers := _numbers(column, kind)) is not None:
            return numbers
        words = texts(column.to_numpy(), gap=None)
        gaps = any(word is None for word in words)
        if kind == "boolean":
            return column.astype("boolean").array if gaps else column.to_numpy(dtype=bool)
        if kind not in ("string", "empty"):
            self._note(_AS_TEXT, where)
        words = clean_array(words)
        return pd.Categorical(words) if gaps else words

    def _categories(self, values: Any, where: str) -> Any:
        """Return a categorical whose categories are numbers of one kind, or texts."""
        import pandas as pd

        there = values.categories
        if there.dtype != object and not isinstance(there.dtype, pd.StringDtype):
            if self._holds(values[:0]) and there.dtype.kind not in "mM":
                return values
            words = clean_array(texts(np.asarray(there, dtype=object)))
        else:
            words = clean_array(texts(there.to_numpy(dtype=object)))
            if all(isinstance(each, str) for each in there) and list(words) == list(there):
                return values.rename_categories(pd.Index(words, dtype=object))
        self._note(_AS_TEXT, where)
        distinct = list(dict.fromkeys(words))
        row = {word: i for i, word in enumerate(distinct)}
        codes = np.array([row[word] for word in words] + [-1], dtype=np.int64)[values.codes]
        return pd.Categorical.from_codes(
            codes, categories=pd.Index(distinct, dtype=object), ordered=values.ordered
        )

    def _holds(self, value: Any) -> bool:
        """Return whether AnnData can write a value into memory and read it again."""
        from anndata.io import read_elem, write_elem

        try:
            group = self._memory()
            write_elem(group, "value", value)
            read_elem(group["value"])
        # AnnData and the libraries below it raise many kinds of errors on unknown values.
        except Exception:
            self._scratch = None  # part of a value may be left in it
            return False
        return True

    def _memory(self) -> Any:
        if self._scratch is None and self._suffix == ".zarr":
            import zarr

            self._scratch = zarr.group()
        elif self._scratch is None:
            import h5py

            self._scratch = h5py.File("scratch", "w", driver="core", backing_store=False)
        return self._scratch


def _differ(index: pd.Index, column: Any) -> bool:
    """Return whether a column, None if there is none, has other values than the rows' names."""
    import pandas as pd

    # As objects, because there is no index of float16.
    return column is not None and not index.equals(pd.Index(np.asarray(column, dtype=object)))


def _numbers(column: pd.Series, kind: str) -> NDArray[Any] | None:
    """Return objects as an array of numbers; None where they are not numbers, or too large."""
    import pandas as pd

    if kind not in _NUMBERS:
        return None
    numbers = pd.to_numeric(column, errors="coerce").to_numpy()
    same = numbers.dtype.kind in "iuf" and np.array_equal(pd.isna(numbers), column.isna())
    return numbers if same else None
