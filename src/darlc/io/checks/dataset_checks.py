"""Checks of every dataset, whatever its format."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from darlc.data.dataset import Dataset, reading_facts
from darlc.data.keys import READING
from darlc.data.left_out import take_genes
from darlc.data.native import make_native
from darlc.data.whole_numbers import is_whole
from darlc.errors import InputError
from darlc.io.checks.anndata_layout import all_of_raw
from darlc.io.checks.tissue_mask import truth
from darlc.wording import counted, listed

if TYPE_CHECKING:
    from anndata import AnnData

#: Names of layers of counts, in order of preference.
_COUNTS = ("counts", "count", "umi", "raw")
#: Bounds of the largest value: squares have to fit into single precision.
_SMALLEST, _LARGEST = 1e-3, 1e15


def check(dataset: Dataset, path: Path) -> Dataset:
    """Refuse data that cannot be used, and correct what can be corrected.

    Parameters
    ----------
    dataset
        As a reader returned it. Its AnnData may be modified: names and coordinates may change.
    path
        What was opened, for messages.

    Returns
    -------
    Dataset
        With numeric (n_obs, 2) coordinates, some of which may not be finite, unique gene names
        and notes on what was corrected.

    Raises
    ------
    InputError
        There are no observations, genes, coordinates or expression; values cannot be expression; or
        all observations are at one point.
    """
    adata = dataset.adata
    _check_size(adata, path)
    make_native(adata)
    # First, because slicing a sparse matrix with invalid indices may crash the process.
    _check_indices(adata, path)
    _check_reading(adata)
    adata, left_out = take_genes(adata, path, dataset.options.features)
    notes = [left_out, _check_expression(adata, path)]
    _read_in_tissue(adata)
    located = _check_coordinates(adata, path)
    if not located.all():
        count = int((~located).sum())
        notes.append(
            f"{counted(count, 'observation')} without finite coordinates: kept in the data, "
            "not drawn."
        )
    notes.append(_make_names_unique(adata))
    return replace(
        dataset, adata=adata, notes=dataset.notes + tuple(note for note in notes if note)
    )


def _check_size(adata: AnnData, path: Path) -> None:
    if adata.n_obs == 0:
        raise InputError(f"{path} holds no observations: open a dataset that has some.")
    if adata.n_vars == 0:
        raise InputError(f"{path} holds no genes: open a dataset that has some.")


def _check_indices(adata: AnnData, path: Path) -> None:
    """Check that indices of sparse matrices are in range; constructors only check lengths."""
    for matrix in (adata.X, *adata.layers.values()):
        if sparse.issparse(matrix):
            try:
                matrix.check_format(full_check=True)
            except ValueError as error:
                raise InputError(
                    f"{path} could not be read (a sparse matrix is broken: {error}): get a fresh "
                    "copy of it."
                ) from error


def _read_in_tissue(adata: AnnData) -> None:
    """Convert ``obs["in_tissue"]`` to numbers where it holds text."""
    if "in_tissue" not in adata.obs:
        return
    try:
        adata.obs["in_tissue"].to_numpy().astype(np.float64)
    except (TypeError, ValueError):
        adata.obs["in_tissue_original"] = adata.obs["in_tissue"]
        adata.obs["in_tissue"] = truth(adata.obs["in_tissue"]).astype(np.int64)


def _check_expression(adata: AnnData, path: Path) -> str | None:
    """Check the matrix; where X is unusable and a layer holds counts, the layer is used."""
    layer = _check_reading(adata)
    trouble = _problem(adata.layers.get(layer, adata.X), layer or "X", adata)
    if trouble is None:
        return _other_counts(adata)
    usable = (
        [] if layer else [n for n in adata.layers if _problem(adata.layers[n], n, adata) is None]
    )
    counts = [name for name in usable if _holds_counts(adata.layers[name])]
    if counts:
        first, *others = sorted(counts, key=_rank)
        adata.uns[READING] = {**reading_facts(adata), "layer": first}
        more = f" --layer reads another ({listed(others)})." if others else ""
        return f"X holds no usable expression, so layers['{first}'] is used.{more}"
    if usable:
        raise InputError(
            f"{path} {trouble.rstrip('.')}, or take a layer that can be used with --layer "
            f"({listed(usable)})."
        )
    if adata.raw is not None and not layer:
        trouble = f"{trouble.rstrip('.')}, or take the values of .raw with {all_of_raw(adata)}."
    raise InputError(f"{path} {trouble}")


def _other_counts(adata: AnnData) -> str | None:
    """Return a note where the values that are used are not counts, and a layer holds counts."""
    # Most data have no other layers, and testing all values takes time.
    if not set(adata.layers) - {"counts"} or reading_facts(adata).get("layer"):
        return None
    if any(each is not None and is_whole(each) for each in (adata.X, adata.layers.get("counts"))):
        return None
    for name in sorted(adata.layers, key=_rank):
        if _holds_counts(adata.layers[name]):
            return f"layers['{name}'] holds whole numbers: --layer {name} reads them as counts."
    return None


def _holds_counts(layer: Any) -> bool:
    """Return whether a layer holds whole numbers other than 0 and 1 only."""
    return getattr(layer, "dtype", np.dtype("O")).kind in "uif" and is_whole(layer)


def _rank(name: str) -> int:
    """Return the rank of a layer's name among usual names of counts; low is better."""
    called = name.casefold()
    return next((i for i, word in enumerate(_COUNTS) if word in called), len(_COUNTS))


