"""A study's clusters in the training of one section."""

from __future__ import annotations

import numpy as np

import darlc
from darlc.learn.cluster.mixture.student_t import StudentMixture
from darlc.learn.study.known_clusters import KnownClusters


def test_memberships_stay_and_the_mixture_follows_embeddings() -> None:
    random = np.random.default_rng(0)
    label = random.integers(0, 3, 60)
    membership = np.eye(3, dtype=np.float32)[label]
    z = (4.0 * np.eye(3)[label] + random.normal(size=(60, 3))).astype(np.float32)
    others = np.array([[0.1, 0.2, 0.7], [0.8, 0.1, 0.1]], dtype=np.float32)
    names = np.array(["gene2", "gene1"])
    clusters = KnownClusters(membership, others, names, StudentMixture(3), True)
    clusters.follow(z)
    assert (clusters.mixture.predict(z) == label).mean() > 0.95
    assert list(clusters.settle(z, 6)) == [0]
    assert clusters.finish() == 0 and clusters.learn() == {}
    np.testing.assert_array_equal(clusters.membership, membership)
    images = darlc.rasterize(darlc.simulate(genes=4, clusters=2, platform="st"))
    images = images.select(images.index(["gene1", "gene2"]))
    np.testing.assert_array_equal(clusters.assign(images, z[:2]), others[::-1])
