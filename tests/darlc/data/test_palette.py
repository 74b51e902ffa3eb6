"""Colours tell clusters apart."""

from __future__ import annotations

import numpy as np
import pytest

from darlc.data.palette import NO_PATTERN, cluster_colours, cluster_names


@pytest.mark.parametrize("n", [0, 1, 12, 13, 40])
def test_colours_are_many_valid_and_distinct(n: int) -> None:
    colours = cluster_colours(n)
    assert len(set(colours)) == n
    rgb = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in colours]).reshape(-1, 3)
    distance = np.linalg.norm(rgb[:, None] - rgb[None], axis=2) + 1e3 * np.eye(n)
    assert n < 2 or distance.min() > 15


def test_more_clusters_do_not_change_the_first_ones() -> None:
    assert cluster_colours(30)[:12] == cluster_colours(12)


def test_the_group_without_a_pattern_comes_last_and_is_grey() -> None:
    assert cluster_names(4, patternless=True) == ("1", "2", "3", NO_PATTERN)
    colours = cluster_colours(4, patternless=True)
    assert colours[:3] == cluster_colours(3)
    assert len({colours[3][i : i + 2] for i in (1, 3, 5)}) == 1