def _check_reading(adata: AnnData) -> str:
    """Remove invalid facts about how to read the data; return the layer to use."""
    found = reading_facts(adata)
    if READING in adata.uns and found is not adata.uns[READING]:
        del adata.uns[READING]
    layer = str(found.get("layer", ""))
    return layer if layer == "X" or layer in adata.layers else ""


def _problem(matrix: Any, where: str, adata: AnnData) -> str | None:
    """Return what is wrong with a matrix of expression, or None."""
    if matrix is None:
        return f"holds no matrix {where}: store the counts there."
    values = matrix.data if sparse.issparse(matrix) else np.asarray(matrix)
    if values.dtype.kind not in "buif":
        return f"holds {values.dtype} in {where}, which are not numbers: store the counts there."
    finite = np.isfinite(values)
    if not finite.all():
        return (
            f"holds {_count(matrix, ~finite, adata, 'value')} in {where} not finite (NaN or "
            "infinite): replace or remove them."
        )
    if values.size and values.min() < 0:
        return (
            f"holds {_count(matrix, values < 0, adata, 'value')} in {where} below zero: "
            "expression cannot be negative, so store the raw counts there."
        )
    if not values.any():
        return f"holds nothing but zeros in {where}: check which matrix was stored there."
    if not _SMALLEST <= (largest := float(values.max())) <= _LARGEST:
        return (
            f"holds values of at most {largest:.3g} in {where}, which cannot be computed with: "
            "store counts there, or values in another unit."
        )
    return None


def _count(matrix: Any, bad: NDArray[np.bool_], adata: AnnData, noun: str) -> str:
    """Return how many values are bad, and in which genes, as text."""
    if not sparse.issparse(matrix):
        genes = np.nonzero(bad)[1]
    elif matrix.format == "csr":
        genes = matrix.indices[bad]
    else:
        genes = np.repeat(np.arange(matrix.shape[1]), np.diff(matrix.indptr))[bad]
    distinct = np.unique(genes)
    return (
        f"{counted(int(bad.sum()), noun)} of {counted(len(distinct), 'gene')} "
        f"(such as {adata.var_names[distinct[0]]})"
    )


def _check_coordinates(adata: AnnData, path: Path) -> NDArray[np.bool_]:
    """Return which observations have finite coordinates, (n_obs,)."""
    advice = 'store x and y of every observation in obsm["spatial"]'
    if "spatial" not in adata.obsm:
        raise InputError(f"{path} holds no coordinates: {advice}.")
    spatial = np.asarray(adata.obsm["spatial"])
    if spatial.ndim != 2 or spatial.shape[1] < 2:
        raise InputError(f"{path} holds coordinates of shape {spatial.shape}: {advice}.")
    try:
        numbers = spatial.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{path} holds coordinates that are not numbers: {advice}.") from error
    if spatial.dtype.kind not in "uif":
        adata.obsm["spatial"] = numbers
    located = np.asarray(np.isfinite(numbers).all(axis=1))
    if not located.any():
        raise InputError(f"{path} holds no finite coordinates: {advice}.")
    if not np.ptp(numbers[located], axis=0).any():
        raise InputError(
            f"{path} has all its observations at one point, so no tissue can be drawn: {advice}."
        )
    return located


def _make_names_unique(adata: AnnData) -> str | None:
    repeated = adata.var_names.duplicated()
    if not repeated.any():
        return None
    example = adata.var_names[repeated][0]
    count = adata.var_names[repeated].nunique()
    last = np.flatnonzero(adata.var_names == example)[-1]
    adata.var_names_make_unique()
    return (
        f"{counted(count, 'gene name')} repeated and made unique "
        f"(such as {example}, also {adata.var_names[last]} now)."
    )
