"""Learning the detail of patterns, where the true patterns are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from darlc.errors import TrainingError
from darlc.images.sgep_images import rasterize
from darlc.learn.cluster import patterns
from darlc.learn.cluster.count_model import CountModel
from darlc.learn.cluster.pattern_learner import PatternLearner
from darlc.learn.cluster.split_merge import CountClusters, State
from darlc.simulation.tissue import simulate

EPOCHS = 8


@pytest.fixture(scope="module")
def streaks():
    """Narrow streaks on wide tissue: patterns that are sharp in places and flat elsewhere."""
    return simulate(seed=6, genes=150, clusters=5, depth=60.0, patterns="streak")


@pytest.fixture(scope="module")
def streak_images(streaks):
    return rasterize(streaks)


@pytest.fixture
def clusters(streak_images) -> CountClusters:
    images = streak_images
    return CountClusters(CountModel(images.measured(), images.library, images.grid))


@pytest.fixture(scope="module")
def label(streaks) -> np.ndarray:
    return streaks.var["pattern"].str.removeprefix("pattern").astype(int).to_numpy() - 1


@pytest.fixture
def state(clusters, label) -> State:
    """The true clusters, with the weights and strengths that belong to them."""
    hard = torch.from_numpy(np.eye(5, dtype=np.float32)[label])
    return replace(clusters.step(clusters.start(hard)), membership=clusters.start(hard).membership)


@pytest.fixture
def learner(clusters, streak_images, config) -> PatternLearner:
    longer = replace(config.train, joint_epochs=EPOCHS)
    return PatternLearner(clusters, streak_images.grid, longer, seed=0)


def test_learnt_patterns_explain_genes_left_out_better(learner, clusters, state) -> None:
    before = clusters.evaluate(state)
    losses = [learner.epoch(state) for _ in range(EPOCHS)]
    assert losses[-1] < losses[0] < 0, "a pattern explains more than none, and ever more"
    assert clusters.evaluate(state) > before + 50


def test_learnt_patterns_are_nearer_the_truth(learner, clusters, state, streaks, label) -> None:
    """The truth is the mean of the genes' rates, each a pattern to the power of its strength."""
    member, size = state.membership[:, :-1], clusters.model.size
    rate = streaks.obsm["patterns"].T[label] ** streaks.var["strength"].to_numpy()[:, None]
    rate = torch.from_numpy(rate).float()
    rate = rate / (rate @ size / size.sum())[:, None]
    weight = member * clusters.model.information[:, None]
    true = (weight / weight.sum(dim=0)).T @ rate

    def error() -> float:
        with torch.no_grad():
            return float((clusters.model.draw(member).pattern - true).square().mean())

    before = error()
    for _ in range(EPOCHS):
        learner.epoch(state)
    assert error() < 0.95 * before


def test_leaving_out_equals_drawing_anew(learner, clusters, state) -> None:
    """Scores by brute force: the pattern of all genes but one, drawn by what was learnt."""
    learner.epoch(state)
    model, member = clusters.model, state.membership[:, :-1]
    scores = model.score(member).by_strength
    for gene in (0, 40, 149):
        others = torch.tensor([g for g in range(model.n_genes) if g != gene])
        with torch.no_grad():
            pattern = model.draw(member[others], others).pattern
            expected = model.explain(pattern, torch.tensor([gene])).by_strength[:, 0]
        torch.testing.assert_close(scores[:, gene], expected, atol=0.05, rtol=1e-4)


