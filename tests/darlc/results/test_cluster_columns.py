"""Columns of clusters, and edits as arrays and back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from anndata import AnnData

from darlc.results.cluster_columns import pack_edits, put_clusters, unpack_edits
from darlc.results.clusters import Clusters
from darlc.results.result import Result


@pytest.fixture
def clusters() -> Clusters:
    membership = np.array([[0.75, 0.25], [0.25, 0.75], [0.5, 0.5]], dtype=np.float32)
    return Clusters(membership, ("inner", "outer"), ("#112233", "#445566"), frozenset({1}))


def test_edits_come_back_as_they_were(clusters: Clusters) -> None:
    again = unpack_edits(pack_edits(clusters), 3)
    assert again is not None
    np.testing.assert_array_equal(again.membership, clusters.membership, strict=True)
    assert (again.names, again.colours, again.hidden) == (
        *(clusters.names, clusters.colours, clusters.hidden),
    )
    assert unpack_edits(pack_edits(None), 3) is None


def test_edits_that_do_not_fit_are_refused(clusters: Clusters) -> None:
    with pytest.raises(ValueError, match="for 4 genes"):
        unpack_edits(pack_edits(clusters), 4)
    with pytest.raises(ValueError, match="1 names"):
        unpack_edits(pack_edits(clusters) | {"names": np.array(["one"])}, 3)
    with pytest.raises(KeyError):
        unpack_edits({"membership": clusters.membership}, 3)


def test_columns_follow_the_genes(result: Result) -> None:
    edited = replace(result, edited=result.clusters.renamed(0, "mine"))
    adata = AnnData(np.zeros((1, 20), dtype=np.float32))
    genes = np.arange(12)[::-1] + 5
    put_clusters(adata, edited, genes, own_column=False)
    for column, wanted in (("darlc_cluster", result.clusters), ("darlc_cluster_edited", None)):
        wanted = edited.edited if wanted is None else wanted
        assert wanted is not None
        written = adata.var[column]
        assert list(written.iloc[genes]) == [wanted.names[k] for k in wanted.cluster]
        assert written.iloc[:5].isna().all() and written.iloc[17:].isna().all()
        assert list(adata.uns[f"{column}_colors"]) == list(wanted.colours)
    put_clusters(adata, result, genes, own_column=True)
    assert "darlc_cluster_edited" in adata.var
    put_clusters(adata, result, genes, own_column=False)
    assert "darlc_cluster_edited" not in adata.var
    assert "darlc_cluster_edited_colors" not in adata.uns
