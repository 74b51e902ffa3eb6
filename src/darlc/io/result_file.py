"""The result file: a Result inside the AnnData that it describes, and back.

What stands where is a contract with scripts that read these files: see `darlc.data.keys`. The
arrays are enough to rebuild every view. Nothing in a file can run code when it is read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from darlc.config import Config
from darlc.data.keys import (
    CONFIDENCE,
    DENOISED_LAYER,
    EMBEDDING,
    MEMBERSHIP,
    PIXEL,
    RESULT,
    SCHEMA_VERSION,
    STUDY,
    STUDY_FILE,
    StoredResult,
)
from darlc.data.shallow_copy import shallow_copy
from darlc.data.storable import storable
from darlc.data.storable_text import clean_array
from darlc.errors import InputError
from darlc.images.grid import Grid
from darlc.io.blocks import Blocks, placed_blocks
from darlc.io.parts.anndata_file import OF_SEVERAL
from darlc.io.parts.stored_views import pack_views, put_factors, unpack_views, with_added
from darlc.io.store import OnNote, check_target, tell, write
from darlc.results.cluster_columns import (
    pack_edits,
    pack_second,
    put_clusters,
    unpack_edits,
    unpack_second,
)
from darlc.results.gene_rows import among_all
from darlc.results.gene_sets import pack_gene_sets, unpack_gene_sets
from darlc.results.result import Result

if TYPE_CHECKING:
    from anndata import AnnData

_OLD_SETTING = "A setting of this fit is refused today, and its default is shown:"


def to_adata(result: Result, denoised_layer: bool = False) -> AnnData:
    """Return a copy of the result's data with the result in it.

    Parameters
    ----------
    result
        Bound to the data that were fitted; these are not modified.
    denoised_layer
        Whether to add ``layers["darlc_denoised"]``; it is NaN for genes without a denoised view
        and for observations that were left out.

    Raises
    ------
    InputError
        The result has no data, or they are not those that were fitted.
    """
    adata, layers = _assemble(result, denoised_layer)
    for name, blocks in layers.items():
        adata.layers[name] = blocks.array()
    return adata.copy()


def save(
    result: Result,
    path: str | Path,
    denoised_layer: bool = False,
    on_note: OnNote | None = None,
) -> Path:
    """Write a result file, ``.h5ad`` or ``.zarr``; the name appears when the file is whole.

    Parameters
    ----------
    result
        Bound to the data that were fitted. What files cannot hold of these is renamed or turned
        to text, and the notes in the file say so.
    path
        Where; a file of that name is replaced.
    denoised_layer
        See `to_adata`.
    on_note
        Called with each sentence on what was renamed or turned to text; by default each is a
        `DataWarning`.

    Raises
    ------
    InputError
        The path cannot be written to, or the data do not fit the result.
    """
    path = Path(path)
    check_target(path)
    _positions(result, result.gene_names, _data(result))
    stored, notes = storable(_data(result), path.suffix.lower())
    result = replace(
        result,
        adata=stored,
        gene_names=_clean(result.gene_names),
        notes=tuple(dict.fromkeys(result.notes + notes)),
    )
    adata, layers = _assemble(result, denoised_layer)
    write(adata, path, layers)
    tell(notes, on_note)
    return path


def load(path: str | Path) -> Result:
    """Read a result file.

    Parameters
    ----------
    path
        Of this version of darlc or of any before, ``.h5ad`` or ``.zarr``.

    Returns
    -------
    Result
        Its ``adata`` holds all of the file.

    Raises
    ------
    InputError
        The file cannot be read, holds no result, or was written by a newer version.

    Examples
    --------
    >>> result = darlc.load("result.h5ad")
    >>> clusters = dict(zip(result.gene_names, result.cluster))
    >>> clusters["MBP"] in range(result.n_clusters)
    True
    """
    path = Path(path)
    # They bring pandas and h5py along, which a look at the contract's names need not pay.
    from darlc.io.guards.boundary import reading
    from darlc.io.parts.anndata_file import read_anndata

    if not path.exists():
        raise InputError(f"{path} does not exist: check the path and its spelling.")
    if (path / STUDY_FILE).is_file():
        raise InputError(
            f"{path} holds the results of several sections: give the file of one of them."
        )
    with reading(path):
        adata = read_anndata(path)
    return from_adata(adata, str(path))


def from_adata(adata: AnnData, name: str = "the data") -> Result:
    """Rebuild the result that an AnnData holds.

    Parameters
    ----------
    adata
        As it was read from a result file; the result is bound to it.
    name
        What to call it in a sentence about what is wrong.

    Raises
    ------
    InputError
        It holds no result, one of a newer version, or one that was damaged since.
    """
    if RESULT not in adata.uns and STUDY in adata.uns:
        raise InputError(f"{name} {OF_SEVERAL}")
    if RESULT not in adata.uns:
        raise InputError(
            f"{name} holds no darlc result (uns['{RESULT}'] is missing): run darlc fit on it first."
        )
    try:
        stored = adata.uns[RESULT]
        schema = int(stored["schema_version"])
        if schema > SCHEMA_VERSION:
            raise InputError(
                f"{name} was written by a newer darlc (result file version {schema}, this one "
                f"reads up to {SCHEMA_VERSION}): update napari-darlc."
            )
        result = _rebuild(adata, stored)
        _ = result.clusters  # refuses names and colours that do not fit
        return result
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, InputError):
            raise InputError(str(error)) from None
        raise InputError(
            f"{name} holds a darlc result that was changed since it was written "
            f"({type(error).__name__}: {str(error).strip() or 'a part is missing'}): "
            "get a fresh copy or fit again."
        ) from error


def old_settings(refused: Iterable[str]) -> tuple[str, ...]:
    """Return notes on settings of a stored fit that are refused today; see `Config.from_stored`."""
    return tuple(f"{_OLD_SETTING} {each}" for each in refused)


def _data(result: Result) -> AnnData:
    if result.adata is None:
        raise InputError(
            "the result is not bound to the data that were fitted: "
            "call with_data(adata) on it first."
        )
    return result.adata


def _assemble(result: Result, denoised_layer: bool) -> tuple[AnnData, dict[str, Blocks]]:
    """Return an AnnData over the arrays of the result's data, with the result's keys added.

    Beside it are layers that are too large to be made before they are needed.
    """
    adata = shallow_copy(_data(result))
    genes = _positions(result, result.gene_names, adata)
    membership = among_all(result.membership, genes, adata.n_vars)

    before, earlier = adata.uns.get(RESULT, {}), adata.varm.get(MEMBERSHIP)
    if not isinstance(before, Mapping):
        before = {}  # another program's
    same_fit = (
        isinstance(earlier, np.ndarray)
        and earlier.dtype.kind == "f"
        and np.array_equal(earlier, membership, equal_nan=True)
    )
    put_clusters(adata, result, genes, own_column=same_fit and not before.get("edited"))
    adata.var[CONFIDENCE] = among_all(result.clusters.confidence, genes, adata.n_vars)
    adata.varm[EMBEDDING] = among_all(result.embedding, genes, adata.n_vars)
    adata.varm[MEMBERSHIP] = membership
    placed = result.observation_pixel >= 0
    put_factors(adata, result, genes)
    pixel = np.full((adata.n_obs, 2), -1, dtype=np.int64)
    pixel[placed] = result.grid.pixels[result.observation_pixel[placed]]
    adata.obsm[PIXEL] = pixel
    layers = {}
    if denoised_layer:
        layers[DENOISED_LAYER] = _denoised(result, genes, adata.n_vars)
    elif before and not same_fit:
        adata.layers.pop(DENOISED_LAYER, None)  # of the fit that this one takes the place of
    adata.uns[RESULT] = _pack(result)
    return adata, layers


def _clean(names: NDArray[np.str_]) -> NDArray[np.str_]:
    """Return names of genes as files hold them."""
    return clean_array(names).astype(np.str_)


def _positions(result: Result, names: NDArray[np.str_], adata: AnnData) -> NDArray[np.int64]:
    """Return where genes of the result stand in the data."""
    if len(result.observation_pixel) != adata.n_obs:
        raise InputError(
            f"the result describes {len(result.observation_pixel)} observations and the data "
            f"hold {adata.n_obs}: bind it to the data that were fitted."
        )
    if not adata.var_names.is_unique:
        raise InputError("gene names are repeated in the data: make them unique first.")
    genes = np.asarray(adata.var_names.get_indexer(names), dtype=np.int64)
    missing = names[genes < 0]
    if len(missing):
        raise InputError(
            f"{len(missing)} of {len(names)} genes of the result are not in the data "
            f"(such as {missing[0]}): bind it to the data that were fitted."
        )
    return genes


def _denoised(result: Result, genes: NDArray[np.int64], n_vars: int) -> Blocks:
    """Return denoised views of genes by observation, (n_obs, n_vars)."""
    row = np.full(n_vars, -1, dtype=np.int64)
    row[genes] = np.arange(len(genes))

    def views(start: int, stop: int) -> tuple[NDArray[np.int64], NDArray[np.floating]]:
        which = np.flatnonzero(row[start:stop] >= 0)
        return which, result.denoised[row[start:stop][which]]

    return placed_blocks(result.observation_pixel, n_vars, views)


def _pack(result: Result) -> dict[str, Any]:
    """Return a `StoredResult`."""
    grid = result.grid
    return {
        "schema_version": SCHEMA_VERSION,
        "config": json.dumps(result.config.to_dict()),
        "seed": result.config.seed,
        "versions": dict(result.versions),
        "fingerprint": result.fingerprint,
        "timings": dict(result.timings),
        "history": _nest(result.history),
        "grid": {
            "affine": grid.affine,
            "mask": grid.mask,
            "layout": grid.layout,
            "stagger": grid.stagger,
            "microns": grid.microns,
        },
        "genes": _text(result.gene_names),
        **pack_views(result.denoised),
        "drawing": result.drawing,
        "pooling": result.pooling,
        "mixture": {name: np.atleast_1d(value) for name, value in result.mixture.items()},
        # Files hold no array without dimensions: reading would return it as a plain number.
        "mixture_scalars": _text(n for n, value in result.mixture.items() if np.ndim(value) == 0),
        "weights": np.frombuffer(result.weights, dtype=np.uint8),
        "cluster_names": _text(result.cluster_names),
        "cluster_colours": _text(result.cluster_colours),
        "edited": pack_edits(result.edited),
        "pinned": _text(result.pinned),
        "second_patterns": pack_second(result.second_patterns),
        "notes": _text(result.notes),
        "stage": result.stage,
        "stopped": result.stopped,
        "device": result.device,
        "gene_sets": pack_gene_sets(result.gene_sets),
    }


def _rebuild(adata: AnnData, stored: StoredResult) -> Result:
    gene_names = np.array([str(name) for name in stored["genes"]], dtype=np.str_)
    embedding = _embedding(adata, gene_names)
    genes = adata.var_names.get_indexer(gene_names)
    kept = stored["grid"]
    grid = Grid(
        mask=np.asarray(kept["mask"], dtype=bool),
        affine=np.asarray(kept["affine"], dtype=np.float64),
        layout=str(kept["layout"]),  # type: ignore[arg-type]
        stagger=int(kept["stagger"]),
        microns=float(kept["microns"]),
    )
    config, refused = Config.from_stored(json.loads(str(stored["config"])))
    pixel = _observation_pixel(grid, np.asarray(adata.obsm[PIXEL]))
    scalars = {str(name) for name in stored["mixture_scalars"]}
    membership = np.asarray(adata.varm[MEMBERSHIP], dtype=np.float32)[genes]
    result = Result(
        gene_names=gene_names,
        embedding=embedding,
        membership=membership,
        denoised=unpack_views(adata, stored, gene_names, pixel, grid.n_pixels),
        grid=grid,
        observation_pixel=pixel,
        config=config,
        stage=str(stored["stage"]),
        stopped=bool(stored["stopped"]),
        device=str(stored["device"]),
        fingerprint=str(stored["fingerprint"]),
        notes=_words(stored["notes"]) + old_settings(refused),
        timings={name: float(value) for name, value in stored["timings"].items()},
        history=_flatten(stored["history"]),
        mixture={
            name: np.asarray(value).reshape(()) if name in scalars else np.asarray(value)
            for name, value in stored["mixture"].items()
        },
        weights=np.asarray(stored["weights"], dtype=np.uint8).tobytes(),
        versions={name: str(value) for name, value in stored["versions"].items()},
        cluster_names=_words(stored["cluster_names"]),
        cluster_colours=_words(stored["cluster_colours"]),
        edited=unpack_edits(stored.get("edited", {}), len(gene_names)),
        pinned=tuple(name for name in _words(stored.get("pinned", ())) if name in adata.var_names),
        gene_sets=unpack_gene_sets(stored.get("gene_sets", {})),
        second_patterns=unpack_second(
            stored.get("second_patterns", {}), len(gene_names), membership.shape[1]
        ),
        drawing=np.asarray(stored.get("drawing", np.ones(len(gene_names))), dtype=bool),
        pooling=int(stored.get("pooling", 1)),
    ).with_data(adata)
    if not (added := stored.get("added")):
        return result
    names = np.array([str(name) for name in added["genes"]], dtype=np.str_)
    return with_added(result, names, _embedding(adata, names), added["denoised"])


def _embedding(adata: AnnData, names: NDArray[np.str_]) -> NDArray[np.float32]:
    """Return the embeddings of genes by name, (g, D)."""
    genes = adata.var_names.get_indexer(names)
    if np.any(genes < 0):
        raise ValueError(f"{int(np.sum(genes < 0))} of its genes are gone")
    return np.asarray(adata.varm[EMBEDDING], dtype=np.float32)[genes]


def _observation_pixel(grid: Grid, pixel: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the index among tissue pixels of every (row, column), -1 for (-1, -1)."""
    placed = (pixel >= 0).all(axis=1)
    found = np.full(len(pixel), -1, dtype=np.int64)
    found[placed] = grid.index[tuple(pixel[placed].T)]
    return found


def _text(values: Iterable[str]) -> NDArray[np.str_]:
    return np.array(list(values), dtype=np.str_)


def _words(values: Iterable[Any]) -> tuple[str, ...]:
    return tuple(str(value) for value in values)


def _nest(history: Mapping[str, NDArray[np.float64]]) -> dict[str, Any]:
    """Turn ``"stage/name"`` into a mapping of mappings: keys of files hold no slash."""
    nested: dict[str, Any] = {}
    for key, values in history.items():
        stage, _, name = key.partition("/")
        nested.setdefault(stage, {})[name] = np.asarray(values, dtype=np.float64)
    return nested


def _flatten(nested: Mapping[str, Mapping[str, Any]]) -> dict[str, NDArray[np.float64]]:
    return {
        f"{stage}/{name}": np.asarray(values, dtype=np.float64)
        for stage, curves in nested.items()
        for name, values in curves.items()
    }
