"""Second patterns of genes follow the user's edits of clusters."""

from __future__ import annotations

import numpy as np

from darlc.results.clusters import Clusters
from darlc.results.second_patterns import SecondPatterns


def made() -> tuple[Clusters, SecondPatterns]:
    """Return clusters of six genes, two each, of which three are sums."""
    clusters = Clusters(np.eye(3, dtype=np.float32)[[0, 0, 1, 1, 2, 2]])
    second = SecondPatterns(
        np.array([1, 2, 0, -1, 0, 1]),
        np.array([0.3, 0.2, 0.4, 0.0, 0.5, 0.1], dtype=np.float32),
        np.array([0.9, 0.99, 0.85, 0.0, 0.5, 0.1], dtype=np.float32),
    )
    return clusters, second


def test_likely_sums_have_a_second_cluster_and_a_high_probability() -> None:
    _, second = made()
    assert second.likely.tolist() == [True, True, True, False, False, False]
    assert not SecondPatterns.none(3).likely.any()


def test_some_genes_and_all_of_several() -> None:
    _, second = made()
    some = second.select(np.array([4, 0]))
    assert some.cluster.tolist() == [0, 1] and some.probability.tolist() == [0.5, np.float32(0.9)]
    both = SecondPatterns.joined([some, SecondPatterns.none(2)])
    assert both.cluster.tolist() == [0, 1, -1, -1] and both.share[2:].tolist() == [0, 0]


def test_without_edits_they_are_as_they_were() -> None:
    clusters, second = made()
    shown = second.shown(clusters, clusters.renamed(0, "myelin"))
    np.testing.assert_array_equal(shown.cluster, second.cluster)
    np.testing.assert_array_equal(shown.probability, second.probability)


def test_a_gene_whose_two_clusters_are_merged_has_one_pattern() -> None:
    clusters, second = made()
    shown = second.shown(clusters, clusters.merged([0, 1]))
    # Columns are now 0 (of 0 and 1) and 1 (of 2).
    assert shown.cluster.tolist() == [-1, 1, -1, -1, 0, 0]
    assert shown.likely.tolist() == [False, True, False, False, False, False]


def test_a_split_cluster_is_found_where_most_of_its_genes_are() -> None:
    membership = np.eye(2, dtype=np.float32)[[0, 1, 1, 1]]
    clusters = Clusters(membership)
    second = SecondPatterns(
        np.array([1, -1, -1, -1]), np.full(4, 0.3, np.float32), np.full(4, 0.9, np.float32)
    )
    for parts, column in (([1, 0, 0], 1), ([0, 1, 1], 2)):
        edited = clusters.split(1, np.array(parts))
        assert second.shown(clusters, edited).cluster[0] == column


def test_a_second_cluster_that_has_no_genes_is_none() -> None:
    clusters = Clusters(np.eye(3, dtype=np.float32)[[0, 1]])
    second = SecondPatterns(np.array([2, -1]), np.full(2, 0.3), np.full(2, 0.9))
    assert second.shown(clusters, clusters).cluster.tolist() == [-1, -1]
