"""A cluster falls where its genes' embeddings do."""

from __future__ import annotations

import numpy as np
import pytest

from darlc.explore.parts.two_means import two_means


def test_two_directions_are_told_apart_whatever_the_lengths() -> None:
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1], [20, 8])[rng.permutation(28)]
    direction = np.where(truth[:, None] == 0, [3.0, 1.0, 0.0], [0.0, 1.0, 3.0])
    lengths = rng.uniform(0.2, 5, (28, 1))
    embedding = lengths * (direction + rng.normal(0, 0.1, (28, 3)))
    # 1 is the smaller half.
    np.testing.assert_array_equal(two_means(embedding), truth)
    np.testing.assert_array_equal(two_means(embedding), two_means(embedding))


@pytest.mark.parametrize("n", [0, 1, 5])
def test_what_is_all_alike_stays_together(n: int) -> None:
    parts = two_means(np.outer(np.arange(1, n + 1), [1.0, 2.0]))
    assert parts.tolist() == [0] * n and parts.dtype == np.int64


def test_two_genes_are_two_halves() -> None:
    assert sorted(two_means(np.eye(2))) == [0, 1]
