"""Memberships of genes: what is tempered, ordered and left out at the end."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.metrics import adjusted_rand_score

from darlc.learn.cluster.clustering import GeneClusters
from darlc.learn.cluster.library import log_likelihood
from darlc.learn.cluster.numbering import matched


@pytest.fixture(scope="module")
def found(images, config, truth) -> GeneClusters:
    """Clusters of embeddings that tell the patterns apart."""
    random = np.random.default_rng(0)
    _, label = np.unique(truth.astype(str), return_inverse=True)
    z = 3 * np.eye(6)[label] + random.normal(0, 0.4, (len(label), 6))
    fitted = GeneClusters(images, config, torch.device("cpu"))
    list(fitted.start(z.astype(np.float32)))
    return fitted


@pytest.fixture
def clusters(found) -> GeneClusters:
    """The same, for a test that goes on with them."""
    return deepcopy(found)


def test_the_last_column_is_the_group_without_a_pattern(clusters, truth) -> None:
    assert clusters.patternless and clusters.membership.shape[1] == 5
    np.testing.assert_allclose(clusters.membership.sum(axis=1), 1, atol=1e-5)
    label = clusters.membership.argmax(axis=1)
    assert adjusted_rand_score(truth, label) > 0.9
    size = np.bincount(label, minlength=5)[:4]
    assert (np.diff(size) <= 0).all(), "the largest cluster comes first"


def test_votes_of_one_epoch_do_not_add_to_those_of_the_last(clusters) -> None:
    z = np.random.default_rng(1).normal(size=(160, 6)).astype(np.float32)
    clusters.follow(z)
    once = clusters.membership
    clusters.follow(-z)
    clusters.follow(z)
    np.testing.assert_allclose(clusters.membership, once, atol=1e-5)


def test_patterns_are_learnt_only_once_there_are_memberships(clusters) -> None:
    assert clusters.learn() == {}
    z = np.random.default_rng(1).normal(size=(160, 6)).astype(np.float32)
    clusters.follow(z)
    memberships = []
    for _ in range(2):
        assert set(clusters.learn()) == {"counts"}
        clusters.follow(z)
        memberships.append(clusters.membership)
    assert not np.allclose(*memberships, atol=1e-5), "the second epoch learnt nothing"


def test_finishing_tempers_and_leaves_out_the_empty(clusters) -> None:
    sharp = np.full((160, 5), 0.002, dtype=np.float32)
    sharp[np.arange(160), np.arange(160) % 3] = 0.992
    clusters.membership = sharp
    assert clusters.finish() == 1, "the group without a pattern goes unmentioned"
    assert clusters.membership.shape == (160, 3) and not clusters.patternless
    assert clusters.mixture.n_components == 3
    np.testing.assert_allclose(clusters.membership.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(clusters.membership.argmax(axis=1), np.arange(160) % 3)
    assert 0.9 < clusters.membership.max() < 0.992, "less sure than the likelihood"


def test_second_patterns_are_columns_of_the_final_memberships(images, clusters, truth) -> None:
    """Clusters that came out empty are gone from them, wherever they stood."""
    n = clusters.membership.shape[1] - 1
    # The first cluster loses its genes to the second, and the last one takes its number.
    sharp = clusters.membership.copy()
    sharp[:, 1] += sharp[:, 0]
    sharp[:, 0] = 0
    clusters.membership = sharp
    assert clusters.second_patterns(sharp) is None, "nothing was compared yet"
    assert clusters.finish() == 1
    final = clusters.membership.copy()
    assert list(clusters.compare_sums())[-1] == (final.argmax(axis=1) < n - 1).sum()
    second = clusters.second_patterns(clusters.membership)
    assert second is not None
    np.testing.assert_array_equal(clusters.membership, final)
    own = final.argmax(axis=1)
    has = second.cluster >= 0
    np.testing.assert_array_equal(has, own < n - 1)
    assert set(second.cluster[has]) <= set(range(n - 1))
    assert (second.cluster != own)[has].all()
    assert ((second.share[has] >= 0.1) & (second.share[has] <= 0.5)).all()
    again = clusters.second_patterns(final[::20], images.select(np.arange(0, 160, 20)))
    assert again is not None and len(again.cluster) == 8
    assert (again.cluster != own[::20]).all()


@pytest.mark.parametrize("asked", [6, "auto"])
def test_numbers_stay_while_the_search_goes_on_and_at_its_end(images, config, truth, asked) -> None:
    clusters = GeneClusters(images, config.replace(clusters=asked), torch.device("cpu"))
    _, label = np.unique(truth.astype(str), return_inverse=True)
    noise = np.random.default_rng(0).normal(0, 1, (len(label), 6))
    z = (3 * np.eye(6)[label] + noise).astype(np.float32)
    before = None
    for _ in clusters.start(z):
        now = clusters.membership
        if before is not None and before.shape == now.shape:
            order = matched(before[:, :-1], now[:, :-1])
            np.testing.assert_array_equal(order, np.arange(len(order)))
        before = now
    full = clusters.membership.argmax(axis=1)
    clusters.finish()
    ended = clusters.membership.argmax(axis=1)
    assert clusters.membership.shape[1] == len(np.unique(ended))
    stays = full < clusters.membership.shape[1] - 1
    kept = [len(set(full[ended == k])) == 1 for k in range(clusters.membership.shape[1])]
    assert all(kept) and (full[stays] == ended[stays]).mean() > 0.9


def test_without_counts_there_is_no_such_group(images, config) -> None:
    fitted = GeneClusters(images, config.replace(count_weight=0.0), torch.device("cpu"))
    z = np.random.default_rng(0).normal(size=(160, 6)).astype(np.float32)
    list(fitted.start(z))
    assert not fitted.patternless and fitted.membership.shape[1] == 4
    fitted.follow(z)
    assert fitted.learn() == {}
    fitted.finish()
    assert list(fitted.compare_sums()) == []
    assert fitted.second_patterns(fitted.membership) is None


def test_patterns_stay_the_wiener_filters_at_a_rate_of_zero(images, config) -> None:
    still = replace(config.train, pattern_rate=0.0)
    fitted = GeneClusters(images, config.replace(train=still), torch.device("cpu"))
    z = np.random.default_rng(0).normal(size=(160, 6)).astype(np.float32)
    list(fitted.start(z))
    fitted.follow(z)
    before = fitted.membership
    assert fitted.learn() == {}
    fitted.follow(z)
    np.testing.assert_array_equal(fitted.membership, before)


def test_the_likeliest_of_several_starts_is_kept(images, config, truth) -> None:
    """The linear embedding says nothing here, and the other one tells the patterns apart."""
    random = np.random.default_rng(0)
    _, label = np.unique(truth.astype(str), return_inverse=True)
    nothing = random.normal(size=(len(label), 6)).astype(np.float32)
    telling = (3 * np.eye(6)[label] + random.normal(0, 0.4, nothing.shape)).astype(np.float32)
    settings = replace(config.mixture, moves=0, starts=4)
    four = GeneClusters(images, config.replace(mixture=settings), torch.device("cpu"))
    list(four.start(nothing, others=[telling]))
    assert adjusted_rand_score(truth, four.membership.argmax(axis=1)) > 0.9
    two = replace(settings, starts=2)
    without = GeneClusters(images, config.replace(mixture=two), torch.device("cpu"))
    list(without.start(nothing, others=[telling]))
    likelihood = [log_likelihood(*clusters.found) for clusters in (four, without)]
    assert likelihood[0] > likelihood[1]


def test_a_search_that_is_stopped_early_has_clusters(images, config) -> None:
    z = np.random.default_rng(0).normal(size=(160, 6)).astype(np.float32)
    for starts in (1, 4):
        settings = config.replace(mixture=replace(config.mixture, starts=starts))
        fitted = GeneClusters(images, settings, torch.device("cpu"))
        list(fitted.start(z, lambda: True, [z]))
        np.testing.assert_allclose(fitted.membership.sum(axis=1), 1, atol=1e-5)
        assert fitted.found[1].objective > -np.inf, "EM ran from the first start"
