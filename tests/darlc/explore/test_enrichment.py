"""Differences between inside and outside: by hand, against scipy, and by known truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse, stats

from darlc.errors import InputError
from darlc.explore.enrichment import ObservationExpression
from darlc.explore.region import Regions
from darlc.images.grid import Grid
from darlc.images.sgep_images import Values, rasterize
from darlc.simulation.tissue import simulate

SIDE = 24


def observed(
    values: np.ndarray, kind: Values = "counts", library: object = None
) -> ObservationExpression:
    """Make observations, one a pixel of a square tissue."""
    n = SIDE * SIDE
    grid = Grid(np.ones((SIDE, SIDE), dtype=bool), np.eye(3))
    total = np.ones(n) if library is None else np.asarray(library, dtype=np.float64)
    return ObservationExpression(sparse.csc_array(values), total, np.arange(n), grid, kind)


def disc(rng: np.random.Generator, places: np.ndarray, share: float) -> np.ndarray:
    """Return a disc or a band somewhere in the tissue, of a share of the observations."""
    away = places - places[rng.integers(len(places))]
    angle = rng.uniform(0, np.pi)
    band = rng.random() < 0.5
    distance = np.abs(away @ [np.cos(angle), np.sin(angle)]) if band else np.hypot(*away.T)
    return distance <= np.quantile(distance, share)


@pytest.fixture(scope="module")
def tissue():
    return simulate(seed=11, genes=400, clusters=16, platform="st", unpatterned=0.5)


def test_auroc_is_that_of_the_rank_sum_test() -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(-2, 5, (SIDE * SIDE, 7)) * (rng.random((SIDE * SIDE, 7)) < 0.4)
    library = rng.choice([1.0, 2.0, 4.0], SIDE * SIDE)
    inside = rng.random(SIDE * SIDE) < 0.3
    found = observed(values.astype(float), library=library).enrichment(inside)
    rates = values / library[:, None]
    u = stats.mannwhitneyu(rates[inside], rates[~inside], axis=0).statistic
    np.testing.assert_allclose(found.auroc, u / (inside.sum() * (~inside).sum()), rtol=1e-6)


def test_means_and_fold_change_by_hand() -> None:
    inside = np.arange(SIDE * SIDE) < 100
    library = np.where(inside, 20.0, 10.0)  # median 10
    counts = np.column_stack([np.where(inside, 8.0, 1.0), np.where(inside, 0.0, 2.0)])
    found = observed(counts, library=library).enrichment(inside)
    np.testing.assert_allclose(found.inside, [4.0, 0.0])
    np.testing.assert_allclose(found.outside, [1.0, 2.0])
    assert found.log2_fold_change[0] == pytest.approx(2.0, abs=0.01)
    half = np.log2((0.5 / 200) / ((2 * 476 + 0.5) / 476))
    assert found.log2_fold_change[1] == pytest.approx(half)


def test_log_values_are_turned_back_for_the_fold_change() -> None:
    inside = np.arange(SIDE * SIDE) % 3 == 0
    values = np.where(inside, np.log1p(6.0), np.log1p(3.0))[:, None]
    found = observed(values, "log").enrichment(inside)
    assert found.log2_fold_change[0] == pytest.approx(1.0)
    assert found.inside[0] == pytest.approx(6.0)


def test_without_structure_it_is_the_usual_test() -> None:
    """Where noise is white, bands add nothing: t, degrees and p are nearly Student's."""
    rng = np.random.default_rng(1)
    values = rng.normal(size=(SIDE * SIDE, 200))
    inside = rng.random(SIDE * SIDE) < 0.4
    values[:, 0] += 0.5 * inside
    found = observed(values, "log").enrichment(inside)
    usual = stats.ttest_ind(values[inside], values[~inside], axis=0)
    assert np.corrcoef(found.statistic, usual.statistic)[0, 1] > 0.99
    assert found.statistic[0] == pytest.approx(usual.statistic[0], rel=0.15)
    assert found.order[0] == 0 and found.fdr[0] < 0.01
    assert np.mean(found.p[1:] < 0.05) < 0.08


def test_a_constant_gene_is_no_finding() -> None:
    inside = np.arange(SIDE * SIDE) < 200
    values = np.column_stack([np.full(SIDE * SIDE, 3.0), np.zeros(SIDE * SIDE)])
    found = observed(values).enrichment(inside)
    assert found.p.tolist() == [1.0, 1.0] and found.statistic.tolist() == [0.0, 0.0]
    np.testing.assert_allclose(found.auroc, 0.5)
    assert not found.enriched().any()


