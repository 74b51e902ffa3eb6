"""Clusters keep their numbers while training finds better ones."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from darlc.learn.cluster.numbering import matched


def one_hot(labels, k: int) -> np.ndarray:
    return np.eye(k, dtype=np.float32)[np.asarray(labels)]


@given(st.integers(1, 8), st.integers(0, 2**16))
def test_the_same_clusters_in_another_order_get_their_numbers_back(k: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    before = one_hot(np.concatenate([np.arange(k), random.integers(k, size=40)]), k)
    after = before[:, random.permutation(k)]
    np.testing.assert_array_equal(after[:, matched(before, after)], before)


@given(st.integers(1, 8), st.integers(1, 8), st.integers(0, 2**16))
def test_every_cluster_gets_one_number(k: int, n: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    before, after = random.dirichlet(np.ones(k), 30), random.dirichlet(np.ones(n), 30)
    assert sorted(matched(before, after)) == list(range(n))


def test_where_one_is_gone_only_the_last_moves_into_its_place() -> None:
    before = one_hot([0, 0, 1, 1, 2, 2, 3, 3], 4)
    after = one_hot([0, 0, 2, 2, 2, 2, 1, 1], 3)
    assert list(matched(before, after)) == [0, 2, 1] or list(matched(before, after)) == [0, 1, 2]
    kept = after[:, matched(before, after)].argmax(axis=1)
    assert list(kept[:2]) == [0, 0]
    gone = before[:, [0, 2, 3]]  # the second has no gene any more
    assert list(gone[:, matched(before, gone)].argmax(axis=1)[[0, 4, 6]]) == [0, 2, 1]


def test_new_ones_come_last_the_largest_first() -> None:
    before = one_hot([0, 0, 0, 1, 1, 1, 1, 1, 1], 2)
    after = one_hot([3, 3, 3, 1, 1, 1, 0, 2, 2], 4)
    order = matched(before, after)
    assert list(order) == [3, 1, 2, 0]


def test_where_none_is_left_there_is_no_order() -> None:
    assert matched(one_hot([0, 1, 1], 2), np.empty((3, 0))).shape == (0,)
