"""Counts of several sections: the sum of what each says."""

from __future__ import annotations

import pytest
import torch

import darlc
from darlc.learn.cluster.count_model import FINE, CountModel
from darlc.learn.cluster.section_counts import SectionCounts, background, bounded_sum
from darlc.learn.cluster.split_merge import CountClusters
from darlc.learn.tasks import InProcess


@pytest.fixture(scope="module")
def models() -> list[CountModel]:
    study = darlc.simulate_study(3, sections=2, genes=30, clusters=3, platforms="st")
    images = [darlc.rasterize(adata) for adata in study.values()]
    return [CountModel(each.measured(), each.library, each.grid) for each in images]


@pytest.fixture(scope="module")
def membership() -> torch.Tensor:
    return torch.softmax(torch.randn(30, 3, generator=torch.Generator().manual_seed(0)), dim=1)


PRIOR = torch.full((len(FINE),), 1.0 / len(FINE)).log()


def test_scores_are_each_sections_own(models, membership) -> None:
    together = SectionCounts(models, InProcess())
    found = together.score(membership).each(PRIOR)
    for one, each in zip(found, models, strict=True):
        assert torch.equal(one[:, :-1], each.score(membership).total(PRIOR))
        assert torch.equal(one[:, -1], each.flat)
    torch.testing.assert_close(together.flat, models[0].flat + models[1].flat)
    genes = torch.tensor([4, 1, 9])
    some = together.subset(genes).score(membership[genes])
    expected = [each.subset(genes).score(membership[genes]).total(PRIOR) for each in models]
    torch.testing.assert_close(some.each(PRIOR)[..., :-1], torch.stack(expected))


def test_where_sections_agree_their_scores_are_summed() -> None:
    scores = torch.tensor([[[50.0, 0.0, 0.0]], [[80.0, 10.0, 0.0]]])
    weight = torch.log(torch.tensor([0.4, 0.4, 0.2]))
    total = bounded_sum(scores, background(scores, weight))
    best = scores.sum(dim=0)[0, 0] + 2 * torch.log(torch.tensor(0.9 + 0.1 * 0.4))
    torch.testing.assert_close(total[0, 0], best)
    # Another cluster costs no more than that no section keeps it.
    assert total[0, 0] - total[0, 1] < 2 * 3.5


def test_a_gene_that_changes_needs_no_cluster_of_its_own(models, membership) -> None:
    """A changed gene costs a few nats in its old cluster, whatever its molecules."""
    clusters = CountClusters(SectionCounts(models, InProcess()))
    state = clusters.start(membership)
    scores = clusters.evidence(state)
    best = torch.stack(
        [CountClusters(each).evidence(state) - state.log_weight for each in models]
    ).amax(dim=2)
    floor = best.sum(dim=0) + 2 * torch.log(torch.tensor(0.1)) + 2 * state.log_weight.min()
    assert (scores - state.log_weight >= floor[:, None] - 1e-3).all()


def test_patterns_are_each_sections_own(models, membership) -> None:
    together = SectionCounts(models, InProcess())
    pattern = together.draw(membership).pattern
    for part, each in zip(together.split(pattern), models, strict=True):
        torch.testing.assert_close(part, each.draw(membership).pattern)
    explained = together.explain(pattern).each(PRIOR)[..., :-1]
    expected = [each.explain(each.draw(membership).pattern).total(PRIOR) for each in models]
    torch.testing.assert_close(explained, torch.stack(expected))


def test_a_gene_that_a_section_lacks_is_scored_by_the_others(models, membership) -> None:
    counts = models[1].counts.clone()
    counts[5] = 0
    lacking = CountModel(counts.numpy(), models[1].library, models[1].grid)
    both = SectionCounts([models[0], lacking], InProcess())
    score = both.score(membership).each(PRIOR)
    assert torch.isfinite(score).all()
    torch.testing.assert_close(score[1, 5], torch.zeros(4), atol=1e-5, rtol=0)
    # Where nothing is known of a section, the sum with a bound is that of the others.
    total = bounded_sum(score, background(score, torch.full((4,), 0.25).log()))
    one = bounded_sum(score[:1], background(score[:1], torch.full((4,), 0.25).log()))
    torch.testing.assert_close(total[5], one[5])
    assert both.information[5] == models[0].information[5]


def test_sections_of_different_genes_are_refused(models) -> None:
    with pytest.raises(ValueError, match="different genes"):
        SectionCounts([models[0], models[1].subset(torch.arange(5))], InProcess())


def test_genes_are_as_alike_as_over_all_pixels(models) -> None:
    genes = torch.arange(6)
    found = SectionCounts(models, InProcess()).alike(genes)
    wide = []
    for each in models:
        excess = each.bands.excess(genes)
        wide.append((excess - excess.mean(dim=0)) * each.information[genes].sqrt()[:, None])
    every = torch.cat(wide, dim=1)
    torch.testing.assert_close(found, every @ every.T)