def test_the_gene_that_is_the_region_comes_first_and_its_opposite_last() -> None:
    rng = np.random.default_rng(2)
    inside = np.zeros((SIDE, SIDE), dtype=bool)
    inside[5:12, 8:15] = True
    inside = inside.ravel()
    rate = np.full((SIDE * SIDE, 30), 4.0)
    rate[inside, 7], rate[inside, 3] = 12.0, 0.5
    found = observed(rng.poisson(rate).astype(float)).enrichment(inside)
    assert found.order[0] == 7 and found.order[-1] == 3
    assert found.enriched().tolist() == [i == 7 for i in range(30)]
    assert found.fdr[3] < 1e-6 and found.log2_fold_change[3] < -2


def test_a_smooth_pattern_is_not_taken_for_a_region() -> None:
    """The usual test calls nearly every slope significant in any corner of the tissue."""
    rng = np.random.default_rng(3)
    row, column = np.mgrid[:SIDE, :SIDE].reshape(2, -1) / SIDE - 0.5
    angle = rng.uniform(0, 2 * np.pi, 100)
    slopes = np.outer(row, np.cos(angle)) + np.outer(column, np.sin(angle))
    values = slopes + 0.1 * rng.normal(size=slopes.shape)
    inside = np.hypot(row + 0.3, column + 0.3) < 0.2
    found = observed(values, "log").enrichment(inside)
    usual = stats.ttest_ind(values[inside], values[~inside], axis=0).pvalue
    assert np.mean(usual < 0.05) > 0.8
    assert np.mean(found.p < 0.05) < 0.1


def test_false_positives_in_simulated_tissue(tissue) -> None:
    """Regions drawn anywhere: genes without pattern, and with patterns of their own."""
    regions = Regions(tissue, rasterize(tissue))
    without = (tissue.var["pattern"] == "none").to_numpy()[regions.genes]
    places = np.asarray(tissue.obsm["spatial"])
    rng = np.random.default_rng(0)
    rate, usual = [], []
    library = np.asarray(tissue.X.sum(axis=1))
    shares = tissue.X.toarray()[:, regions.genes] / library
    for i in range(30):
        inside = disc(rng, places, (0.05, 0.1, 0.3)[i % 3])
        p = regions.compare(inside).enrichment.p
        rate.append([np.mean(p[without] < 0.05), np.mean(p[~without] < 0.05)])
        if i < 3:
            ranks = stats.mannwhitneyu(shares[inside], shares[~inside], axis=0).pvalue
            usual.append(np.mean(ranks[~without] < 0.05))
    unpatterned, patterned = np.mean(rate, axis=0)
    assert 0.01 < unpatterned < 0.07
    assert patterned < 0.1 < 0.3 < np.mean(usual)


def test_a_few_molecules_in_a_few_observations_are_no_finding() -> None:
    """Normal tails would call two molecules of a rare gene in a small region a discovery."""
    rng = np.random.default_rng(4)
    counts = rng.negative_binomial(1.0, 1 / (1 + rng.choice([0.02, 0.1, 1.0], 600)), (SIDE**2, 600))
    together = observed(counts.astype(float))
    findings, chance = 0, []
    for n_inside in (5, 6, 8, 12) * 5:
        inside = np.isin(np.arange(SIDE**2), rng.choice(SIDE**2, n_inside, replace=False))
        found = together.enrichment(inside)
        findings += int((found.fdr <= 0.05).sum() > 0)
        chance.append(np.mean(found.p <= 0.05))
    assert findings <= 2 and np.mean(chance) < 0.06


def test_genes_that_follow_the_region_are_found(tissue) -> None:
    regions = Regions(tissue, rasterize(tissue))
    patterns, label = tissue.obsm["patterns"], tissue.var["pattern"].to_numpy().astype(str)
    found = []
    for k in range(patterns.shape[1]):
        inside = patterns[:, k] > np.quantile(patterns[:, k], 0.85)
        effect = regions.compare(inside).enrichment
        found.append(effect.enriched()[label[regions.genes] == f"pattern{k + 1}"].mean())
    assert np.mean(found) > 0.6


