"""Two results compared: relabelled, with genes that moved, and of other tissue."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from darlc.errors import InputError
from darlc.explore.two_results import compare_results, matched_pairs


def other(result, order=(2, 0, 1), moved=()):
    """Return a result with its clusters in another order, and genes moved to the next cluster."""
    membership = result.membership.copy()
    for name in moved:
        row = list(result.gene_names).index(name)
        membership[row] = np.roll(membership[row], 1)
    reverse = slice(None, None, -1)
    return replace(
        result,
        gene_names=result.gene_names[reverse],
        embedding=result.embedding[reverse],
        membership=np.ascontiguousarray(membership[:, list(order)][reverse]),
        denoised=np.asarray(result.denoised)[reverse],
        drawing=result.drawing[reverse],
        cluster_names=("a", "b", "c"),
    )


def test_the_same_clusters_in_another_order_are_the_same(result) -> None:
    found = compare_results(result, other(result))
    assert found.adjusted_rand == 1 and not len(found.moved) and len(found.rows) == 12
    assert dict(found.pairs.tolist()) == {2: 0, 0: 1, 1: 2}
    assert found.jaccard.tolist() == [1, 1, 1]
    np.testing.assert_allclose(found.likeness, 1, atol=0.05)
    names = result.gene_names[found.rows[:, 0]], other(result).gene_names[found.rows[:, 1]]
    np.testing.assert_array_equal(*names)


def test_genes_that_moved(result) -> None:
    second = other(result, moved=("Gene1", "Gene9"))
    found = compare_results(result, second)
    assert set(result.gene_names[found.rows[found.moved, 0]]) == {"Gene1", "Gene9"}
    assert 0.4 < found.adjusted_rand < 1
    assert found.overlap.sum() == 12 and (np.diff(found.overlap[tuple(found.pairs.T)]) <= 0).all()
    assert found.jaccard.min() == pytest.approx(3 / 5)


def test_a_match_keeps_most_genes_together() -> None:
    """Greedy matching would take the largest overlap first."""
    overlap = np.array([[10, 9], [9, 0]])
    pairs = matched_pairs(overlap)
    assert sorted(pairs.tolist()) == [[0, 1], [1, 0]]


def test_edits_count_and_clusters_without_match_are_left(result) -> None:
    merged = replace(result, edited=result.clusters.merged([0, 1]))
    found = compare_results(result, merged)
    assert len(found.pairs) == 2 and len(found.moved) == 4


def test_genes_of_another_species_are_matched_by_symbol(result) -> None:
    adata = result.adata.copy()
    adata.var["gene_name"] = [name.upper() for name in adata.var_names]
    renamed = {name: f"ENSG{i:04}" for i, name in enumerate(adata.var_names)}
    adata.raw, adata.var_names = None, list(renamed.values())
    second = replace(
        result,
        gene_names=np.array([renamed[name] for name in result.gene_names]),
        adata=adata,
        grid=replace(result.grid, mask=np.ones((3, 3), dtype=bool)),
    )
    found = compare_results(result, second)
    assert found.adjusted_rand == 1 and np.isnan(found.likeness).all()
    with pytest.raises(InputError, match="0 genes in common, by name or symbol"):
        compare_results(result, replace(second, adata=None))


def test_a_result_without_clusters(result) -> None:
    empty = replace(result, membership=result.membership[:, :0], cluster_names=())
    object.__setattr__(empty, "cluster_colours", ())
    object.__setattr__(empty, "cluster_names", ())
    with pytest.raises(InputError, match="holds no clusters"):
        compare_results(result, empty)
