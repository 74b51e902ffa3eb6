"""The Gaussian model is a Gaussian's likelihood, and never explains a gene by itself."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import norm

from darlc.images.grid import Grid
from darlc.learn.cluster.count_model import STRENGTHS
from darlc.learn.cluster.split_merge import CountClusters
from darlc.learn.cluster.values.value_model import Noise, ValueModel, neighbour_noise
from darlc.metrics import adjusted_rand


def square(side: int) -> Grid:
    return Grid(np.ones((side, side), dtype=bool), np.eye(3), "square")


@pytest.fixture(scope="module")
def planted() -> tuple[ValueModel, np.ndarray]:
    """Return the model of 36 genes of three patterns, and the patterns (36,)."""
    grid = square(16)
    random = np.random.default_rng(0)
    y, x = np.indices((16, 16)).reshape(2, -1) / 15
    shapes = np.stack([x, y, np.cos(6 * x) * np.cos(6 * y)])
    shapes = (shapes - shapes.mean(axis=1, keepdims=True)) / shapes.std(axis=1, keepdims=True)
    truth = np.repeat(np.arange(3), 12)
    values = random.uniform(0.5, 2.0, (36, 1)) * shapes[truth] + random.normal(0, 1.5, (36, 256))
    return ValueModel((values + 5.0).astype(np.float32), grid), truth


def test_scores_are_the_gain_of_a_gaussian_likelihood(planted) -> None:
    model, _ = planted
    pattern = 1.0 + torch.randn(2, 256, generator=torch.Generator().manual_seed(1))
    scores = model.explain(pattern).by_strength
    y, deviation = model.counts.numpy(), model.variance.sqrt().numpy()[:, None]
    nothing = norm.logpdf(y, 0.0, deviation).sum(axis=1)
    for i, strength in enumerate(STRENGTHS):
        for k in range(2):
            mean = strength * (pattern[k].numpy() - 1.0)
            expected = norm.logpdf(y, mean, deviation).sum(axis=1) - nothing
            np.testing.assert_allclose(scores[i, :, k], expected, rtol=1e-3, atol=0.05)
    assert not model.flat.any()


def test_a_gene_is_scored_by_the_pattern_of_the_others(planted) -> None:
    model, truth = planted
    membership = torch.nn.functional.one_hot(torch.from_numpy(truth), 3).float()
    scores = model.score(membership).by_strength
    drawn = model.draw(membership)
    gene, cluster = torch.tensor([5]), torch.tensor([0])
    own = model.bands.without(drawn, gene, cluster, gene)
    np.testing.assert_allclose(
        scores[:, 5, 0], model.explain(own, gene).by_strength[:, 0, 0], rtol=1e-3, atol=1e-3
    )
    assert (scores[:, 5, 0] < model.explain(drawn.pattern).by_strength[:, 5, 0]).all()


def test_clusters_are_found_from_a_wrong_start(planted) -> None:
    model, truth = planted
    clusters = CountClusters(model)
    wrong = torch.nn.functional.one_hot(torch.arange(36) % 3, 3).float()
    state = clusters.best([wrong])
    for better in clusters.search(state, 10):
        state = better
    assert adjusted_rand(truth, state.membership.argmax(dim=1).numpy()) > 0.9


def test_unit_and_zero_of_a_gene_do_not_matter(planted) -> None:
    grid, random = square(12), np.random.default_rng(2)
    values = random.normal(size=(6, 144)).astype(np.float32)
    other = values * random.uniform(0.1, 9.0, (6, 1)) + random.normal(size=(6, 1))
    one, same = ValueModel(values, grid), ValueModel(other.astype(np.float32), grid)
    np.testing.assert_allclose(one.counts, same.counts, atol=1e-3)
    np.testing.assert_allclose(one.variance, same.variance, rtol=1e-3)


def test_genes_that_draw_nothing_are_scaled_like_those_that_do(planted) -> None:
    model, _ = planted
    again = model.of_others(model.counts.numpy())
    np.testing.assert_allclose(again.counts, model.counts, atol=1e-4)
    np.testing.assert_allclose(again.variance, model.variance, rtol=1e-3)
    some = model.subset(torch.tensor([3, 7]))
    np.testing.assert_array_equal(some.counts, model.counts[[3, 7]])


def test_neighbours_tell_the_noise_of_smooth_genes() -> None:
    grid, random = square(40), np.random.default_rng(3)
    y, x = np.indices((40, 40)).reshape(2, -1) / 39
    smooth = np.stack([np.sin(3 * x), y, np.zeros_like(x)])
    deviation = np.array([0.5, 1.0, 2.0])
    values = smooth + deviation[:, None] * random.normal(size=smooth.shape)
    np.testing.assert_allclose(neighbour_noise(values, grid), deviation**2, rtol=0.1)
    alone = Grid(np.array([[True, False, True]]), np.eye(3), "square")
    np.testing.assert_allclose(neighbour_noise(np.array([[1.0, 3.0]]), alone), 1.0)


def test_halves_share_the_signal_and_not_the_noise() -> None:
    grid, random = square(40), np.random.default_rng(4)
    noise = random.normal(size=(8, 1600)).astype(np.float32)
    model = ValueModel(noise, grid, Noise.white(1600))
    one, other = model.halves(0)
    together = np.mean(one.counts.numpy() * other.counts.numpy(), axis=1)
    within = np.mean(np.square(one.counts.numpy()), axis=1)
    assert np.abs(together / within).max() < 0.1


def test_noise_alone_does_not_look_like_a_pattern(planted) -> None:
    model, _ = planted
    random = np.random.default_rng(6)
    alone = ValueModel(random.normal(size=(20, 256)).astype(np.float32), model.grid)
    assert alone.variance.min() > 2.0 and model.variance.median() < 2.0
    # Its best strength under a pattern that it has nothing to do with gains next to nothing.
    chance = alone.explain(1.0 + torch.from_numpy(model.counts.numpy()[:1])).by_strength
    assert chance.amax(dim=0).median() < 2.0
