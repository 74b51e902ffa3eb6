"""Columns of clusters, and edits as arrays and back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from anndata import AnnData

from darlc.results.cluster_columns import (
    pack_edits,
    pack_second,
    put_clusters,
    unpack_edits,
    unpack_second,
)
from darlc.results.clusters import Clusters
from darlc.results.result import Result
from darlc.results.second_patterns import SecondPatterns


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


@pytest.fixture
def second() -> SecondPatterns:
    """Return second patterns of twelve genes, of which one follows two."""
    found = SecondPatterns.none(12)
    found.cluster[3], found.share[3], found.probability[3] = 1, 0.25, 0.9
    return found


def test_second_patterns_come_back_as_they_were(second: SecondPatterns) -> None:
    again = unpack_second(pack_second(second), 12, 3)
    assert again is not None
    for name in ("cluster", "share", "probability"):
        np.testing.assert_array_equal(getattr(again, name), getattr(second, name), strict=True)
    assert unpack_second(pack_second(None), 12, 3) is None


def test_second_patterns_that_do_not_fit_are_refused(second: SecondPatterns) -> None:
    stored = pack_second(second)
    with pytest.raises(ValueError, match="for 11 genes"):
        unpack_second(stored, 11, 3)
    with pytest.raises(ValueError, match="of 1"):
        unpack_second(stored, 12, 1)
    with pytest.raises(KeyError):
        unpack_second({"cluster": second.cluster}, 12, 3)


def test_columns_of_second_patterns(result: Result, second: SecondPatterns) -> None:
    adata = AnnData(np.zeros((1, 20), dtype=np.float32))
    genes = np.arange(12)[::-1] + 5
    put_clusters(adata, replace(result, second_patterns=second), genes, own_column=False)
    var, at = adata.var, genes[3]
    assert var["darlc_second_cluster"].iloc[at] == result.cluster_names[1]
    assert var["darlc_second_share"].iloc[at] == np.float32(0.25)
    assert var["darlc_second_probability"].iloc[at] == np.float32(0.9)
    columns = ["darlc_second_cluster", "darlc_second_share", "darlc_second_probability"]
    assert var.drop(index=var.index[at])[columns].isna().all(axis=None)
    # A fit that did not look for them leaves none of an earlier one.
    put_clusters(adata, replace(result, second_patterns=None), genes, own_column=False)
    assert not set(columns) & set(adata.var)
    assert "darlc_second_cluster_colors" not in adata.uns
