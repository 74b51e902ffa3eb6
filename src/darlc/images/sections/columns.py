"""What may separate the sections of a dataset: columns, heights, prefixes and suffixes of names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from darlc.data.libraries import libraries

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

Kind = Literal["library", "usual", "height", "label", "cells", "other"]

#: Words in names of columns that separate sections; words in names of columns of cells or regions
#: within a section; and those of the latter that decide whatever the other words are, unlike
#: ``sample_type``.
_USUAL = re.compile(
    r"""(library|lib|section|slice|slide|sample|donor|patient|subject|animal|mouse|embryo|brain)(s|id)?
    |specimens?|individuals?|replicates?|rep|batch|fovs?|field|puck|capture|core|tma|run|lane|orig
    |chip|dataset|experiment|condition|treatment|genotype|strain|timepoint|time|day|date|organ
    |organism|well|block|case|stack|gem|scan|acquisition|age|sex|gender|disease|diagnosis|cohort
    |study|project|protocol|platform|technology|assay|chemistry|flowcell""",
    re.VERBOSE,
)
_LABELS = re.compile(
    r"""(cell|type|annotation|annot|label|domain|layer|region|cluster|celltype|module|zone|count)s?
    |ident|anno|class|subclass|supertype|phase|niche|compartment|neighbou?rhood|topic|community
    |state|identity|pred|predicted|prediction|score|doublet|qc|quality|pass|filter|filtered|flag
    |outlier|status|lineage|ontology|subtype|genes|umi|total|num|pct|percent|leaf|membership
    |in|is|has|n""",
    re.VERBOSE,
)
_CLUSTERS = re.compile(r"clust(er|ers|ering)?|leiden|louvain|kmeans|mclust|snn|celltypes?")
_HEIGHTS = re.compile(r"z|zcoord|zlevel|zplane|zindex|bregma|plane|height")
#: Columns of row and column numbers on a platform's lattice.
LATTICE = ["array_row", "array_col"]
#: Columns of these names are tried before the others.
_FIRST = ("library_id", "section", "section_id", "sample", "sample_id", "orig.ident")
_MOST, _MOST_HEIGHTS, _MOST_NUMBERS = 1024, 64, 24
#: Fewest observations of a section on average; with fewer, the column identifies observations.
FEWEST = 4
_LOOKED_AT = 2000
#: Prefixes and suffixes of names.
_MARKS = r"-_.:#|/ "
_ENDS = {
    "name_suffix": (re.compile(rf"^(.+)[{_MARKS}]([^{_MARKS}]+)$"), 2),
    "name_prefix": (re.compile(rf"^([^{_MARKS}]+)[{_MARKS}](.+)$"), 1),
    "name_prefix_2": (re.compile(rf"^([^{_MARKS}]+[{_MARKS}][^{_MARKS}]+)[{_MARKS}](.+)$"), 1),
    "name_prefix_3": (
        re.compile(rf"^((?:[^{_MARKS}]+[{_MARKS}]){{2}}[^{_MARKS}]+)[{_MARKS}](.+)$"),
        1,
    ),
}
_BARCODE = re.compile(r"^[ACGTN]{8,}([-_.].*)?$")
_SOURCE = "spatial_original"


@dataclass(frozen=True, eq=False)
class SectionColumn:
    """A column that may separate sections.

    Parameters
    ----------
    name
        Of the column; of values that are not in a column, a unique name.
    kind
        What the name suggests: ``"library"``, values are the libraries of ``uns["spatial"]`` or the
        elements of a SpatialData store; ``"usual"``, a usual name of sections; ``"height"``, of a
        section in a stack; ``"label"``, a name of regions or qualities; ``"cells"``, a name of
        clusters or types of cells; ``"other"``.
    codes
        (n_obs,) number of each observation's value.
    values
        The values, unchanged.
    select
        Python expression that is true for observations of ``adata`` with a value, with ``{}`` for
        the value.
    together
        Whether the observations of each value are consecutive.
    """

    name: str
    kind: Kind
    codes: NDArray[np.int64]
    values: tuple[Any, ...]
    select: str
    together: bool = False

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The values as text; of several columns, with commas between them."""
        return tuple(
            ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
            for value in self.values
        )

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """(n_values,) observations of each value."""
        return np.bincount(self.codes, minlength=len(self.values))

    @property
    def by_size(self) -> list[int]:
        """Indices of the values, those with the most observations first."""
        return [int(i) for i in np.argsort(-self.sizes, kind="stable")]

    def index(self, text: str) -> int:
        """Return the index of a value, given as text; -1 where there is none."""
        if text in self.names:
            return self.names.index(text)
        for i, value in enumerate(self.values):
            try:
                if float(value) == float(text):
                    return i
            except (TypeError, ValueError):  # not a number, or several columns
                continue
        return -1

    def python(self, value: int) -> str:
        """Return a Python expression that selects the observations of one value."""
        own = self.values[value]
        several = own if isinstance(own, tuple) else (own,)
        plain = (each.item() if isinstance(each, np.generic) else each for each in several)
        return f"adata[{self.select.format(*map(repr, plain))}].copy()"


