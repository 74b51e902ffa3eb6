"""Stained images with known truth: pictures of one gene find each other whatever the staining."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage, sparse

from darlc.config import Config, DenoiseConfig, MixtureConfig, NetworkConfig, TrainConfig
from darlc.events import Finished
from darlc.images.grid import Grid
from darlc.images.sgep_images import SGEPImages
from darlc.images.statistics import standardised
from darlc.learn.encode.embedding import embed_others
from darlc.learn.train.joint_step import Learner
from darlc.learn.train.run import train
from darlc.results.result import Result

SHAPE = (12, 22)
KINDS, GENES, EACH = 8, 3, 4


@pytest.fixture(scope="module")
def stack() -> tuple[SGEPImages, np.ndarray, np.ndarray]:
    """Images, the gene of each and its kind: genes of one kind differ in a small detail only.

    Every picture is shifted by up to a pixel, stained by a power and a gain of its own, and lit
    from one side.
    """
    random = np.random.default_rng(4)
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]

    def blob(width: float) -> np.ndarray:
        y, x = random.uniform(1, SHAPE[0] - 2), random.uniform(1, SHAPE[1] - 2)
        return np.exp(-0.5 * (np.square(rows - y) + np.square(columns - x)) / width**2)

    pictures, genes, kinds = [], [], []
    for kind in range(KINDS):
        common = blob(4.0) + blob(4.0)
        for gene in range(GENES):
            pattern = 0.1 + common + 0.9 * blob(1.3)
            for _ in range(EACH):
                picture = ndimage.shift(
                    pattern, random.uniform(-1, 1, 2), order=1, mode="nearest"
                ) ** random.uniform(0.6, 1.8)
                tilt = (columns / SHAPE[1] - 0.5) * random.normal()
                light = 1.0 + np.clip(tilt, -0.6, 0.6)
                grain = 0.03 * random.random(SHAPE)
                pictures.append(random.uniform(0.3, 1.0) * light * picture + grain)
                genes.append(f"{kind}.{gene}")
                kinds.append(kind)
    mask = np.square(rows - 5.5) / 36 + np.square(columns - 10.5) / 121 < 1
    values = np.stack(pictures)[:, mask].astype(np.float32)
    names = np.array([f"picture{i}" for i in range(len(values))])
    grid = Grid(mask, np.eye(3))
    images = SGEPImages(
        sparse.csc_array(values.T), grid, names, np.arange(grid.n_pixels), values="log"
    )
    return images, np.array(genes), np.array(kinds)


def _fit(images: SGEPImages, **changes) -> Result:
    config = Config(
        clusters=KINDS,
        device="cpu",
        denoise=DenoiseConfig(width=32, heads=2, epochs=12),
        network=NetworkConfig(width=16, heads=2, depth=1, rank=4),
        mixture=MixtureConfig(restarts=2),
        train=TrainConfig(pretrain_epochs=1, joint_epochs=1, batch=64),
    )
    *_, last = train(images, config.replace(**changes))
    assert isinstance(last, Finished)
    return last.result


@pytest.fixture(scope="module")
def result(stack) -> Result:
    return _fit(stack[0])


def _precision(embedding: np.ndarray, gene: np.ndarray) -> float:
    """Mean average precision of asking with a picture for the others of its gene, by cosine."""
    unit = embedding / np.linalg.norm(embedding, axis=1, keepdims=True)
    cosine = unit @ unit.T
    np.fill_diagonal(cosine, -np.inf)
    right = gene[np.argsort(-cosine, axis=1)[:, :-1]] == gene[:, None]
    precision = np.cumsum(right, axis=1) / np.arange(1, right.shape[1] + 1)
    return float(((precision * right).sum(axis=1) / right.sum(axis=1)).mean())


def test_pictures_of_a_gene_find_each_other(stack, result) -> None:
    images, gene, _ = stack
    raw = _precision(standardised(images.measured()), gene)
    noisy = _precision(_fit(images, pixels="noisy").embedding, gene)
    clean = _precision(result.embedding, gene)
    assert clean > raw + 0.1
    assert clean > noisy + 0.1


def test_the_embedding_is_long_enough_for_details(result) -> None:
    assert result.embedding.shape[1] == 60
    assert np.isfinite(result.embedding).all()


def test_one_picture_is_embedded_again_as_it_was(stack, result) -> None:
    # Whether pixels are clean was settled by all pictures, and is remembered.
    one = stack[0].select(np.array([7]))
    again = embed_others(result.weights, result.config.network, one)
    np.testing.assert_allclose(again[0], result.embedding[7], atol=1e-3)


def test_clean_pictures_are_trained_gently(monkeypatch, stack) -> None:
    rates = []
    init = Learner.__init__

    def watch(self, network, views, config, *args):
        rates.append(config.learning_rate)
        init(self, network, views, config, *args)

    monkeypatch.setattr(Learner, "__init__", watch)
    untrained = TrainConfig(pretrain_epochs=0, joint_epochs=0, learning_rate=2e-3)
    _fit(stack[0], train=untrained)
    _fit(stack[0], train=untrained, pixels="noisy")
    assert rates == pytest.approx([2e-4, 2e-3])
