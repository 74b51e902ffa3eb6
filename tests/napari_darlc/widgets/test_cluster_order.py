"""Cards stay where they are."""

from __future__ import annotations

import numpy as np

from darlc.data.clusters import Clusters
from napari_darlc.widgets.cluster_order import arrange


def of_sizes(*sizes: int) -> Clusters:
    cluster = np.repeat(np.arange(len(sizes)), sizes)
    return Clusters(np.eye(len(sizes), dtype=np.float32)[cluster])


def test_at_first_the_largest_is_first_and_the_empty_are_left_out() -> None:
    assert arrange(of_sizes(2, 0, 5, 3), live=True) == (2, 3, 0)
    assert arrange(of_sizes(0, 0), live=False) == ()


def test_nothing_moves_when_sizes_change() -> None:
    before, now = of_sizes(2, 0, 5, 3), of_sizes(9, 0, 1, 0)
    assert arrange(now, True, before, (2, 3, 0)) == (2, 3, 0)
    assert arrange(now, False, before, (2, 3, 0)) == (2, 0)


def test_while_training_runs_new_clusters_come_last() -> None:
    before, now = of_sizes(2, 0, 5, 0), of_sizes(2, 9, 5, 4)
    assert arrange(now, True, before, (2, 0)) == (2, 0, 1, 3)


def test_a_split_cluster_stands_beside_the_one_it_came_from() -> None:
    before = of_sizes(2, 3, 5)
    now = before.split(1, np.array([0, 0, 1]))
    assert arrange(now, False, before, (2, 1, 0)) == (3, 1, 2, 0)


def test_merged_clusters_stand_where_the_first_stood() -> None:
    before = of_sizes(2, 3, 5, 4)
    now = before.merged([3, 1])
    assert now.names == ("1", "3", "4")
    assert arrange(now, False, before, (2, 3, 1, 0)) == (1, 2, 0)


def test_renaming_moves_nothing() -> None:
    before = of_sizes(2, 3)
    assert arrange(before.renamed(1, "x"), False, before, (1, 0)) == (1, 0)