def columns(adata: AnnData) -> Iterator[SectionColumn]:
    """Yield columns that may separate sections: of ``obs``, of tables of coordinates, and heights.

    Columns with usual names of sections come first.
    """
    libraries = _libraries(adata)
    found = [_column(*each, libraries) for each in (*_in_obs(adata), *_beside_coordinates(adata))]
    region = _region_key(adata)
    known = [
        replace(each, kind="library") if each.name == region else each
        for each in found
        if each is not None
    ]
    rank = {"library": 0, "usual": 1, "height": 2, "other": 3, "label": 4, "cells": 5}
    first = {name: i for i, name in enumerate(_FIRST)}

    def order(column: SectionColumn) -> tuple[int, int]:
        return rank[column.kind], first.get(column.name.casefold(), len(first))

    seen: set[str] = set()
    for each in sorted(known, key=order):
        if each.name not in seen:
            seen.add(each.name)
            yield each


def named(adata: AnnData, name: str) -> SectionColumn | None:
    """Return a column by its name, whatever its values; None where there is none.

    Several names, separated by commas, mean the combination of columns, as in `together`.
    """
    for each in (*_in_obs(adata), *_beside_coordinates(adata)):
        if each[1] == name:
            return _column(*each, few=False)
    for column in (*(each for each, _ in ends_of_names(adata)), repeated_names(adata)):
        if column is not None and column.name == name:
            return column
    parts = [named(adata, part) for part in name.split(",")] if "," in name else []
    known = [part for part in parts if part is not None]
    return together(known) if known and len(known) == len(parts) else None


def together(parts: Sequence[SectionColumn]) -> SectionColumn:
    """Return the combination of several columns: one value for each combination that occurs."""
    import pandas as pd

    if len(parts) == 1:
        return parts[0]
    table = pd.DataFrame({i: part.codes for i, part in enumerate(parts)})
    codes, found = pd.factorize(pd.MultiIndex.from_frame(table))
    values = [tuple(p.values[i] for p, i in zip(parts, row, strict=True)) for row in found]
    return SectionColumn(
        name=",".join(part.name for part in parts),
        kind=parts[0].kind,
        codes=np.asarray(codes, dtype=np.int64),
        values=tuple(values),
        select=" & ".join(f"({part.select})" for part in parts),
    )


def repeated_names(adata: AnnData) -> SectionColumn | None:
    """Return groups of consecutive observations with the same names, or None.

    When tables are joined without a label, every name occurs once for each table.
    """
    import pandas as pd

    if adata.obs_names.is_unique:
        return None
    names = pd.Series(pd.factorize(adata.obs_names)[0])
    times = np.bincount(names)
    codes = names.groupby(names, sort=False).cumcount().to_numpy()
    if np.any(times != times[0]) or np.any(np.diff(codes) < 0):
        return None
    size = len(names) // int(times[0])
    values = tuple(range(1, int(codes.max()) + 2))
    select = f"np.arange(adata.n_obs) // {size} + 1 == {{}}"
    return SectionColumn("name_repeat", "other", np.asarray(codes, np.int64), values, select)


