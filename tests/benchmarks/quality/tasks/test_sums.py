"""The benchmark of genes of two patterns: how answers are matched with the truth."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from benchmarks.quality.tasks import sums


def test_clusters_are_named_by_most_of_their_pure_genes() -> None:
    result = SimpleNamespace(n_clusters=3, cluster=np.array([0, 0, 0, 1, 1, 2]))
    pattern = np.array(["a", "b", "b", "c", "a", "c"])
    pure = np.array([True, True, True, False, True, False])
    assert sums.main_patterns(result, pattern, pure).tolist() == ["b", "a", "", ""]