def test_small_shares_are_left_out_without_asking_the_filter_again(config, monkeypatch) -> None:
    """Against brute force: scores within a nat, and the same winner for every gene."""
    many = simulate(seed=3, genes=400, clusters=3, platform="st")
    images = rasterize(many)
    clusters = CountClusters(CountModel(images.measured(), images.library, images.grid))
    names, found = np.unique(many.var["pattern"].astype(str), return_inverse=True)
    start = clusters.start(torch.from_numpy(np.eye(len(names), dtype=np.float32)[found]))
    state = clusters.run(start, 3)
    learner = PatternLearner(clusters, images.grid, replace(config.train, joint_epochs=4), seed=0)
    for _ in range(4):
        learner.epoch(state)
    member = state.membership[:, :-1]
    share = clusters.model.draw(member).share
    small = (share > 3e-4) & (share <= patterns.NOTABLE)
    notable = share > patterns.NOTABLE
    assert small.sum() > 200 and notable.sum() > 5
    shortened = clusters.evidence(state), clusters.model.score(member).by_strength
    monkeypatch.setattr(patterns, "NOTABLE", 0.0)
    exact = clusters.evidence(state), clusters.model.score(member).by_strength
    error = (shortened[1] - exact[1]).abs().amax(dim=0)
    assert error[small].max() < 1.0 and error[small].median() < 0.1
    torch.testing.assert_close(shortened[1][:, notable], exact[1][:, notable])
    assert torch.equal(shortened[0].argmax(dim=1), exact[0].argmax(dim=1))
    left_in = clusters.model.explain(clusters.model.draw(member).pattern).by_strength
    assert (left_in - exact[1]).abs().amax(dim=0)[small].median() > 10 * error[small].median()


def test_the_filter_draws_for_these_clusters_only(streak_images, config, clusters) -> None:
    model = clusters.model
    learner = PatternLearner(clusters, streak_images.grid, config.train, seed=0)
    assert model.bands.detail is None, "a copy's patterns are another's business"
    assert clusters.model.bands.detail is learner.filter
    assert clusters.model.subset(torch.arange(9)).bands.detail is learner.filter


def test_it_learns_what_counts_weigh(clusters, state) -> None:
    """At half the weight, half the nats against the same mixing weights."""
    half = CountClusters(clusters.model, weight=0.5)
    some = torch.arange(0, 150, 7)
    pattern = clusters.model.draw(state.membership[:, :-1]).pattern
    scores = clusters.model.explain(pattern, some).total(state.log_strength)
    total = torch.cat([scores, clusters.model.flat[some, None]], dim=1)
    expected = torch.logsumexp(0.5 * total + state.log_weight, dim=1)
    expected = expected - 0.5 * clusters.model.flat[some]
    torch.testing.assert_close(half.gain_over_flat(state, pattern, some), expected)


def test_it_ends_an_epoch_when_asked_to(learner, state) -> None:
    asked: list[None] = []

    def stop() -> bool:
        asked.append(None)
        return len(asked) == 2

    learner.epoch(state, stop)
    assert len(asked) == 2


def test_the_same_seed_learns_the_same(streak_images, config, state) -> None:
    random = torch.random.get_rng_state()
    learnt = []
    images = streak_images
    for seed in (0, 0, 1):
        clusters = CountClusters(CountModel(images.measured(), images.library, images.grid))
        learner = PatternLearner(clusters, images.grid, config.train, seed)
        learner.epoch(state)
        learnt.append(torch.cat([part.flatten() for part in learner.filter.parameters()]))
    assert torch.equal(learnt[0], learnt[1])
    assert not torch.equal(learnt[0], learnt[2])
    assert torch.equal(random, torch.random.get_rng_state()), "others draw from it too"


def test_what_is_not_finite_stops_it(learner, clusters, state) -> None:
    clusters.model.seen[3, 5] = float("nan")
    with pytest.raises(TrainingError, match="joint"):
        learner.epoch(state)


def test_it_is_not_asked_of_few_genes_or_at_a_rate_of_zero(clusters, config) -> None:
    assert PatternLearner.wanted(clusters, config.train)
    assert not PatternLearner.wanted(clusters, replace(config.train, pattern_rate=0.0))
    few = CountClusters(clusters.model.subset(torch.arange(12)))
    assert not PatternLearner.wanted(few, config.train)