def ends_of_names(adata: AnnData) -> Iterator[tuple[SectionColumn, bool]]:
    """Yield groups of observations whose names have the same prefix or suffix.

    Yields
    ------
    column
        The groups.
    proven
        Whether the rest of the names shows that the prefix or suffix separates sections: it is a
        barcode, or occurs in several groups.
    """
    import pandas as pd

    names = [str(each) for each in adata.obs_names]
    some = names[:: max(len(names) // _LOOKED_AT, 1)]
    for name, (pattern, part) in _ENDS.items():
        if name in adata.obs or not _may_group(some, pattern, part):
            continue
        matches = [pattern.match(each) for each in names]
        if any(match is None for match in matches):
            continue
        ends = pd.Series([match[part] for match in matches if match])
        column = _column(ends, name, _selecting(name, names[0], ends.iloc[0]))
        if column is None:
            continue
        rest = pd.Series([match[3 - part] for match in matches if match])
        repeated = rest.nunique() < 0.8 * len(rest)
        barcodes = rest[:: max(len(rest) // _LOOKED_AT, 1)].str.match(_BARCODE).mean() > 0.9
        yield column, bool(repeated or barcodes)


def _may_group(some: Sequence[str], pattern: re.Pattern[str], part: int) -> bool:
    matches = [pattern.match(each) for each in some]
    ends = {match[part] for match in matches if match}
    return all(matches) and 2 <= len(ends) <= max(len(some) // FEWEST, 2)


def _selecting(name: str, example: str, end: str) -> str:
    """Return a Python expression that selects names by prefix or suffix, with its separator."""
    if name == "name_suffix":
        mark = example[-len(end) - 1]
        return f"adata.obs_names.str.endswith({mark!r} + {{}})"
    mark = example[len(end)]
    return f"adata.obs_names.str.startswith({{}} + {mark!r})"


def _region_key(adata: AnnData) -> str:
    """Return the column that names the elements of a SpatialData store; empty without one."""
    said = adata.uns.get("spatialdata_attrs", {})
    return str(said.get("region_key", "")) if isinstance(said, Mapping) else ""


def _libraries(adata: AnnData) -> frozenset[str]:
    found = libraries(adata)
    return frozenset(found) if len(found) > 1 else frozenset()


def _in_obs(adata: AnnData) -> Iterator[tuple[pd.Series, str, str]]:
    for name in adata.obs.columns.difference(LATTICE, sort=False):
        yield adata.obs[name], str(name), f"adata.obs[{name!r}] == {{}}"


def _beside_coordinates(adata: AnnData) -> Iterator[tuple[pd.Series, str, str]]:
    """Yield columns beside x and y in ``obsm``: other columns of a table, and z."""
    import pandas as pd

    for key in (_SOURCE, "spatial"):
        if key not in adata.obsm:
            continue
        found = adata.obsm[key]
        if isinstance(found, pd.DataFrame):
            for name in found.columns:
                yield found[name], str(name), f"adata.obsm[{key!r}][{name!r}] == {{}}"
        elif getattr(found, "ndim", 0) == 2 and found.shape[1] == 3:
            spatial = np.asarray(adata.obsm["spatial"])[:, :2]
            z = 2
            if key == _SOURCE and not np.array_equal(found[:, :2], spatial, equal_nan=True):
                left = [i for i in range(3) if not (found[:, [i]] == spatial).all(axis=0).any()]
                z = left[0] if len(left) == 1 else 2
            yield pd.Series(np.asarray(found[:, z])), "z", f"adata.obsm[{key!r}][:, {z}] == {{}}"


def _column(
    series: pd.Series,
    name: str,
    select: str,
    libraries: frozenset[str] = frozenset(),
    few: bool = True,
) -> SectionColumn | None:
    """Return a column as groups; None where ``few`` is set and there are many values."""
    import pandas as pd

    if few and not _has_few_values(series):
        return None
    codes, found = pd.factorize(series, use_na_sentinel=False)
    values = tuple(np.asarray(found, dtype=object))
    kind = _kind(name, values, series, libraries)
    most = min(_MOST_HEIGHTS if kind == "height" else _MOST, len(series) / FEWEST)
    if few and not 2 <= len(values) <= most:
        return None
    runs = int(np.count_nonzero(np.diff(codes))) + 1
    numbers = series.dtype.kind in "iuf"
    return SectionColumn(
        name=name,
        kind=kind,
        codes=np.asarray(codes, dtype=np.int64),
        values=values,
        select=select,
        together=runs == len(values) and (not numbers or len(values) <= _MOST_NUMBERS),
    )


def _has_few_values(series: pd.Series) -> bool:
    """Return whether a sample of the values allows for few of them; fast for names and numbers."""
    if series.dtype.kind not in "OUbiuf":
        return False
    if hasattr(series, "cat"):
        return len(series.cat.categories) <= 4 * _MOST
    some = series.iloc[:: max(len(series) // _LOOKED_AT, 1)]
    try:
        return bool(some.nunique(dropna=False) <= max(len(some) // 2, 2))
    except TypeError:  # lists and other values that are not hashable
        return False


def _kind(name: str, values: tuple[Any, ...], series: pd.Series, libraries: frozenset[str]) -> Kind:
    if libraries and {str(value) for value in values} <= libraries:
        return "library"
    words = set(re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", name).casefold()))

    def says(what: re.Pattern[str]) -> bool:
        return any(what.fullmatch(word) for word in words)

    if says(_CLUSTERS) or {"cell", "type"} <= words:
        return "cells"
    if says(_HEIGHTS) and not says(_LABELS) and series.dtype.kind in "iuf":
        return "height"
    if says(_USUAL):
        return "usual"
    return "label" if says(_LABELS) or series.dtype.kind == "b" else "other"
