"""Typical genes are sure of their cluster and look like it."""

from __future__ import annotations

import numpy as np

from darlc.explore.representatives import representatives
from darlc.results.clusters import Clusters


def test_the_surest_and_most_alike_come_first() -> None:
    rng = np.random.default_rng(0)
    patterns = rng.normal(size=(3, 50))
    truth = np.array([0, 0, 0, 0, 1, 1, 2])
    noise = np.array([0.1, 2.0, 0.1, 0.5, 0.3, 0.1, 0.2])
    sure = np.array([0.9, 0.9, 0.5, 0.9, 0.8, 0.8, 0.6])
    views = 7 + 4 * (patterns[truth] + noise[:, None] * rng.normal(size=(7, 50)))
    membership = np.tile((1 - sure[:, None]) / 2, 3)
    membership[np.arange(7), truth] = sure
    found = representatives(views, Clusters(membership.astype(np.float32)), patterns)
    # Gene 2 looks like its cluster but is unsure, gene 1 is sure but looks different.
    assert found.tolist() == [[0, 3, 2], [5, 4, -1], [6, -1, -1]]
    one = representatives(views, Clusters(membership.astype(np.float32)), patterns, n=1)
    assert one.tolist() == [[0], [5], [6]]


def test_clusters_without_genes_have_none() -> None:
    membership = np.array([[0.1, 0.9, 0.0], [0.2, 0.8, 0.0]], dtype=np.float32)
    patterns = np.full((3, 4), np.nan)
    patterns[1] = [1, 2, 3, 4]
    found = representatives(
        np.array([[1.0, 2, 3, 4], [4, 3, 2, 1]]), Clusters(membership), patterns
    )
    assert found.tolist() == [[-1] * 3, [0, 1, -1], [-1] * 3]
    nobody = Clusters(np.empty((0, 2), dtype=np.float32))
    assert representatives(np.empty((0, 4)), nobody, patterns[:2]).tolist() == [[-1] * 3] * 2


def test_only_the_surest_of_many_are_compared() -> None:
    membership = np.linspace(1, 0.6, 100, dtype=np.float32)[:, None]
    views = np.random.default_rng(0).normal(size=(100, 20))
    pattern = views[[60]]
    # Gene 60 looks exactly like the pattern, but many are surer.
    assert 60 not in representatives(views, Clusters(membership), pattern)
