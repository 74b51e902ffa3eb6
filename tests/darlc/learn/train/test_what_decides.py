"""What decides what in a result, as docs/method/what_decides.md says.

Training has the initial values that users get, at the numbers of epochs of ``standard``. When a
test fails, the page needs other words.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from darlc.config import Config
from darlc.events import Finished
from darlc.images.sgep_images import SGEPImages
from darlc.learn.cluster.clustering import GeneClusters
from darlc.learn.train.run import train
from darlc.results.result import Result


def fitted(images: SGEPImages, config: Config, epochs: tuple[int, int]) -> Result:
    settings = replace(config.train, pretrain_epochs=epochs[0], joint_epochs=epochs[1])
    *_, last = train(images, config.replace(train=settings))
    assert isinstance(last, Finished)
    return last.result


@pytest.fixture(scope="module", params=[1.0, 0.0], ids=["counts", "without"])
def pair(request: pytest.FixtureRequest, images, config) -> tuple[float, Result, Result]:
    """Return the weight of counts, and results that are trained and untrained."""
    config = config.replace(count_weight=request.param)
    usual = Config.from_preset("standard").train
    epochs = (usual.pretrain_epochs, usual.joint_epochs)
    return request.param, fitted(images, config, epochs), fitted(images, config, (0, 0))


def cosines(one: Result, other: Result) -> np.ndarray:
    first, second = (
        each.embedding / np.linalg.norm(each.embedding, axis=1, keepdims=True)
        for each in (one, other)
    )
    return (first * second).sum(axis=1)


def test_the_encoder_moves_the_embedding_a_little(pair) -> None:
    """Were it not for the encoder and the read-out, nothing would move."""
    _, trained, untrained = pair
    moved = 1.0 - cosines(trained, untrained)
    assert 2e-4 < moved.mean() < 0.02, "the page says: it moves it a little"


def test_clusters_are_those_of_the_counts_or_of_the_mixture(pair) -> None:
    weight, trained, untrained = pair
    if weight:
        # Whatever the encoder learnt, at most one label in fifty is another.
        assert (trained.cluster == untrained.cluster).mean() >= 0.98
        return
    away = np.linalg.norm(trained.embedding[:, None] - trained.mixture["mean"][None], axis=2)
    assert (away.argmin(axis=1) == trained.cluster).mean() > 0.9


def test_counts_decide_against_a_wrong_embedding(images, config) -> None:
    """The vote has the weight of one dimension."""
    right = fitted(images, config, (0, 0)).embedding
    clusters = GeneClusters(images, config, torch.device("cpu"))
    list(clusters.start(right))
    before = clusters.membership.argmax(axis=1)
    clusters.follow(np.random.default_rng(0).permutation(right))
    assert (clusters.membership.argmax(axis=1) == before).mean() >= 0.98
