"""The search for clusters: whichever counts it is given."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import adjusted_rand_score

from darlc.learn.cluster.clustering import count_model
from darlc.learn.cluster.search import ClusterSearch
from darlc.learn.cluster.section_counts import SectionCounts
from darlc.learn.cluster.split_merge import CountClusters
from darlc.learn.tasks import InProcess


@pytest.fixture(scope="module")
def z(truth) -> np.ndarray:
    _, label = np.unique(truth.astype(str), return_inverse=True)
    noise = np.random.default_rng(0).normal(0, 0.4, (len(label), 6))
    return (3 * np.eye(6)[label] + noise).astype(np.float32)


def test_without_counts_it_is_the_mixture(z, truth, config) -> None:
    search = ClusterSearch(len(z), config.replace(clusters=4), torch.device("cpu"), None)
    assert list(search.start(z)) == [0] and search.n_steps == 1
    assert not search.counted and not search.patternless
    assert adjusted_rand_score(truth, search.membership.argmax(axis=1)) > 0.9
    np.testing.assert_allclose(search.mixture.predict_proba(z), search.membership, atol=1e-3)


def test_counts_of_the_same_tissue_twice_find_what_it_shows(z, truth, config, images) -> None:
    def count(soft: np.ndarray) -> CountClusters:
        models = [count_model(images, soft, "cpu") for _ in range(2)]
        return CountClusters(SectionCounts(models, InProcess()))

    search = ClusterSearch(len(z), config, torch.device("cpu"), count)
    for _ in search.start(z):
        assert np.isfinite(search.membership).all()
    assert search.patternless
    assert adjusted_rand_score(truth, search.membership.argmax(axis=1)) > 0.9
    clusters, state = search.found
    assert clusters.model.n_genes == len(z) == len(state.membership)
