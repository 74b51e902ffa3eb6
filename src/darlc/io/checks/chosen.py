"""Apply the user's options to any AnnData; errors list the available choices."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from darlc.data.dataset import Dataset, ReadOptions, reading_facts
from darlc.data.keys import READING
from darlc.errors import InputError
from darlc.io.choice import flag, pick
from darlc.io.tables.axis_names import Axes, find_axes
from darlc.io.tables.positions import Positions, keep_unit, numbers, positions
from darlc.wording import listed

if TYPE_CHECKING:
    from anndata import AnnData

#: Options that apply to any AnnData, in the order in which they are applied.
_GENERAL = ("section", "spatial_key", "layer", "gene_names", "mask", "features")


def refuse_unused(
    path: Path, format_name: str, heeds: frozenset[str], options: ReadOptions
) -> None:
    """Refuse an option that a format does not use.

    Raises
    ------
    InputError
        The message lists the options of the format.
    """
    usable = [each.name for each in fields(options) if each.name in heeds | {*_GENERAL}]
    for name in options.given:
        if name not in usable:
            raise InputError(
                f"{path} is opened as {format_name}, which has no choice of {flag(name)}: leave "
                f"it out, or use {listed(map(flag, usable))}."
            )


def apply(dataset: Dataset, path: Path, options: ReadOptions, heeded: frozenset[str]) -> Dataset:
    """Apply the options that a format's reader did not use itself.

    Parameters
    ----------
    dataset
        As a reader returned it; its AnnData may be modified.
    path
        What was opened.
    options
        The user's options.
    heeded
        Options that the reader has used.

    Raises
    ------
    InputError
        An option cannot be applied; the message lists the choices.
    """
    from darlc.io.checks.section_choice import take_section
    from darlc.io.checks.tissue_mask import apply_mask

    left = {name: value for name, value in options.given.items() if name not in heeded}
    if "section" in left:
        dataset = take_section(dataset, path, left["section"])
    adata, notes = dataset.adata, list(dataset.notes)
    if "spatial_key" in left:
        _take_coordinates(adata, path, left["spatial_key"])
    if "layer" in left:
        adata, note = _take_layer(adata, path, left["layer"])
        notes += note
    if "gene_names" in left:
        _take_names(adata, path, left["gene_names"])
    if "mask" in left:
        notes.append(apply_mask(adata, path, left["mask"]))
    return replace(dataset, adata=adata, notes=tuple(notes))


def _take_coordinates(adata: AnnData, path: Path, key: str) -> None:
    """Copy the chosen coordinates to ``obsm["spatial"]``; names decide which one is y."""
    columns = [name.strip() for name in key.split(",")]
    if key in adata.obsm:
        where = positions(adata.obsm[key])
    elif len(columns) == 2 and set(columns) <= set(adata.obs.columns):
        axes = find_axes(columns) or Axes(x=columns[0], y=columns[1])
        where = Positions(numbers(adata.obs, axes), 2, axes)
    else:
        wide = (name for name, each in adata.obsm.items() if positions(each) is not None)
        known = adata.obs.select_dtypes("number").columns
        raise InputError(
            f"{path} has no {key!r} for --spatial-key: choose one of {listed(wide)}, or two "
            f"columns of obs with a comma between them ({listed(known)})."
        )
    if where is None or not np.isfinite(_as_numbers(where.values)).any():
        raise InputError(f"{path} holds no x and y in {key!r}: choose another --spatial-key.")
    before = adata.obsm.get("spatial")
    if key != "spatial" and before is not None and not _same(before, where.values):
        if "spatial_original" not in adata.obsm:
            adata.obsm["spatial_original"] = before
        # The known unit is that of the earlier coordinates.
        reading = {k: v for k, v in reading_facts(adata).items() if k != "microns"}
        adata.uns[READING] = reading
    adata.obsm["spatial"] = where.values.copy()
    if where.axes is not None:
        keep_unit(adata, where.axes)


def _as_numbers(values: Any) -> NDArray[np.float64]:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        return np.full(1, np.nan)


def _same(one: Any, other: Any) -> bool:
    return np.shape(one) == np.shape(other) and bool(
        np.array_equal(_as_numbers(one), _as_numbers(other), equal_nan=True)
    )


def _take_layer(adata: AnnData, path: Path, layer: str) -> tuple[AnnData, list[str]]:
    """Select a matrix; where ``raw`` holds more genes, it replaces the data."""
    if layer in adata.layers or (layer == "X" and adata.X is not None):
        adata.uns[READING] = {**reading_facts(adata), "layer": layer}
        return adata, []
    if layer == "raw" and adata.raw is not None:
        uns = dict(adata.uns)
        raw = adata.raw.to_adata()
        raw.uns.update(uns)
        raw.uns[READING] = {**reading_facts(adata), "layer": "X"}
        return raw, ["X and its layers were left out, because .raw was chosen."]
    there = [*(["X"] if adata.X is not None else []), *adata.layers]
    pick(path, "layer", layer, [*there, *(["raw"] if adata.raw is not None else [])])
    raise AssertionError("an existing layer was used above")


def _take_names(adata: AnnData, path: Path, column: str) -> None:
    pick(path, "gene_names", column, adata.var.columns)
    if "gene_names_original" not in adata.var:
        adata.var["gene_names_original"] = np.asarray(adata.var_names, dtype=object)
    names = adata.var[column].astype(object)
    # A gene without such a name keeps its own.
    known = names.notna() & (names.astype(str) != "")
    adata.var_names = np.where(known, names.astype(str), adata.var_names).astype(object)
