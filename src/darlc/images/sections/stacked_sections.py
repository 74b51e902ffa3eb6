"""Detect several sections on top of each other in one dataset, which are never drawn as one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.stats import poisson

from darlc.data.dataset import ALL_SECTIONS, reading_facts
from darlc.data.keys import READING
from darlc.data.libraries import libraries
from darlc.errors import InputError
from darlc.images.sections.columns import (
    LATTICE,
    SectionColumn,
    columns,
    ends_of_names,
    repeated_names,
    together,
)
from darlc.images.sections.overlay import Neighbourhoods
from darlc.wording import listed

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

#: Share of observations at positions that others have, too, from which it is not chance.
_OFTEN = 0.05
#: Expected positions with more observations than any has, above which repetition is not chance.
_MISSED = 10.0
#: Largest distance, in spacings, of lattice points that count as the same position.
_AT_ONE_PLACE = 3.0


@dataclass(frozen=True, eq=False)
class Stack:
    """Sections that lie on top of each other.

    Parameters
    ----------
    column
        The column that separates them; None where there is none.
    repeated
        Number of positions, or of names, that several observations have.
    noun
        ``"positions"`` or ``"names"``: which of the two.
    doubt
        A column that may separate sections, though observations keep a minimum distance as in one
        section.
    """

    column: SectionColumn | None = None
    repeated: int = 0
    noun: str = "positions"
    doubt: SectionColumn | None = None

    @property
    def found(self) -> bool:
        """Whether there are several sections on top of each other."""
        return self.column is not None or self.repeated > 0


def stacked(adata: AnnData) -> Stack:
    """Detect whether sections lie on top of each other, and what separates them.

    Of half a million observations it takes seconds, so ask once: `Dataset.separate` says that it
    was asked.

    Parameters
    ----------
    adata
        Checked: ``obsm["spatial"]`` holds numbers.
    """
    used = _used(adata)
    if used.sum() < 2:
        return Stack()
    where = np.asarray(adata.obsm["spatial"], dtype=np.float64)[used, :2]
    around = Neighbourhoods.of(where)
    places = _places(adata, used)
    on_lattice = places is not None and not places.duplicated().any()
    accepted, doubt, ends = [], None, _Ends(adata)
    for column in columns(adata):
        codes = column.codes[used]
        if column.kind == "cells" or not around.shared(codes):
            continue
        if on_lattice and column.kind != "height":
            separates = column.kind == "library"
        else:
            separates = _separates(around, column, codes, ends)
        if separates:
            accepted.append(column)
        elif column.kind == "usual":
            doubt = doubt or column
    if accepted:
        return Stack(_finest(accepted, used, where, ends))
    if on_lattice:
        return Stack(doubt=doubt)
    for column, proven in ends.found:
        codes = column.codes[used]
        if around.shared(codes):
            verdict = around.judge(codes)
            if verdict == "layers" or (proven and verdict == "open"):
                return Stack(column)
    nth = repeated_names(adata)
    if (
        nth is not None
        and around.shared(nth.codes[used])
        and around.judge(nth.codes[used]) != "one"
    ):
        return Stack(nth)
    if nth is None and (names := _names_repeated(adata, around, used)):
        return Stack(repeated=names, noun="names")
    return Stack(repeated=_repeated(where, around, places), doubt=doubt)


class _Ends:
    """Groups of observations by prefixes and suffixes of their names, found at first use."""

    def __init__(self, adata: AnnData) -> None:
        self._adata = adata

    @cached_property
    def found(self) -> list[tuple[SectionColumn, bool]]:
        """The groups, and whether the names prove them; see `ends_of_names`."""
        return list(ends_of_names(self._adata))

    def match(self, column: SectionColumn) -> bool:
        """Return whether prefixes or suffixes of names give the same groups as a column."""
        return any(
            len(np.unique(ends.codes * len(column.values) + column.codes)) == len(ends.values)
            for ends, _ in self.found
        )


def _separates(
    around: Neighbourhoods, column: SectionColumn, codes: NDArray[np.int64], ends: _Ends
) -> bool:
    """Return whether the values of a column, which cover the same area, are sections."""
    if column.kind in ("library", "height"):
        return True
    verdict = around.judge(codes)
    if verdict != "open":
        return verdict == "layers"
    # Random points decide nothing. Then the column's name does, or the order or names of the rows.
    if column.kind == "label":
        return False
    return column.kind == "usual" or column.together or ends.match(column)


def _finest(
    accepted: list[SectionColumn], used: NDArray[np.bool_], where: NDArray[np.float64], ends: _Ends
) -> SectionColumn:
    """Return the first column whose largest section is one section by all other columns, too.

    Where there is none, as with a condition and replicates, return a combination of columns.
    """

    def left(column: SectionColumn) -> list[SectionColumn]:
        """Return the columns that separate sections within a column's largest section."""
        largest = column.codes[used] == column.by_size[0]
        rest = [each for each in accepted if np.any(np.diff(each.codes[used][largest]))]
        if not rest:
            return []
        around = Neighbourhoods.of(where[largest])
        codes = {each.name: each.codes[used][largest] for each in rest}
        shared = [each for each in rest if around.shared(codes[each.name])]
        return [each for each in shared if _separates(around, each, codes[each.name], ends)]

    for column in accepted:
        if not left(column):
            return column
    parts = accepted[:1]
    while more := left(together(parts)):
        parts = [*parts, more[0]]
    return together(parts)


