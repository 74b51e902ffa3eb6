"""Clusters, and the user's edits of them, as columns of an AnnData's ``var``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from darlc.data.keys import CLUSTER, CLUSTER_EDITED, StoredEdits, colours_of
from darlc.results.clusters import Clusters

if TYPE_CHECKING:
    from anndata import AnnData

    from darlc.results.result import Result


def put_clusters(
    adata: AnnData, result: Result, genes: NDArray[np.int64], own_column: bool
) -> None:
    """Write a column of the model's clusters and, where there are edits, a column of these.

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
    _put(adata, CLUSTER, result.clusters, genes)
    if result.edited is not None:
        _put(adata, CLUSTER_EDITED, result.edited, genes)
    elif not own_column:
        adata.var.drop(columns=CLUSTER_EDITED, errors="ignore", inplace=True)
        adata.uns.pop(colours_of(CLUSTER_EDITED), None)


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


def _put(adata: AnnData, column: str, clusters: Clusters, genes: NDArray[np.int64]) -> None:
    import pandas as pd

    codes = np.full(adata.n_vars, -1, dtype=np.int64)
    codes[genes] = clusters.cluster
    adata.var[column] = pd.Categorical.from_codes(
        codes, categories=list(clusters.names), ordered=True
    )
    # Key of the colours of a column in scanpy.
    adata.uns[colours_of(column)] = np.array(clusters.colours, dtype=np.str_)
