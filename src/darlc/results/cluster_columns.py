"""Clusters, edits of them, and second patterns of genes as columns of an AnnData's ``var``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from darlc.data.keys import (
    CLUSTER,
    CLUSTER_EDITED,
    SECOND_CLUSTER,
    SECOND_PROBABILITY,
    SECOND_SHARE,
    StoredEdits,
    StoredSeconds,
    colours_of,
)
from darlc.results.clusters import Clusters
from darlc.results.gene_rows import among_all
from darlc.results.second_patterns import SecondPatterns

if TYPE_CHECKING:
    from anndata import AnnData

    from darlc.results.result import Result


def put_clusters(
    adata: AnnData, result: Result, genes: NDArray[np.int64], own_column: bool
) -> None:
    """Write columns of the model's clusters, of second patterns and, if there are any, of edits.

    Parameters
    ----------
    adata
        Modified in place.
    result
        Result with the clusters.
    genes
        (G,) positions of the genes of the result in ``adata``; the others have no cluster.
    own_column
        Whether an existing column of edits, made by a script, is kept where the result has none.
    """
    own = result.clusters
    _put(adata, CLUSTER, own, own.cluster, genes)
    if result.edited is not None:
        _put(adata, CLUSTER_EDITED, result.edited, result.edited.cluster, genes)
    elif not own_column:
        adata.var.drop(columns=CLUSTER_EDITED, errors="ignore", inplace=True)
        adata.uns.pop(colours_of(CLUSTER_EDITED), None)
    _put_second(adata, result, genes)


def pack_edits(edited: Clusters | None) -> StoredEdits:
    """Return edits as arrays by name; none where nothing was edited."""
    if edited is None:
        return {}
    return {
        "membership": edited.membership,
        "names": np.array(edited.names, dtype=np.str_),
        "colours": np.array(edited.colours, dtype=np.str_),
        "hidden": np.array(sorted(edited.hidden), dtype=np.int64),
    }


def unpack_edits(stored: StoredEdits, n_genes: int) -> Clusters | None:
    """Rebuild the edits of (G,) genes.

    Raises
    ------
    ValueError
        Their shape does not fit.
    """
    if not stored:
        return None
    membership = np.asarray(stored["membership"], dtype=np.float32)
    if membership.ndim != 2 or len(membership) != n_genes:
        raise ValueError(f"edited memberships of shape {membership.shape} for {n_genes} genes")
    return Clusters(
        membership,
        tuple(str(name) for name in stored["names"]),
        tuple(str(colour) for colour in stored["colours"]),
        frozenset(int(column) for column in stored["hidden"]),
    )


def pack_second(second: SecondPatterns | None) -> StoredSeconds:
    """Return second patterns as arrays by name; none where they were not looked for."""
    if second is None:
        return {}
    return {
        "cluster": second.cluster,
        "share": second.share,
        "probability": second.probability,
    }


def unpack_second(stored: StoredSeconds, n_genes: int, n_clusters: int) -> SecondPatterns | None:
    """Rebuild second patterns of (G,) genes.

    Raises
    ------
    ValueError
        Their shape does not fit, or a cluster is none.
    """
    if not stored:
        return None
    cluster = np.asarray(stored["cluster"], dtype=np.int64)
    share, probability = (
        np.asarray(values, dtype=np.float32) for values in (stored["share"], stored["probability"])
    )
    if not cluster.shape == share.shape == probability.shape == (n_genes,):
        raise ValueError(f"second patterns of shape {cluster.shape} for {n_genes} genes")
    if n_genes and not -1 <= cluster.min() <= cluster.max() < n_clusters:
        raise ValueError(f"second patterns {cluster.min()} to {cluster.max()} of {n_clusters}")
    return SecondPatterns(cluster, share, probability)


def _put_second(adata: AnnData, result: Result, genes: NDArray[np.int64]) -> None:
    """Write columns of second patterns, or remove those of an earlier fit."""
    second = result.second_patterns
    if second is None:
        columns = [SECOND_CLUSTER, SECOND_SHARE, SECOND_PROBABILITY]
        adata.var.drop(columns=columns, errors="ignore", inplace=True)
        adata.uns.pop(colours_of(SECOND_CLUSTER), None)
        return
    _put(adata, SECOND_CLUSTER, result.clusters, second.cluster, genes)
    for column, values in ((SECOND_SHARE, second.share), (SECOND_PROBABILITY, second.probability)):
        known = np.where(second.cluster < 0, np.nan, values)
        adata.var[column] = among_all(known, genes, adata.n_vars)


def _put(
    adata: AnnData,
    column: str,
    clusters: Clusters,
    of_genes: NDArray[np.int64],
    genes: NDArray[np.int64],
) -> None:
    import pandas as pd

    codes = np.full(adata.n_vars, -1, dtype=np.int64)
    codes[genes] = of_genes
    adata.var[column] = pd.Categorical.from_codes(
        codes, categories=list(clusters.names), ordered=True
    )
    # Key of the colours of a column in scanpy.
    adata.uns[colours_of(column)] = np.array(clusters.colours, dtype=np.str_)
