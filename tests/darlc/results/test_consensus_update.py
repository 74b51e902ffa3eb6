"""Patterns that were carried over an edit are those that would be found anew."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from darlc.results.clusters import Clusters
from darlc.results.consensus_update import updated_consensus
from darlc.results.result import consensus_pattern

rng = np.random.default_rng(0)
VIEWS = rng.normal(2, 3, (60, 30)).astype(np.float16)
#: Soft memberships, and a last cluster that is nearly empty and has no pattern.
MEMBERSHIP = np.hstack([rng.dirichlet([0.5] * 4, 60), np.zeros((60, 1))]).astype(np.float32)


def half(clusters: Clusters, column: int) -> np.ndarray:
    return np.arange(clusters.sizes[column]) % 2


@pytest.mark.parametrize(
    "edit",
    [
        lambda c: c.renamed(1, "x"),
        lambda c: c.merged([3, 1]),
        lambda c: c.merged([0, 4]),
        lambda c: c.merged([0, 1, 2, 3]),
        lambda c: c.split(2, half(c, 2)),
        lambda c: c.shown(1, False),
    ],
)
def test_as_if_found_anew(edit: Callable[[Clusters], Clusters]) -> None:
    before = Clusters(MEMBERSHIP)
    after = edit(before)
    patterns = consensus_pattern(VIEWS, before.membership)
    expected = consensus_pattern(VIEWS, after.membership)
    found = updated_consensus(patterns, before, after, VIEWS)
    assert found is not None and found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    assert np.isnan(patterns[4]).all()


def test_splitting_is_taken_back() -> None:
    before = Clusters(MEMBERSHIP)
    split = before.split(0, half(before, 0))
    patterns = consensus_pattern(VIEWS, split.membership)
    found = updated_consensus(patterns, split, before, VIEWS)
    assert found is not None
    expected = consensus_pattern(VIEWS, before.membership)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_only_the_genes_that_were_split_off_are_read() -> None:
    before = Clusters(MEMBERSHIP)
    after = before.split(2, half(before, 2))
    moved = after.membership[:, 3] > 0
    views = np.where(moved[:, None], VIEWS, np.nan)
    found = updated_consensus(consensus_pattern(VIEWS, MEMBERSHIP), before, after, views)
    assert found is not None and np.isfinite(found[:5]).all()


def test_what_is_no_edit_is_not_carried() -> None:
    before, patterns = Clusters(MEMBERSHIP), consensus_pattern(VIEWS, MEMBERSHIP)
    assert updated_consensus(patterns, before, Clusters(MEMBERSHIP[::-1]), VIEWS) is None
    merged = before.merged([0, 1])
    # Every gene has some of both clusters: to part them again takes all views.
    assert (
        updated_consensus(consensus_pattern(VIEWS, merged.membership), merged, before, VIEWS)
        is None
    )
