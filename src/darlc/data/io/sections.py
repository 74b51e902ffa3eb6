"""Several sections in one file: pictures are drawn of one, never of all on top of each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from darlc.data.dataset import Dataset
from darlc.errors import InputError
from darlc.wording import listed

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

#: What people call the column that tells sections apart, lower case.
_USUAL = (
    *("library_id", "section", "section_id", "slice", "slice_id", "slide", "slide_id"),
    *("sample", "sample_id", "batch", "bregma", "fov_group", "capture_area"),
)
_MOST = 64
#: Two sections lie on top of each other when they share this much of the smaller one's box.
_SHARED = 0.5


def take_section(adata: AnnData, path: Path, choice: str) -> AnnData:
    """Return the observations of one section.

    Parameters
    ----------
    adata
        What was opened.
    path
        Where, for the sentence.
    choice
        ``COLUMN=VALUE``, a column of ``obs`` and the value that the section has there.

    Raises
    ------
    InputError
        There is no such column, or no such value in it.
    """
    column, _, value = choice.partition("=")
    if column not in adata.obs:
        raise InputError(
            f"{path} has no {choice!r} for --section: give COLUMN=VALUE with a column of obs "
            f"({listed(name for name, _ in _candidates(adata, adata.obs.columns))})."
        )
    found = adata.obs[column].astype(str)
    if value not in set(found):
        raise InputError(
            f"{path} has no {value!r} for --section {column}=: choose one of "
            f"{listed(found.unique())}."
        )
    return only(adata, column, value)


def separated(dataset: Dataset) -> Dataset:
    """Return the largest of several sections that lie on top of each other, and say so.

    Parameters
    ----------
    dataset
        Checked; its AnnData is taken over.
    """
    adata = dataset.adata
    if (column := stacked(adata)) is None:
        note = suspicion(adata)
        return replace(dataset, notes=(*dataset.notes, *([note] if note else [])))
    sections = by_size(adata, column)
    note = (
        f"Of {len(sections)} sections the one with the most observations is used ({column} "
        f"{sections[0]}); --section {column}=… takes another ({listed(sections[1:])})."
    )
    return replace(dataset, adata=only(adata, column, sections[0]), notes=(*dataset.notes, note))


def by_size(adata: AnnData, column: str) -> list[str]:
    """Return the values of a column of ``obs``, that with the most observations first."""
    return [str(value) for value in adata.obs[column].astype(str).value_counts().index]


def refuse_stacked(adata: AnnData, name: str) -> None:
    """Refuse data in memory whose sections lie on top of each other.

    Parameters
    ----------
    adata
        Checked.
    name
        What to call it.

    Raises
    ------
    InputError
        Says how to take one.
    """
    if (column := stacked(adata)) is not None:
        sections = by_size(adata, column)
        raise InputError(
            f"{name} holds {len(sections)} sections on top of each other: take one, "
            f"such as adata[adata.obs[{column!r}] == {sections[0]!r}].copy()."
        )


def stacked(adata: AnnData) -> str | None:
    """Return the column of ``obs`` that tells sections on top of each other apart, or None.

    Two things show that there are several: more than one library in ``uns["spatial"]``, and spots
    of a lattice that stand there once for each value of a column.
    """
    libraries = adata.uns.get("spatial", {})
    several = isinstance(libraries, Mapping) and len(libraries) > 1
    repeated = _repeats(adata)
    if not several and repeated is None:
        return None
    for name, column in _candidates(adata, adata.obs.columns):
        by_library = several and set(column.astype(str)) <= set(map(str, libraries))
        by_spot = repeated is not None and not repeated.assign(own=column).duplicated().any()
        if (by_library or by_spot) and _overlap(adata, column):
            return name
    return None


def suspicion(adata: AnnData) -> str:
    """Say so where a column is called like one of sections, and they would share their place."""
    usual = [name for name in adata.obs.columns if str(name).casefold() in _USUAL]
    for name, column in _candidates(adata, usual):
        if _overlap(adata, column):
            return (
                f"The {column.nunique()} values of the obs column {name} lie on top of each other: "
                f"where they are sections, take one with --section {name}=… "
                f"({listed(column.astype(str).unique())})."
            )
    return ""


def _candidates(adata: AnnData, names: Iterable[str]) -> Iterator[tuple[str, pd.Series]]:
    """Return those columns that may tell sections apart, the usual names first."""
    rank = {name: i for i, name in enumerate(_USUAL)}
    for name in sorted(names, key=lambda name: rank.get(str(name).casefold(), len(rank))):
        column = adata.obs[name]
        if column.dtype.kind in "OUbiuf" and 2 <= column.nunique(dropna=False) <= _MOST:
            yield str(name), column


def _repeats(adata: AnnData) -> pd.DataFrame | None:
    """Return the places on the lattice where some are taken more than once."""
    if not {"array_row", "array_col"} <= set(adata.obs.columns):
        return None
    places = adata.obs[["array_row", "array_col"]].astype(str)
    return places if places.duplicated().any() else None


def _overlap(adata: AnnData, column: pd.Series) -> bool:
    """Return whether the observations of any two values share most of their place."""
    where = np.asarray(adata.obsm["spatial"], dtype=np.float64)[:, :2]
    codes = column.astype("category").cat.codes.to_numpy()
    used = np.isfinite(where).all(axis=1) & (codes >= 0)
    n = int(codes.max()) + 1
    low: NDArray[Any] = np.full((n, 2), np.inf)
    high = -low
    np.minimum.at(low, codes[used], where[used])
    np.maximum.at(high, codes[used], where[used])
    area = np.clip(high - low, 0, None).prod(axis=1)
    shared = np.minimum(high[:, None], high) - np.maximum(low[:, None], low)
    both = np.clip(shared, 0, None).prod(axis=2)
    smaller = np.minimum(area[:, None], area)
    return bool(np.any(np.triu(both > _SHARED * smaller, 1) & (smaller > 0)))


def only(adata: AnnData, column: str, value: str) -> AnnData:
    """Return the observations of one value, with the tissue image of their library alone."""
    kept = adata[np.asarray(adata.obs[column].astype(str) == value)].copy()
    libraries = kept.uns.get("spatial")
    if isinstance(libraries, Mapping) and len(libraries) > 1 and value in libraries:
        kept.uns["spatial"] = {value: libraries[value]}
    return kept
