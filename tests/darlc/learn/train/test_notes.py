"""Sentences on what the counts decided."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from darlc.learn.train.notes import on_clusters, on_sums
from darlc.results.second_patterns import SecondPatterns


def test_it_says_how_many_clusters_were_compared_and_who_follows_none() -> None:
    membership = np.eye(3, dtype=np.float32)[[0, 1, 2, 2]]
    clusters = SimpleNamespace(curve={2: 1.0, 3: 2.0}, patternless=True, membership=membership)
    assert list(on_clusters(clusters)) == [
        "3 clusters explain the counts best of 2 numbers compared.",
        "2 genes follow no pattern and form a group of their own.",
    ]
    assert next(on_clusters(clusters, "values")).startswith("3 clusters explain the values best")
    assert list(on_clusters(SimpleNamespace(curve={}, patternless=False))) == []


def test_it_says_how_many_genes_are_sums() -> None:
    def sums(*probability: float) -> SecondPatterns:
        n = len(probability)
        return SecondPatterns(np.zeros(n, int), np.full(n, 0.3), np.array(probability))

    assert list(on_sums(None)) == [] == list(on_sums(sums(0.1, 0.7)))
    assert list(on_sums(sums(0.9, 0.1))) == [
        "1 gene of those that drew patterns is a sum of two patterns."
    ]
    assert list(on_sums(sums(0.9, 0.95))) == [
        "2 genes of those that drew patterns are sums of two patterns."
    ]
