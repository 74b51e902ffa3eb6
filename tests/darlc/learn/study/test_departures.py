"""Which genes keep their cluster: against sums over all possibilities, and known truth."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from darlc.learn.study.departures import Prior, departures, estimate, unexplained

_CLUSTERS, _SECTIONS = 3, 3


def scores(seed: int, genes: int = 4, spread: float = 3.0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return spread * torch.randn(_SECTIONS, genes, _CLUSTERS, generator=generator)


def prior(seed: int, constancy: float = 0.8) -> Prior:
    generator = torch.Generator().manual_seed(seed)
    weight = torch.log_softmax(torch.randn(_CLUSTERS, generator=generator), dim=0)
    return Prior.of(weight, constancy)


@pytest.mark.parametrize("seed", range(3))
def test_posteriors_are_those_of_all_possibilities(seed) -> None:
    given_scores, before = scores(seed), prior(seed)
    found = departures(given_scores, before)
    weight, pair = before.log_weight.exp().double(), before.log_pair.exp().double()
    for gene in range(given_scores.shape[1]):
        likelihood = given_scores[:, gene].double().exp()
        # By cluster of the study and clusters that the sections follow.
        joint: dict[tuple[int, tuple[int, ...]], float] = {}
        for k in range(_CLUSTERS):
            own = before.constancy * weight[k] * likelihood[:, k].prod()
            joint[k, (k,) * _SECTIONS] = joint.get((k, (k,) * _SECTIONS), 0.0) + float(own)
            for j in set(range(_CLUSTERS)) - {k}:
                for followed in itertools.product((k, j), repeat=_SECTIONS):
                    if len(set(followed)) == 1:
                        continue
                    chance = (1 - before.constancy) * pair[k, j] / (2**_SECTIONS - 2)
                    for s, each in enumerate(followed):
                        chance = chance * likelihood[s, each]
                    joint[k, followed] = joint.get((k, followed), 0.0) + float(chance)
        total = sum(joint.values())
        section = np.zeros((_SECTIONS, _CLUSTERS))
        for (_, followed), chance in joint.items():
            for s, each in enumerate(followed):
                section[s, each] += chance / total
        # The first section weighs more, so that it decides between equals.
        membership = np.average(section, axis=0, weights=[1.5, 1.0, 1.0])
        best = int(membership.argmax())
        somewhere = sum(c for (_, f), c in joint.items() if best in f) / total
        keeps = section[:, best] / somewhere
        np.testing.assert_allclose(found.membership[gene], membership, atol=1e-3)
        np.testing.assert_allclose(found.in_section[:, gene], section, atol=1e-5)
        np.testing.assert_allclose(found.keeps[gene], keeps, atol=1e-5)
        np.testing.assert_allclose(found.log_evidence[gene], np.log(total), atol=1e-4)


@settings(deadline=None)
@given(st.integers(0, 50), st.permutations(range(_SECTIONS)))
def test_the_order_of_sections_does_not_matter(seed, order) -> None:
    one, other = (departures(each, prior(seed)) for each in (scores(seed), scores(seed)[order]))
    torch.testing.assert_close(one.in_section[order], other.in_section)
    torch.testing.assert_close(one.log_evidence, other.log_evidence)


def test_a_changing_gene_has_the_cluster_of_most_sections_or_of_the_first() -> None:
    most = torch.full((_SECTIONS, 2, _CLUSTERS), -20.0)
    for gene, followed in enumerate([(1, 2, 2), (2, 1, 1)]):
        most[range(_SECTIONS), gene, followed] = 0.0
    before = Prior.of(torch.zeros(_CLUSTERS) - np.log(_CLUSTERS), 0.5)
    assert departures(most, before).membership.argmax(dim=1).tolist() == [2, 1]
    tie = departures(most[:2], before)
    assert tie.membership.argmax(dim=1).tolist() == [1, 2]
    np.testing.assert_allclose(tie.keeps, [[1, 0], [1, 0]], atol=0.01)
    # Although the second section is surer of what it says.
    unsure = most[:2].clone()
    unsure[0, 0] = torch.tensor([-20.0, 0.0, -4.0])
    assert int(departures(unsure, before).membership[0].argmax()) == 1


def test_a_gene_does_not_keep_a_pattern_that_is_missing() -> None:
    # Two clusters and none; the first has no pattern in section 1, where it is as good as none.
    values = torch.full((_SECTIONS, 3, _CLUSTERS), -20.0)
    values[:, 0, 0] = values[:, 1, 1] = values[:, 2, 2] = 0.0
    values[1, 0] = torch.tensor([-0.1, -20.0, 0.0])
    values[1, 2] = torch.tensor([-0.3, -20.0, 0.0])
    everywhere = Prior.of(torch.zeros(_CLUSTERS) - np.log(_CLUSTERS), 0.9)
    assert (departures(values, everywhere).keeps > 0.8).all()
    present = torch.ones(_SECTIONS, _CLUSTERS)
    present[1, 0] = 0.0
    found = departures(values, replace(everywhere, present=present))
    assert found.membership.argmax(dim=1).tolist() == [0, 1, 2]
    np.testing.assert_allclose(found.keeps, [[1, 0, 1], [1, 1, 1], [1, 1, 1]], atol=0.01)
    # Its cluster is the same all the same, and its patterns are drawn from the same genes.
    assert found.follows[1, 0].argmax() == 0 and found.in_section[1, 0].argmax() == 2
    torch.testing.assert_close(found.in_section.sum(dim=2), torch.ones(_SECTIONS, 3))


def draw(genes: int, changing: int, evidence: float) -> tuple[torch.Tensor, np.ndarray]:
    """Return scores of genes, of which the first ``changing`` follow another in section 2."""
    random = np.random.default_rng(0)
    label = random.integers(0, _CLUSTERS, genes)
    followed = np.repeat(label[None], _SECTIONS, axis=0)
    followed[2, :changing] = (label[:changing] + 1) % _CLUSTERS
    values = random.normal(size=(_SECTIONS, genes, _CLUSTERS))
    values[np.arange(_SECTIONS)[:, None], np.arange(genes)[None], followed] += evidence
    return torch.from_numpy(values.astype(np.float32)), label


def test_the_share_of_constant_genes_is_found() -> None:
    for changing in (0, 30, 120):
        values, label = draw(300, changing, 12.0)
        after = estimate(values, Prior.of(torch.zeros(_CLUSTERS) - np.log(_CLUSTERS)), 30)
        found = departures(values, after)
        assert abs(after.constancy - (1 - changing / 300)) < 0.05
        assert (found.membership.argmax(dim=1).numpy() == label).mean() > 0.98
        changed = found.keeps[:, 2].numpy() < 0.5
        assert changed[:changing].mean() > 0.9 if changing else not changed.any()
        assert changed[changing:].mean() < 0.02


def test_sections_that_say_nothing_are_not_called_changes() -> None:
    values, _ = draw(200, 60, 12.0)
    values[2] *= 0.0
    after = estimate(values, Prior.of(torch.zeros(_CLUSTERS) - np.log(_CLUSTERS)))
    assert (departures(values, after).keeps[:, 2] > 0.5).all()


def test_a_cluster_that_two_others_explain_is_removed_and_no_other() -> None:
    values, _ = draw(300, 60, 60.0)
    # The genes that change have a cluster of their own, which is like one and then like another.
    own = torch.full_like(values[:, :, :1], -30.0)
    own[:, :60, 0] = values[:, :60].max(dim=2).values
    flat = torch.full_like(own, -40.0)
    four = torch.cat([own, values, flat], dim=2)
    before = estimate(four, Prior.of(torch.zeros(5) - np.log(5.0)))
    assert unexplained(four, before)[0].tolist() == [1, 2, 3, 4]
    three = torch.cat([values, flat], dim=2)
    before = estimate(three, Prior.of(torch.zeros(4) - np.log(4.0)))
    left, prior_left = unexplained(three, before)
    assert left.tolist() == [0, 1, 2, 3] and prior_left is before
