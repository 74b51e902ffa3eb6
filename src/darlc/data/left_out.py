"""Features that are not genes: removed from the table, stored beside it, and restored on request.

They have no rows in ``var``, so that counts of molecules and lists of genes hold genes only. No
data are lost: their values are in ``obsm``, which follows the observations, and their rows of
``var`` in ``uns``.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from darlc.data.dataset import reading_facts
from darlc.data.features import GENE, feature_kinds, is_control
from darlc.data.keys import LEFT_OUT, LEFT_OUT_KIND, LEFT_OUT_NAME, LEFT_OUT_ORDER, READING
from darlc.errors import InputError
from darlc.wording import counted, listed

if TYPE_CHECKING:
    from anndata import AnnData

_TABLE, _VARM, _VARP = "features", "varm", "varp"


def take_genes(adata: AnnData, path: Path, wanted: str = "") -> tuple[AnnData, str]:
    """Return the data with genes, or with the requested kinds, as their only features.

    Parameters
    ----------
    adata
        May be modified; the same object is returned where nothing is left out.
    path
        What was opened, for messages.
    wanted
        Kinds of features, separated by commas; empty for genes, or for the kinds that were
        requested when the data were saved.

    Returns
    -------
    adata
        With the other features under ``obsm["darlc_left_out"]`` and ``uns["darlc_left_out"]``.
    note
        How many features of which kinds are left out; empty for none.

    Raises
    ------
    InputError
        There are no such features, or only controls.
    """
    earlier = _asked(adata)
    if wanted:
        adata = put_back(adata)
    kinds = feature_kinds(adata.var)
    before = _table(adata)
    if not wanted and before is not None and earlier:
        return adata, _note(before[LEFT_OUT_NAME], before[LEFT_OUT_KIND])
    chosen = _choose(kinds, path, wanted or earlier)
    if before is not None and not chosen.all():
        adata = put_back(adata)
        kinds = feature_kinds(adata.var)
        chosen = _choose(kinds, path, wanted or earlier)
    if wanted:
        adata.uns[READING] = {**reading_facts(adata), "features": wanted}
    if not chosen.all():
        adata = _set_aside(adata, chosen, kinds)
    left = _table(adata)
    return adata, "" if left is None else _note(left[LEFT_OUT_NAME], left[LEFT_OUT_KIND])


def are_genes(adata: AnnData, name: str = "adata") -> NDArray[np.bool_]:
    """Return which features are read as genes, (n_vars,): all of them after `take_genes`.

    Parameters
    ----------
    adata
        Any AnnData.
    name
        What to call it in a sentence.

    Raises
    ------
    InputError
        There are none.
    """
    if _table(adata) is not None:
        return np.ones(adata.n_vars, dtype=bool)
    return _choose(feature_kinds(adata.var), name, _asked(adata))


def put_back(adata: AnnData) -> AnnData:
    """Return the data with all features in one table again, in their original order."""
    import anndata
    import pandas as pd

    table = _table(adata)
    if table is None:
        return adata
    kept = adata.uns[LEFT_OUT]
    place = np.asarray(table[LEFT_OUT_ORDER], dtype=np.int64)
    n_all = adata.n_vars + len(table)
    order = np.empty(n_all, dtype=np.int64)
    order[place] = adata.n_vars + np.arange(len(table))
    order[np.setdiff1d(np.arange(n_all), place)] = np.arange(adata.n_vars)

    def joined(mine: Any, key: str) -> Any:
        other = adata.obsm.get(key)
        if other is None:  # a layer that was added later has no values of them
            empty = 0.0 if sparse.issparse(mine) else np.nan
            other = np.full((adata.n_obs, len(table)), empty, dtype=np.float32)
        if sparse.issparse(mine) or sparse.issparse(other):
            return sparse.hstack([mine, other], format="csr")[:, order]
        return np.hstack([np.asarray(mine), np.asarray(other)])[:, order]

    def rows_of(name: str, mine: Any) -> Any:
        missing = np.full((len(table), *mine.shape[1:]), np.nan)
        return np.concatenate([np.asarray(mine), kept.get(_VARM, {}).get(name, missing)])[order]

    names = pd.Index(table[LEFT_OUT_NAME].astype(object))
    rows = table.drop(columns=[LEFT_OUT_KIND, LEFT_OUT_NAME, LEFT_OUT_ORDER]).set_index(names)
    var = pd.concat([adata.var, rows]).iloc[order]
    for column in var.columns:  # concatenating categories gives objects
        if isinstance(adata.var[column].dtype, pd.CategoricalDtype):
            var[column] = var[column].astype("category")
    whole = anndata.AnnData(
        X=None if adata.X is None else joined(adata.X, LEFT_OUT),
        obs=adata.obs,
        var=var.rename_axis(adata.var.index.name),
        uns={name: value for name, value in adata.uns.items() if name != LEFT_OUT},
        obsm={name: value for name, value in adata.obsm.items() if not _is_ours(name)},
        varm={name: rows_of(name, each) for name, each in adata.varm.items()},
        layers={name: joined(layer, _key(name)) for name, layer in adata.layers.items()},
        obsp=dict(adata.obsp),
        varp=dict(kept.get(_VARP, {})),
        raw=adata.raw,
    )
    return whole


def _asked(adata: AnnData) -> str:
    """Return the kinds of features that were requested when the data were read."""
    return str(reading_facts(adata).get("features", ""))


def _choose(kinds: NDArray[np.str_], path: Path | str, wanted: str) -> NDArray[np.bool_]:
    """Return which features are read."""
    there = list(dict.fromkeys(kinds.tolist()))
    if wanted:
        asked = [each.strip() for each in wanted.split(",") if each.strip()]
        known = {each.casefold(): each for each in there}
        for each in asked:
            if each.casefold() not in known:
                raise InputError(
                    f"{path} has no {each!r} for --features: choose among {listed(there)}."
                )
        return np.isin(kinds, [known[each.casefold()] for each in asked])
    genes = kinds == GENE
    if genes.any():
        return genes
    # Panels of proteins, and of custom features, hold no genes.
    others = [each for each in there if not is_control(each)]
    if not others:
        raise InputError(
            f"{path} holds no genes, only {listed(there)}: --features {there[0]!r} reads them."
        )
    most = max(others, key=lambda each: int((kinds == each).sum()))
    return np.asarray(kinds == most)


def _set_aside(adata: AnnData, chosen: NDArray[np.bool_], kinds: NDArray[np.str_]) -> AnnData:
    """Return the chosen features, with the others beside them."""
    left = np.flatnonzero(~chosen)
    table = adata.var.iloc[left]
    table = table.assign(
        **{
            LEFT_OUT_KIND: kinds[left],
            LEFT_OUT_NAME: np.asarray(table.index, dtype=object),
            LEFT_OUT_ORDER: left,
        }
    ).reset_index(drop=True)
    kept: dict[str, Any] = {_TABLE: table}
    if adata.varm:
        kept[_VARM] = {name: np.asarray(each)[left] for name, each in adata.varm.items()}
    if adata.varp:
        kept[_VARP] = dict(adata.varp)
    genes = adata[:, np.flatnonzero(chosen)].copy()
    if adata.X is not None:
        genes.obsm[LEFT_OUT] = _columns(adata.X, left)
    for name, layer in adata.layers.items():
        genes.obsm[_key(name)] = _columns(layer, left)
    genes.uns[LEFT_OUT] = kept
    return genes


def _columns(matrix: Any, which: NDArray[np.int64]) -> Any:
    return sparse.csr_matrix(matrix[:, which]) if sparse.issparse(matrix) else matrix[:, which]


def _table(adata: AnnData) -> Any:
    """Return the ``var`` rows of what is left out; None where nothing is, or parts are missing."""
    try:
        table = adata.uns[LEFT_OUT][_TABLE]
        columns = {adata.obsm[key].shape[1] for key in adata.obsm if _is_ours(key)}
        place = np.asarray(table[LEFT_OUT_ORDER], dtype=np.int64)
        whole = (
            {LEFT_OUT_KIND, LEFT_OUT_NAME} <= set(table.columns)
            and columns == {len(table)}
            and (adata.X is None or LEFT_OUT in adata.obsm)
            and len(np.unique(place)) == len(place)
            and place.min() >= 0
            and place.max() < adata.n_vars + len(table)
        )
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        return None
    return table if whole else None


def _key(layer: str) -> str:
    return f"{LEFT_OUT}-{layer}"


def _is_ours(key: str) -> bool:
    return key == LEFT_OUT or key.startswith(f"{LEFT_OUT}-")


def _note(names: Iterable[object], kinds: Iterable[object]) -> str:
    """Return a sentence on what is left out, by kind, with an example of each."""
    found: dict[str, list[str]] = {}
    for name, kind in zip(names, kinds, strict=True):
        found.setdefault(str(kind), []).append(str(name))
    total = sum(map(len, found.values()))
    each = listed(f"{len(names)} {kind} (such as {names[0]})" for kind, names in found.items())
    if GENE in found:
        verb = "of another kind was" if total == 1 else "of other kinds were"
    else:
        verb = "that is not a gene was" if total == 1 else "that are not genes were"
    usable = [kind for kind in found if not is_control(kind)]
    more = f"; --features {usable[0]!r} reads those instead" if usable else ""
    return f"{counted(total, 'feature')} {verb} left out of genes and totals: {each}{more}."
