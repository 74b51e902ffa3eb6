"""Edits of clusters: what each does to memberships, names, colours and hidden clusters."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from darlc.errors import InputError
from darlc.results.clusters import Clusters


@pytest.fixture
def clusters() -> Clusters:
    membership = np.array(
        [
            [0.50, 0.25, 0.25, 0.00],
            [0.25, 0.50, 0.00, 0.25],
            [0.00, 0.75, 0.25, 0.00],
            [0.25, 0.25, 0.50, 0.00],
            [0.00, 0.75, 0.00, 0.25],
        ],
        dtype=np.float32,
    )
    colours = ("#000001", "#000002", "#000003", "#000004")
    return Clusters(membership, ("a", "b", "c", "d"), colours, frozenset({2}))


def same(ours: Clusters, theirs: Clusters) -> bool:
    return all(
        np.array_equal(getattr(ours, each.name), getattr(theirs, each.name))
        for each in fields(Clusters)
    )


def test_what_the_memberships_say(clusters: Clusters) -> None:
    assert clusters.cluster.tolist() == [0, 1, 1, 2, 1]
    assert clusters.confidence.tolist() == [0.5, 0.5, 0.75, 0.5, 0.75]
    assert clusters.confidence.dtype == np.float32
    assert clusters.second.tolist() == [1, 0, 2, 0, 3]
    assert clusters.sizes.tolist() == [1, 3, 1, 0]


@pytest.mark.parametrize("k", [0, 1])
def test_few_clusters(k: int) -> None:
    few = Clusters(np.ones((3, k), dtype=np.float32))
    assert few.cluster.tolist() == [k - 1] * 3 and few.second.tolist() == [-1] * 3
    np.testing.assert_array_equal(few.confidence, [1.0 if k else np.nan] * 3)
    assert few.sizes.tolist() == [3] * k and few.names == ("1",) * k


def test_no_edit_changes_what_was_edited(clusters: Clusters) -> None:
    kept = Clusters(clusters.membership.copy(), clusters.names, clusters.colours, clusters.hidden)
    clusters.membership.setflags(write=False)
    clusters.renamed(0, "x")
    clusters.recoloured(0, "#ffffff")
    clusters.merged([0, 1])
    clusters.split(1, np.array([0, 1, 0]))
    clusters.shown(2, True)
    assert same(clusters, kept)


def test_renaming(clusters: Clusters) -> None:
    renamed = clusters.renamed(1, "  white   matter ")
    assert renamed.names == ("a", "white matter", "c", "d")
    assert renamed.membership is clusters.membership and renamed.hidden == {2}
    assert same(clusters.renamed(1, "b"), clusters)
    with pytest.raises(InputError, match="another cluster is called c already"):
        clusters.renamed(1, "c")
    with pytest.raises(InputError, match="at least one character"):
        clusters.renamed(1, " \n")


def test_recolouring(clusters: Clusters) -> None:
    assert clusters.recoloured(2, "#FF8800").colours == (
        *("#000001", "#000002", "#ff8800", "#000004"),
    )
    for wrong in ("red", "#12345", "#1234567", "#12345g"):
        with pytest.raises(InputError, match="no colour"):
            clusters.recoloured(2, wrong)


def test_merging_adds_memberships_up_in_the_place_of_the_first(clusters: Clusters) -> None:
    merged = clusters.merged([3, 0])
    assert merged.names == ("b", "c", "d")
    assert merged.colours == ("#000002", "#000003", "#000004")
    assert merged.hidden == {1}
    np.testing.assert_array_equal(merged.membership[:, 2], [0.5, 0.5, 0, 0.25, 0.25])
    np.testing.assert_array_equal(merged.membership[:, :2], clusters.membership[:, [1, 2]])
    np.testing.assert_array_equal(merged.membership.sum(axis=1), 1)
    # The second gene belongs as surely to a and d together as to b.
    assert merged.cluster.tolist() == [2, 0, 0, 1, 0]


def test_a_merged_cluster_can_be_named_after_one_that_goes(clusters: Clusters) -> None:
    assert clusters.merged([0, 1], "b").names == ("b", "c", "d")
    with pytest.raises(InputError, match="called d already"):
        clusters.merged([0, 1], "d")
    with pytest.raises(InputError, match="two clusters or more"):
        clusters.merged([1, 1])


def test_what_is_merged_is_hidden_only_where_all_of_it_was(clusters: Clusters) -> None:
    assert clusters.merged([2, 1]).hidden == frozenset()
    assert clusters.merged([1, 2]).hidden == frozenset()
    assert clusters.shown(1, False).merged([1, 2]).hidden == {1}
    assert clusters.shown(1, False).merged([2, 1]).hidden == {1}
    assert clusters.shown(3, False).merged([0, 1]).hidden == {1, 2}


def test_splitting_moves_the_mass_of_the_genes_that_go(clusters: Clusters) -> None:
    split = clusters.split(1, np.array([0, 1, 1]))
    assert split.names == ("a", "b", "b (2)", "c", "d")
    assert split.colours[:2] == clusters.colours[:2] and split.colours[3:] == clusters.colours[2:]
    assert split.colours[2] not in clusters.colours
    assert split.hidden == {3}
    assert split.cluster.tolist() == [0, 1, 2, 3, 2]
    np.testing.assert_array_equal(split.membership[:, 1], [0.25, 0.5, 0, 0.25, 0])
    np.testing.assert_array_equal(split.membership[:, 2], [0, 0, 0.75, 0, 0.75])
    assert split.membership.dtype == np.float32
    assert split.split(2, np.array([1, 0])).names == ("a", "b", "b (2)", "b (2) (2)", "c", "d")
    assert clusters.shown(1, False).split(1, np.array([0, 1, 0])).hidden == {1, 2, 3}


def test_merging_undoes_splitting(clusters: Clusters) -> None:
    assert same(clusters.split(1, np.array([1, 0, 0])).merged([1, 2]), clusters)


def test_halves_need_genes(clusters: Clusters) -> None:
    for parts in ([0, 0, 0], [1, 1, 1]):
        with pytest.raises(InputError, match="cluster b cannot be split"):
            clusters.split(1, np.array(parts))
    with pytest.raises(ValueError, match="2 parts for the 3 genes"):
        clusters.split(1, np.array([0, 1]))


def test_hiding_and_showing(clusters: Clusters) -> None:
    hidden = clusters.shown(0, False)
    assert hidden.hidden == {0, 2} and hidden.shown(0, False).hidden == {0, 2}
    assert hidden.shown(2, True).hidden == {0}


def test_names_and_colours_fit_the_memberships() -> None:
    membership = np.ones((1, 2), dtype=np.float32)
    with pytest.raises(ValueError, match="2 clusters have 1 names"):
        Clusters(membership, names=("a",))
    with pytest.raises(ValueError, match="share a name: a, a"):
        Clusters(membership, names=("a", "a"))
    with pytest.raises(ValueError, match="'red' is no colour"):
        Clusters(membership, colours=("#aabbcc", "red"))
    with pytest.raises(ValueError, match="hidden"):
        Clusters(membership, hidden=frozenset({2}))
