"""Metrics against values that are known, or worked out the long way."""

from __future__ import annotations

import numpy as np
import pytest

from darlc import metrics
from darlc.images.statistics import standardised
from darlc.metrics import consensus_correlation


def test_agreement_of_labellings():
    truth = np.array([0, 0, 1, 1, 2, 2])
    renamed = np.array(["b", "b", "a", "a", "c", "c"])
    assert metrics.adjusted_rand(truth, renamed) == 1
    assert metrics.normalised_mutual_information(truth, renamed) == pytest.approx(1)
    crossed = np.array([0, 1, 0, 1, 0, 1])
    assert metrics.adjusted_rand(truth, crossed) < 0
    assert metrics.normalised_mutual_information(truth, crossed) == pytest.approx(0)


def test_separation_of_clusters():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 20)
    near = rng.normal(size=(40, 3))
    far = near + 20 * labels[:, None]
    assert metrics.silhouette(far, labels) > 0.8 > metrics.silhouette(near, labels)
    assert metrics.davies_bouldin(far, labels) < 0.2 < metrics.davies_bouldin(near, labels)


@pytest.mark.parametrize("labels", [np.zeros(5, dtype=int), np.arange(5)])
def test_no_separation_without_clusters(labels):
    points = np.random.default_rng(0).normal(size=(5, 2))
    assert np.isnan(metrics.silhouette(points, labels))
    assert np.isnan(metrics.davies_bouldin(points, labels))


def test_silhouette_of_many_points_is_that_of_a_fixed_sample(monkeypatch):
    monkeypatch.setattr(metrics, "MOST_PAIRED", 50)
    points = np.random.default_rng(0).normal(size=(80, 2))
    labels = (points[:, 0] > 0).astype(int)
    assert metrics.silhouette(points, labels) == metrics.silhouette(points, labels)


def test_correlation_with_the_others_of_the_cluster():
    rng = np.random.default_rng(0)
    views = rng.normal(size=(7, 30)).astype(np.float32)
    views[:4] += 2 * rng.normal(size=30)
    views[6] = 3.0
    cluster = np.array([0, 0, 0, 0, 1, 2, 2])
    soft = np.full((7, 3), 0.1)
    soft[np.arange(7), cluster] = 0.8
    z = standardised(views)
    expected = []
    for gene in range(7):
        others = np.arange(7) != gene
        consensus = soft[others, cluster[gene]] @ z[others]
        expected.append(np.corrcoef(views[gene], consensus)[0, 1] if gene < 6 else np.nan)
    np.testing.assert_allclose(consensus_correlation(views, soft), expected, rtol=1e-4)
    # A gene that is alone has no others to agree with.
    hard = np.eye(3)[cluster]
    assert list(np.isnan(consensus_correlation(views[:6], hard[:6]))) == [False] * 4 + [True] * 2
