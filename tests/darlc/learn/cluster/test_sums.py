"""Genes that are sums of two patterns are found, with their patterns and shares; others are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.special import logsumexp

from benchmarks.quality.scores import calibration_error
from darlc.images.sgep_images import rasterize
from darlc.learn.cluster.count_model import STRENGTHS, CountModel, Scores
from darlc.learn.cluster.split_merge import CountClusters, State
from darlc.learn.cluster.sums import SumComparison
from darlc.simulation.tissue import simulate

_CLUSTERS = 5


class Tissue:
    """A simulated section at the true clusters; sums belong to their first pattern's."""

    def __init__(self, seed: int, sums: float, genes: int = 240, clusters: int = _CLUSTERS) -> None:
        self.adata = simulate(
            seed, genes, clusters, depth=12.0 * genes, platform="st", sums=sums, unpatterned=0.1
        )
        images = rasterize(self.adata)
        rows = [images.gene_names.tolist().index(name) for name in self.adata.var_names]
        var = self.adata.var
        self.first = numbers(var["pattern"])
        self.second = numbers(var["second"]) if sums else np.full(genes, -1)
        # The true library, in the order of pixels.
        library = np.empty(images.grid.n_pixels, dtype=np.float32)
        library[images.observation_pixel] = self.adata.obs["library"]
        self.counts = images.measured()[rows]
        self.model = CountModel(self.counts, library, images.grid)
        self.clusters = CountClusters(self.model)
        soft = np.eye(clusters, dtype=np.float32)[self.first] * (self.first >= 0)[:, None]
        start = self.clusters.start(torch.from_numpy(soft))
        state = self.clusters.step(start)
        # The strengths are learnt, and the clusters stay the true ones.
        self.state: State = replace(state, membership=start.membership)

    def comparison(self, first: torch.Tensor, temperature: float) -> SumComparison:
        drawn = self.model.draw(self.state.membership[:, :-1])
        return SumComparison(self.clusters, self.state, drawn, first, temperature)

    def compared(self, temperature: float = 1.0) -> SumComparison:
        first = torch.from_numpy(self.first)
        comparison = self.comparison(first, temperature)
        assert list(comparison.compare())[-1] == (self.first >= 0).sum()
        return comparison


def numbers(patterns) -> np.ndarray:
    return np.array([-1 if p == "none" else int(p.removeprefix("pattern")) - 1 for p in patterns])


@pytest.fixture(scope="module")
def tissue() -> Tissue:
    return Tissue(1, sums=0.25)


def test_sums_are_found_with_their_patterns_and_shares(tissue: Tissue) -> None:
    found = tissue.compared().of_drawing()
    true = tissue.second >= 0
    likely = found.likely
    assert likely[true].mean() > 0.5
    assert likely[~true].mean() < 0.02
    assert (found.cluster[likely & true] == tissue.second[likely & true]).mean() > 0.95
    share = tissue.adata.var["second_share"].to_numpy()
    assert np.abs(found.share - share)[likely & true].mean() < 0.1
    assert calibration_error(found.probability[tissue.first >= 0], true[tissue.first >= 0]) <= 0.06


def test_a_gene_without_a_pattern_has_no_second(tissue: Tissue) -> None:
    found, none = tissue.compared().of_drawing(), tissue.first < 0
    assert none.any() and (found.cluster[none] == -1).all()
    assert (found.share[none] == 0).all() and (found.probability[none] == 0).all()


@pytest.mark.parametrize("seed", [2, 3])
def test_where_no_gene_is_a_sum_none_is_called_one(seed: int) -> None:
    comparison = Tissue(seed, sums=0.0).compared()
    found = comparison.of_drawing()
    assert comparison.sums < 0.02
    assert found.probability.max() < 0.5 and not found.likely.any()


def test_a_sum_of_patterns_that_a_gene_did_not_draw_is_answered_alike(tissue: Tissue) -> None:
    comparison = tissue.compared()
    drawing = comparison.of_drawing()
    others = comparison.of_others(
        tissue.model.of_others(tissue.counts), torch.from_numpy(tissue.first)
    )
    # These know the gene's own counts in the first pattern, so that they are not quite the same.
    agree = drawing.likely == others.likely
    assert agree.mean() > 0.9
    both = drawing.likely & others.likely
    assert (drawing.cluster[both] == others.cluster[both]).mean() > 0.95


def test_evidence_is_that_of_the_likelihood(tissue: Tissue) -> None:
    """For one gene, written out with one strength, share and second pattern after the other."""
    comparison = tissue.compared()
    model, gene = tissue.model, int(np.argmax(tissue.second >= 0))
    k = int(tissue.first[gene])
    soft = tissue.state.membership[:, :-1]
    drawn = model.draw(soft)
    at = torch.tensor([gene])
    own = model.bands.without(drawn, at, torch.tensor([k]), at)[0]
    size = model.size.numpy().astype(float)

    def rate(pattern: torch.Tensor, strength: float) -> np.ndarray:
        power = np.maximum(pattern.numpy().astype(float), 0.05) ** strength
        return power / ((power @ size) / size.sum())

    seen, expected = (each[gene].numpy().astype(float) for each in (model.seen, model.expected))

    def fit(rates: list[np.ndarray]) -> float:
        scores = [seen @ np.log(rate) - expected @ rate for rate in rates]
        by_strength = torch.tensor(scores, dtype=torch.float32)[:, None, None]
        return float(Scores(by_strength).total(tissue.state.log_strength))

    mine = [rate(own, strength) for strength in STRENGTHS]
    shares = (0.1, 0.2, 0.3, 0.4, 0.5)
    ratios = np.full(_CLUSTERS, -np.inf)
    for j in set(range(_CLUSTERS)) - {k}:
        theirs = [rate(drawn.pattern[j], strength) for strength in STRENGTHS]
        sums = [
            fit([(1 - s) * a + s * b for a, b in zip(mine, theirs, strict=True)]) for s in shares
        ]
        ratios[j] = logsumexp((np.array(sums) - fit(mine)) / comparison.temperature) - np.log(5)
    log_odds = logsumexp(ratios) - np.log(_CLUSTERS - 1)
    log_odds += np.log(comparison.sums / (1 - comparison.sums))
    found = comparison.of_drawing()
    assert found.cluster[gene] == ratios.argmax()
    assert found.probability[gene] == pytest.approx(1 / (1 + np.exp(-log_odds)), abs=0.02)


def test_a_high_temperature_makes_it_less_sure(tissue: Tissue) -> None:
    usual, hot = tissue.compared(), tissue.compared(temperature=8.0)
    assert hot.temperature > usual.temperature
    assert hot.of_drawing().likely.sum() < usual.of_drawing().likely.sum()


def test_one_cluster_has_no_second() -> None:
    tissue = Tissue(1, 0.0, genes=30, clusters=1)
    alone = tissue.comparison(torch.from_numpy(tissue.first), 1.0)
    assert list(alone.compare()) == []
    assert (alone.of_drawing().cluster == -1).all() and not alone.of_drawing().likely.any()
