"""Clusters of values that are not counts: found, kept between epochs, and told of other genes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from darlc.config import Config, MixtureConfig, TrainConfig
from darlc.events import Finished
from darlc.images.sgep_images import rasterize
from darlc.learn.cluster.clustering import GeneClusters
from darlc.learn.cluster.values.value_clusters import ValueClusters, gene_clusters
from darlc.learn.train.run import train
from darlc.metrics import adjusted_rand
from darlc.simulation.tissue import simulate
from darlc.simulation.without_counts import KINDS, simulate_values

CPU = torch.device("cpu")
CONFIG = Config(clusters=3, mixture=MixtureConfig(restarts=2, moves=10, starts=2))


def some(kind: str):
    """Return images of 30 genes that follow three patterns, and which."""
    adata = simulate_values(kind, 1, 30, 3, side=18, noise=0.3)
    return rasterize(adata), adata.var["pattern"].to_numpy()


def found(clusters: GeneClusters, z: np.ndarray) -> GeneClusters:
    for _ in clusters.start(z):
        pass
    return clusters


def embedding(n: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n, 5)).astype(np.float32)


@pytest.mark.parametrize("kind", KINDS)
def test_clusters_are_found_whatever_the_embedding_says(kind) -> None:
    images, truth = some(kind)
    clusters = found(ValueClusters(images, CONFIG, CPU), embedding(30))
    assert clusters.counted and clusters.membership.shape == (30, 4)
    assert adjusted_rand(truth, clusters.membership.argmax(axis=1)) > 0.5


def test_the_values_choose_who_answers() -> None:
    images, _ = some("log")
    counts = rasterize(simulate(genes=10, clusters=2, platform="st"))
    assert isinstance(gene_clusters(images, CONFIG, CPU), ValueClusters)
    assert type(gene_clusters(counts, CONFIG, CPU)) is GeneClusters
    published = gene_clusters(images, CONFIG.replace(count_weight=0.0), CPU)
    assert not published.counted and not published.patternless


def test_what_was_told_of_noise_is_kept() -> None:
    images, _ = some("proteins")
    clusters, z = found(ValueClusters(images, CONFIG, CPU), embedding(30)), embedding(30)
    clusters.follow(z)
    clusters.learn()
    again = ValueClusters(images, CONFIG, CPU)
    again.load_state_dict(clusters.state_dict())
    for each in (clusters, again):
        each.follow(z)
        each.finish()
    np.testing.assert_allclose(again.membership, clusters.membership, atol=1e-5)


def test_genes_that_draw_nothing_join_the_clusters_of_those_that_do() -> None:
    images, truth = some("metabolites")
    drawing, others = np.arange(0, 30, 2), np.arange(1, 30, 2)
    z = embedding(30)
    clusters = found(ValueClusters(images.select(drawing), CONFIG, CPU), z[drawing])
    clusters.follow(z[drawing])
    clusters.finish()
    assert list(clusters.compare_sums()) == []
    assert clusters.second_patterns(clusters.membership) is None
    membership = clusters.assign(images.select(others), z[others])
    np.testing.assert_allclose(membership.sum(axis=1), 1.0, atol=1e-5)
    labels = np.empty(30, dtype=int)
    labels[drawing] = clusters.membership.argmax(axis=1)
    labels[others] = membership.argmax(axis=1)
    assert adjusted_rand(truth, labels) > 0.6


def test_a_whole_training_of_values_finds_the_patterns() -> None:
    images, truth = some("images")
    config = Config.from_preset("quick", clusters=3)
    config = config.replace(train=TrainConfig(pretrain_epochs=1, joint_epochs=2))
    *_, last = train(images, config)
    assert isinstance(last, Finished) and last.result.stage == "assign"
    genes = images.index(list(last.result.gene_names))
    assert adjusted_rand(truth[genes], last.result.cluster) > 0.7
    assert any(name.startswith("joint/counts") for name in last.result.history)