def _used(adata: AnnData) -> NDArray[np.bool_]:
    """Return which observations have a position in the tissue, (n_obs,)."""
    spatial = np.asarray(adata.obsm["spatial"], dtype=np.float64)[:, :2]
    used = np.isfinite(spatial).all(axis=1)
    if "in_tissue" in adata.obs:
        used &= adata.obs["in_tissue"].to_numpy().astype(float) != 0
    return np.asarray(used)


def _places(adata: AnnData, used: NDArray[np.bool_]) -> pd.DataFrame | None:
    """Return rows and columns of observations on their platform's lattice; None without one."""
    import pandas as pd

    if not set(LATTICE) <= set(adata.obs.columns):
        return None
    places = adata.obs.loc[used, LATTICE].reset_index(drop=True)
    places = places.apply(pd.to_numeric, errors="coerce")
    return None if places.isna().all(axis=None) else places


def _repeated(
    where: NDArray[np.float64], around: Neighbourhoods, places: pd.DataFrame | None
) -> int:
    """Return how many positions several sections have, judged by positions alone."""
    import pandas as pd

    if places is not None:
        known = places.dropna()
        several = known.duplicated(keep=False).to_numpy()
        groups = known[several].assign(x=where[known.index[several], 0]).groupby(LATTICE)["x"]
        spread = groups.max() - groups.min()
        if len(spread) and spread.median() <= _AT_ONE_PLACE * around.spacing:
            return len(spread)
    counts = pd.DataFrame(where).value_counts().to_numpy()
    in_several = int(counts[counts > 1].sum())
    if in_several < _OFTEN * len(where) or counts.max() == len(where):
        return 0
    # By chance, or where cells have the position of their spot, the number at a position has no
    # bound; with sections it is at most their number.
    rate = _rate(float(counts.mean()))
    beyond = poisson.sf(counts.max(), rate) / -np.expm1(-rate) * len(counts)
    return int(np.sum(counts > 1)) if beyond >= _MISSED else 0


def _names_repeated(adata: AnnData, around: Neighbourhoods, used: NDArray[np.bool_]) -> int:
    """Return how many names occur in several sections that cover the same area."""
    names = adata.obs_names[used]
    if names.is_unique:
        return 0
    nth = names.to_series().groupby(level=0, sort=False).cumcount().to_numpy()
    if np.mean(names.duplicated(keep=False)) < _OFTEN or not around.shared(nth):
        return 0
    return int(np.sum(nth == 1)) if around.judge(nth) != "one" else 0


def _rate(mean: float) -> float:
    """Return the rate of a Poisson distribution from the mean of its nonzero values."""
    rate = 2.0 * (mean - 1.0)
    for _ in range(50):
        rate = mean * float(-np.expm1(-rate))
    return rate


def drawn_as_one(adata: AnnData) -> bool:
    """Return whether the user chose to draw all observations as one section."""
    return bool(reading_facts(adata).get("section") == ALL_SECTIONS)


def refuse_stacked(adata: AnnData, stack: Stack, name: str) -> None:
    """Refuse data in memory whose sections lie on top of each other.

    Parameters
    ----------
    adata
        Checked.
    stack
        What `stacked` says of it.
    name
        Name of the data for messages.

    Raises
    ------
    InputError
        There are several sections; the message says how to select one.
    """
    if drawn_as_one(adata) or not stack.found:
        return
    whole = f"adata.uns[{READING!r}] = {{'section': {ALL_SECTIONS!r}}}"
    if stack.column is None:
        raise InputError(f"{name} {nothing_tells(adata, stack)}; {whole} draws them as one.")
    column = stack.column
    raise InputError(
        f"{name} holds {len(column.values)} sections on top of each other ({column.name}): take "
        f"one, such as {column.python(column.by_size[0])}; {whole} draws them as one."
    )


def nothing_tells(adata: AnnData, stack: Stack) -> str:
    """Return why sections on top of each other cannot be told apart, and what to do."""
    names = [each.name for each in columns(adata)]
    hint = f"no column of obs ({listed(names)})" if names else "no column of obs"
    return (
        f"has {stack.repeated} {stack.noun} that more than one "
        f"observation has, so that several sections lie on top of each other, and {hint} tells "
        "them apart: add a column with the section of each observation"
    )


def only(adata: AnnData, column: SectionColumn, value: int) -> AnnData:
    """Return the observations of one value, with the tissue image of their library alone."""
    kept = adata[column.codes == value].copy()
    found = libraries(kept)
    if len(found) > 1:
        own = {key: found[key] for key in _own_libraries(kept, column.names[value], found)}
        if own:
            kept.uns["spatial"] = own
        else:  # a tissue image of another section would be misleading
            del kept.uns["spatial"]
    return kept


def _own_libraries(adata: AnnData, value: str, libraries: Mapping[str, object]) -> Iterator[str]:
    constant = {
        str(series.iloc[0])
        for _, series in adata.obs.items()
        if len(series) and str(series.iloc[0]) in libraries and series.nunique(dropna=False) == 1
    }
    for key in libraries:
        if key == value or key in constant or str(key).startswith(f"{value}_"):
            yield key
