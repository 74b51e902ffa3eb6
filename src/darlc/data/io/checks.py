"""What every dataset must satisfy, whatever format it came in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from darlc.data.dataset import READING, Dataset
from darlc.data.io.anndata_layout import is_whole
from darlc.data.io.mask import truth
from darlc.data.left_out import take_genes
from darlc.errors import InputError
from darlc.wording import counted

if TYPE_CHECKING:
    from anndata import AnnData


def check(dataset: Dataset, path: Path) -> Dataset:
    """Refuse data that cannot be used and mend what can be mended.

    Parameters
    ----------
    dataset
        As a reader returned it. Its AnnData is taken over: names and coordinates may change.
    path
        What was opened, for the sentences.

    Returns
    -------
    Dataset
        With numeric (n_obs, 2) coordinates, some of which may not be finite, unique gene names
        and notes on what was mended.

    Raises
    ------
    InputError
        Nothing to work with: no observations, genes, coordinates or expression; values that are
        no expression; all observations at one point.
    """
    adata = dataset.adata
    _check_size(adata, path)
    # They come first: slicing a sparse matrix with broken indices may crash the process.
    _check_indices(adata)
    _check_reading(adata)
    adata, left_out = take_genes(adata, path, dataset.options.features)
    notes = [left_out, _check_expression(adata, path)]
    notes.append(_other_counts(adata))
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


def _check_indices(adata: AnnData) -> None:
    """Look whether the indices of sparse matrices stay inside; constructors look at lengths."""
    for matrix in (adata.X, *adata.layers.values()):
        if sparse.issparse(matrix):
            matrix.check_format(full_check=True)


def _widen(adata: AnnData) -> None:
    """Have half-precision matrices in single precision, as sums and sparse products need it."""
    if getattr(adata.X, "dtype", None) == np.float16:
        adata.X = adata.X.astype(np.float32)
    for name, layer in list(adata.layers.items()):
        if layer.dtype == np.float16:
            adata.layers[name] = layer.astype(np.float32)


def _other_counts(adata: AnnData) -> str:
    """Say so where the values that are used are no counts, and a layer holds some."""
    # Of most data there is nothing else to look at, and a look at all values takes time.
    if not set(adata.layers) - {"counts"} or adata.uns.get(READING, {}).get("layer"):
        return ""
    if any(each is not None and is_whole(each) for each in (adata.X, adata.layers.get("counts"))):
        return ""
    for name, layer in adata.layers.items():
        if layer.dtype.kind != "b" and is_whole(layer):
            return f"layers['{name}'] holds whole numbers: --layer {name} reads them as counts."
    return ""


def _read_in_tissue(adata: AnnData) -> None:
    """Bring ``obs["in_tissue"]`` to numbers where it holds words."""
    if "in_tissue" not in adata.obs:
        return
    try:
        adata.obs["in_tissue"].to_numpy().astype(np.float64)
    except (TypeError, ValueError):
        adata.obs["in_tissue_original"] = adata.obs["in_tissue"]
        adata.obs["in_tissue"] = truth(adata.obs["in_tissue"]).astype(np.int64)


def _check_expression(adata: AnnData, path: Path) -> str | None:
    """Check the matrix; where X is unusable and ``layers["counts"]`` is not, that is used."""
    layer = _check_reading(adata)
    _widen(adata)
    chosen = adata.layers.get(layer, adata.X)
    trouble = _trouble(chosen, layer or "X", adata)
    if trouble is None:
        return None
    counts = None if layer else adata.layers.get("counts")
    if counts is not None and _trouble(counts, "counts", adata) is None:
        adata.uns[READING] = {**adata.uns.get(READING, {}), "layer": "counts"}
        return "X holds no usable expression, so layers['counts'] is used."
    raise InputError(f"{path} {trouble}")


def _check_reading(adata: AnnData) -> str:
    """Drop what says nothing of how to read the data; return the layer that is to be used."""
    if READING not in adata.uns:
        return ""
    found = adata.uns[READING]
    known: dict[str, tuple[type, ...]] = {
        "layer": (str,),
        "values": (str,),
        "microns": (int, float, np.number),
        "features": (str,),
        "section": (str,),
    }
    if not hasattr(found, "items") or not all(
        isinstance(value, known.get(str(name), ())) for name, value in found.items()
    ):
        del adata.uns[READING]
        return ""
    layer = str(found.get("layer", ""))
    return layer if layer == "X" or layer in adata.layers else ""


def _trouble(matrix: Any, where: str, adata: AnnData) -> str | None:
    """Say what is wrong with a matrix of expression, or None."""
    if matrix is None:
        return f"holds no matrix {where}: store the counts there."
    values = matrix.data if sparse.issparse(matrix) else np.asarray(matrix)
    if values.dtype.kind not in "buif":
        return f"holds {values.dtype} in {where}, which are no numbers: store the counts there."
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
    return None


def _count(matrix: Any, bad: NDArray[np.bool_], adata: AnnData, noun: str) -> str:
    """Say how many values are bad and in which genes."""
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
        raise InputError(f"{path} holds coordinates that are no numbers: {advice}.") from error
    if spatial.dtype.kind not in "uif":
        adata.obsm["spatial"] = numbers
    located = np.asarray(np.isfinite(numbers).all(axis=1))
    if not located.any():
        raise InputError(f"{path} holds no finite coordinates: {advice}.")
    if not np.ptp(numbers[located], axis=0).any():
        raise InputError(
            f"{path} has all its observations at one point, which draws no tissue: {advice}."
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