def test_sums_of_genes(tissue) -> None:
    counts = tissue.X[:, :3].tocsc()
    together = observed(counts[: SIDE * SIDE].toarray(), library=tissue.X.sum(axis=1).A1[: SIDE**2])
    inside = np.arange(SIDE * SIDE) < 200
    summed = together.combined(np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])).enrichment(inside)
    apart = together.enrichment(inside)
    assert summed.inside[0] == pytest.approx(apart.inside[0] + apart.inside[1])
    assert summed.statistic[1] == pytest.approx(apart.statistic[2])
    assert summed.auroc[1] == pytest.approx(apart.auroc[2])


@pytest.mark.parametrize("n_inside", [0, 4, SIDE * SIDE - 4])
def test_a_region_needs_an_inside_and_an_outside(n_inside: int) -> None:
    with pytest.raises(InputError, match=f"^{n_inside} observations are inside"):
        observed(np.ones((SIDE * SIDE, 2))).enrichment(np.arange(SIDE * SIDE) < n_inside)


def test_a_region_as_a_quantity_gives_the_same_t() -> None:
    """A quantity with two values has no other order than the region's."""
    rng = np.random.default_rng(6)
    counts = observed(rng.poisson(2.0, (SIDE * SIDE, 20)).astype(float))
    inside = rng.random(SIDE * SIDE) < 0.3
    found, follows = counts.enrichment(inside), counts.association(inside.astype(float))
    np.testing.assert_allclose(follows.statistic, found.statistic)
    np.testing.assert_allclose(follows.degrees, found.degrees)
    np.testing.assert_allclose(np.log(follows.p), np.log(found.p), rtol=0.1, atol=0.02)


def test_only_the_order_of_a_quantity_counts() -> None:
    rng = np.random.default_rng(7)
    counts = observed(rng.poisson(2.0, (SIDE * SIDE, 5)).astype(float))
    quantity = rng.normal(size=SIDE * SIDE)
    straight, bent = counts.association(quantity), counts.association(np.exp(3 * quantity))
    np.testing.assert_array_equal(straight.p, bent.p)
    opposite = counts.association(-quantity)
    np.testing.assert_allclose(opposite.correlation, -straight.correlation)
    with pytest.raises(InputError, match="the same in all observations: choose one that varies"):
        counts.association(np.ones(SIDE * SIDE))


def test_correlation_with_a_quantity_is_that_of_numpy() -> None:
    """Where every observation has the same library."""
    rng = np.random.default_rng(8)
    values = rng.poisson(2.0, (SIDE * SIDE, 6)).astype(float)
    values[:, 5] = 1.0
    quantity = rng.permutation(SIDE * SIDE).astype(float)
    found = observed(values).association(quantity)
    scores = stats.norm.ppf((stats.rankdata(quantity) - 0.5) / len(quantity))
    expected = [np.corrcoef(values[:, i], scores)[0, 1] for i in range(5)]
    np.testing.assert_allclose(found.correlation, [*expected, 0.0], atol=1e-9)
    rest = found.without(np.arange(6) == 0)
    assert np.isnan(rest.p[0]) and np.isnan(rest.fdr[0])
    np.testing.assert_allclose(rest.fdr[1:], stats.false_discovery_control(found.p[1:]))


def test_false_positives_between_two_regions(tissue) -> None:
    """Two discs anywhere in the tissue: the rank-sum test finds half of all patterned genes."""
    regions = Regions(tissue, rasterize(tissue))
    without = (tissue.var["pattern"] == "none").to_numpy()[regions.genes]
    places = np.asarray(tissue.obsm["spatial"])
    shares = tissue.X.toarray()[:, regions.genes] / np.asarray(tissue.X.sum(axis=1))
    rng = np.random.default_rng(1)
    rate, usual = [], []
    for i in range(30):
        a, b = (disc(rng, places, (0.05, 0.1, 0.2)[i % 3]) for _ in range(2))
        a, b = a & ~b, b & ~a
        if min(a.sum(), b.sum()) < 10:
            continue
        p = regions.compare(a, b).enrichment.p
        rate.append([np.mean(p[without] < 0.05), np.mean(p[~without] < 0.05)])
        if i % 3 == 2:
            ranks = stats.mannwhitneyu(shares[a], shares[b], axis=0).pvalue
            usual.append(np.mean(ranks[~without] < 0.05))
    unpatterned, patterned = np.mean(rate, axis=0)
    assert len(rate) > 20 and 0.005 < unpatterned < 0.07
    assert patterned < 0.1 < 0.3 < np.mean(usual)
