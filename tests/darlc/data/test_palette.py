"""Colours tell clusters apart."""

from __future__ import annotations

import numpy as np
import pytest

from darlc.data.palette import cluster_colours


@pytest.mark.parametrize("n", [0, 1, 12, 13, 40])
def test_colours_are_many_valid_and_distinct(n: int) -> None:
    colours = cluster_colours(n)
    assert len(set(colours)) == n
    rgb = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in colours]).reshape(-1, 3)
    distance = np.linalg.norm(rgb[:, None] - rgb[None], axis=2) + 1e3 * np.eye(n)
    assert n < 2 or distance.min() > 15


def test_more_clusters_do_not_change_the_first_ones() -> None:
    assert cluster_colours(30)[:12] == cluster_colours(12)
