"""Questions asked of a tissue: false positives where nothing is, and what is found where it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, stats
from scipy.ndimage import gaussian_filter
from sklearn.metrics import average_precision_score

from benchmarks.quality.settings import Settings
from benchmarks.quality.tables import Table, Value
from darlc.explore.distance import DistanceQuestion, distance_to
from darlc.explore.enrichment import ObservationExpression, pixel_expression
from darlc.explore.gene_set_enrichment import enrichment_in_sets
from darlc.explore.pair_tests import PairTests
from darlc.explore.pattern import PatternQuestion
from darlc.explore.variability import spatial_variability
from darlc.images.gene_labels import NamedGenes
from darlc.images.grid import Grid
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.results.gene_sets import GeneSet
from darlc.simulation.tissue import simulate

SIDE, GENES, PLANTED = 40, 200, 20
#: Deviation of the logarithm of a rate over the tissue.
_STRENGTH = 0.8
#: Molecules of a pixel that are of other genes, so that the library is not made of those tested.
_OTHERS = 10_000
#: Genes and clusters, and sets of the collection, of the test by shuffling.
_SHUFFLED, _CLUSTERS, _SETS = 2000, 12, 60
_LEVEL = 0.05
#: No test was made or mended in view of tissues of these seeds.
_FIRST_SEED = 20_000
#: Tissues where nothing follows the target, and with planted genes.
_FALSE, _POWER = 100, 20
#: Genes of a tissue whose curves are drawn.
_CURVES = 20
_PLACES = np.mgrid[:SIDE, :SIDE].reshape(2, -1).T


@dataclass(frozen=True, eq=False)
class Noise:
    """A tissue whose genes have nothing to do with each other, but for planted ones.

    Parameters
    ----------
    images
        ``GENES`` genes, the first ``PLANTED`` of which may follow something, and all others.
    rates
        (GENES, P) of the genes.
    """

    images: SGEPImages
    rates: NDArray[np.float64]


def noise(seed: int, scale: float, planted: NDArray[np.float64] | None = None) -> Noise:
    """Return counts of genes with unrelated patterns.

    Parameters
    ----------
    seed
        Of everything.
    scale
        Standard deviation of the smoothing of their patterns, in pixels; 0 for flat rates.
    planted
        (P,) pattern of the planted genes, with mean 0 and deviation 1.
    """
    random = np.random.default_rng(seed)
    field = np.zeros((GENES, SIDE * SIDE))
    if scale:
        drawn = random.normal(size=(GENES, SIDE, SIDE))
        field = gaussian_filter(drawn, (0, scale, scale)).reshape(GENES, -1)
        field = (field - field.mean(1, keepdims=True)) / field.std(1, keepdims=True)
    if planted is not None:
        field[:PLANTED] = planted
    mean = np.exp(random.normal(np.log(0.7), 1.0, GENES))[:, None]
    rates = mean * np.exp(_STRENGTH * field - _STRENGTH**2 / 2 * (field.std() > 0))
    size = random.gamma(5, 1 / 5, SIDE * SIDE)
    counts = random.poisson(rates * size)
    others = random.poisson(_OTHERS * size)[None]
    matrix = sparse.csc_array(np.concatenate([counts, others]).T.astype(np.float32))
    names = np.array([f"Gene{i}" for i in range(GENES + 1)])
    grid = Grid(np.ones((SIDE, SIDE), dtype=bool), np.eye(3))
    return Noise(SGEPImages(matrix, grid, names, np.arange(SIDE * SIDE)), rates)


def run(settings: Settings) -> list[Table]:
    """Measure all of it; needs no data."""
    few = settings.subset
    false = Table(
        "questions_false",
        (
            *("question", "patterns", "tissues", "p ≤ .05", "± ", "p ≤ .001"),
            *("any at FDR .05", "±", "usual p ≤ .05"),
        ),
        settings.out,
    )
    power = Table("questions_power", ("question", "patterns", "found", "wrong"), settings.out)
    curves = Table("questions_curves", ("patterns", "bins", "outside", "±"), settings.out)
    scales = (0.0, 2.0, 4.0, 8.0)
    cases = [(name, ask, scale) for name, ask in QUESTIONS.items() for scale in scales]
    for name, ask, scale in cases:
        # Any pattern is a finding by place.
        if name != "variable by place" or not scale:
            false.append(_false(name, ask, scale, 2 if few else _FALSE))
    for name, ask, scale in cases:
        power.append(_power(name, ask, scale, 2 if few else _POWER))
    for scale in scales:
        curves.append(_curves(scale, 2 if few else _POWER))
    patterns = Table(
        "questions_patterns", ("tissue", "platform", "darlc", "pixel correlation"), settings.out
    )
    for row in pattern_rows(2 if few else 10):
        patterns.append(row)
    shuffled = Table(
        "questions_sets", ("clusters", "p ≤ .05", "any at FDR .05", "shuffles"), settings.out
    )
    shuffled.append(_shuffled_sets(200 if few else 2000))
    return [false, power, curves, patterns, shuffled]


@dataclass(frozen=True, eq=False)
class Answer:
    """p-values of genes, ours and the usual test's; NaN for genes that are not tested."""

    p: NDArray[np.float64]
    usual: NDArray[np.float64]


#: From a tissue, what the planted genes follow and a seed, to an answer.
Ask = Callable[[SGEPImages, NDArray[np.float64], int], Answer]
_TESTED = np.arange(GENES)


def _disc(random: np.random.Generator, share: float) -> NDArray[np.bool_]:
    away = np.hypot(*(_PLACES - _PLACES[random.integers(len(_PLACES))]).T)
    return np.asarray(away <= np.quantile(away, share))


def _region(images: SGEPImages, target: NDArray[np.float64], seed: int) -> Answer:
    inside = target > 0
    return _compared(pixel_expression(images, _TESTED), inside, ~inside)


def _against(images: SGEPImages, target: NDArray[np.float64], seed: int) -> Answer:
    inside = target > 0
    random = np.random.default_rng(1000 + seed)
    other = _disc(random, 0.15)
    while (other & ~inside).sum() < 40:
        other = _disc(random, 0.15)
    return _compared(pixel_expression(images, _TESTED), inside, other & ~inside)


def _compared(
    expression: ObservationExpression, a: NDArray[np.bool_], b: NDArray[np.bool_]
) -> Answer:
    shares = expression.matrix.toarray() / expression.library[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        usual = stats.mannwhitneyu(shares[a], shares[b], axis=0).pvalue
    return Answer(expression.enrichment(a, b).p, np.asarray(usual))


def _distance(images: SGEPImages, target: NDArray[np.float64], seed: int) -> Answer:
    found = DistanceQuestion(images, target).trend(_TESTED)
    return Answer(found.p, _rank_correlation(images, target))


def _painted(images: SGEPImages, target: NDArray[np.float64], seed: int) -> Answer:
    found = PatternQuestion(images, _TESTED).drawn((target > 0).astype(np.float64))
    return Answer(found.tests.p, _rank_correlation(images, target))


def _rank_correlation(images: SGEPImages, target: NDArray[np.float64]) -> NDArray[np.float64]:
    usual = stats.spearmanr(np.column_stack([target, images.expression(_TESTED).T])).pvalue
    return np.asarray(usual)[0, 1:]


def _pair(images: SGEPImages, target: NDArray[np.float64], seed: int) -> Answer:
    found = PairTests(images, _TESTED).with_genes(np.array([0]))
    views = images.expression(_TESTED)
    usual = np.array([np.nan, *(stats.pearsonr(views[0], view).pvalue for view in views[1:])])
    return Answer(found.p, usual)


def _variable(images: SGEPImages, target: NDArray[np.float64], seed: int) -> Answer:
    return Answer(spatial_variability(images, _TESTED).p, np.full(GENES, np.nan))


QUESTIONS: dict[str, Ask] = {
    "region against the rest": _region,
    "region against a region": _against,
    "distance from a line": _distance,
    "painted pattern": _painted,
    "pairs of genes": _pair,
    "variable by place": _variable,
}


def planted_target(name: str, seed: int) -> NDArray[np.float64]:
    """Return what the planted genes follow, (P,), with mean 0 and deviation 1.

    It is a disc for regions, the distance from a line, smooth patches that were painted, and a
    smooth field for other questions.
    """
    random = np.random.default_rng(500 + seed)
    if name.startswith("region"):
        target = _disc(random, (0.05, 0.1, 0.25)[seed % 3]).astype(np.float64)
    elif name.startswith("distance"):
        target = distance_to(_PLACES, [random.uniform(0, SIDE, (2, 2))])
    else:
        target = gaussian_filter(random.normal(size=(SIDE, SIDE)), 4.0).ravel()
        if name.startswith("painted"):
            target = (target > np.quantile(target, 0.8)).astype(np.float64)
    target = (target - target.mean()) / target.std()
    return np.asarray(target)


def _false(name: str, ask: Ask, scale: float, n: int) -> dict[str, Value]:
    """Ask of tissues where no gene follows the target; genes of a tissue share the target."""
    low, very_low, usual, discoveries = np.full((4, n), np.nan)
    for i in range(n):
        seed = _FIRST_SEED + i
        answer = ask(noise(seed, scale).images, planted_target(name, seed), seed)
        p, q = (each[np.isfinite(each)] for each in (answer.p, answer.usual))
        low[i], very_low[i] = np.mean(p <= _LEVEL), np.mean(p <= 0.001)
        discoveries[i] = (stats.false_discovery_control(p) <= _LEVEL).any()
        if len(q):
            usual[i] = np.mean(q <= _LEVEL)
    return {
        "question": name,
        "patterns": _words(scale),
        "tissues": n,
        "p ≤ .05": float(np.mean(low)),
        "± ": float(stats.sem(low)),
        "p ≤ .001": float(np.mean(very_low)),
        "any at FDR .05": float(np.mean(discoveries)),
        "±": float(stats.sem(discoveries)),
        "usual p ≤ .05": None if np.isnan(usual).any() else float(np.mean(usual)),
    }


def _power(name: str, ask: Ask, scale: float, n: int) -> dict[str, Value]:
    """Ask of tissues with planted genes: how many are found, and how many findings are wrong."""
    found, wrong, all_found = [], 0, 0
    for seed in range(_FIRST_SEED, _FIRST_SEED + n):
        target = planted_target(name, seed)
        p = ask(noise(seed, scale, target).images, target, seed).p
        known = np.isfinite(p)
        sure = np.zeros(GENES, dtype=bool)
        sure[known] = stats.false_discovery_control(p[known]) <= _LEVEL
        found.append(sure[:PLANTED][known[:PLANTED]].mean())
        if name != "variable by place" or not scale:
            wrong += int(sure[PLANTED:].sum())
            all_found += int(sure.sum())
    return {
        "question": name,
        "patterns": _words(scale),
        "found": float(np.mean(found)),
        "wrong": wrong / all_found if all_found else None,
    }


def _curves(scale: float, n: int) -> dict[str, Value]:
    """Draw curves of genes that do not follow the distance.

    Their mean over all of the tissue is outside of a bin's band by chance alone.
    """
    outside, bins = [], 0
    for seed in range(_FIRST_SEED, _FIRST_SEED + n):
        images = noise(seed, scale).images
        question = DistanceQuestion(images, planted_target("distance", seed))
        size = images.library.sum() / np.median(images.library)
        missed = []
        for gene in range(_CURVES):
            curve = question.curve(gene, question.edges())
            mean = images.measured(gene)[0].sum() / size
            known = np.isfinite(curve.raw)
            missed.append(((mean < curve.low) | (mean > curve.high))[known])
        bins += sum(map(len, missed))
        outside.append(np.mean(np.concatenate(missed)))
    return {
        "patterns": _words(scale),
        "bins": bins,
        "outside": float(np.mean(outside)),
        "±": float(stats.sem(outside)),
    }


def _words(scale: float) -> str:
    return f"smooth, σ = {scale:g}" if scale else "none"


def pattern_rows(n: int) -> Iterator[dict[str, Value]]:
    """Rank genes by painted patterns: where the true one is strongest, a fifth of the tissue."""
    for seed in range(n):
        platform = ("st", "visium")[seed % 2]
        tissue = simulate(
            seed=700 + seed,
            genes=400,
            clusters=12,
            platform=platform,  # type: ignore[arg-type]
            unpatterned=0.2,
        )
        images = rasterize(tissue)
        question = PatternQuestion(images)
        label = tissue.var["pattern"].to_numpy().astype(str)
        pixel = images.observation_pixel
        ours, usual = [], []
        for k in range(12):
            true = np.asarray(tissue.obsm["patterns"])[:, k]
            over = np.bincount(pixel[pixel >= 0], true[pixel >= 0]) / np.bincount(pixel[pixel >= 0])
            found = question.drawn((over > np.quantile(over, 0.8)).astype(np.float64))
            rank = np.empty(len(label))
            rank[found.order] = -np.arange(len(label))
            follows = label == f"pattern{k + 1}"
            ours.append(average_precision_score(follows, rank))
            usual.append(average_precision_score(follows, found.correlation))
        yield {
            "tissue": seed,
            "platform": platform,
            "darlc": float(np.mean(ours)),
            "pixel correlation": float(np.mean(usual)),
        }


def _shuffled_sets(shuffles: int) -> dict[str, Value]:
    """Test shuffled clusters for sets that share genes with each other."""
    random = np.random.default_rng(0)
    names = np.array([f"GENE{i}" for i in range(_SHUFFLED)])
    genes = NamedGenes(names, names, np.full(_SHUFFLED, ""))
    pools = [random.choice(names, 300, replace=False) for _ in range(8)]
    sets = [
        GeneSet(f"set{i}", tuple(random.choice(pools[i % 8], random.integers(15, 150))))
        for i in range(_SETS)
    ]
    labels = random.integers(0, _CLUSTERS, _SHUFFLED)
    low, discoveries = [], []
    for _ in range(shuffles):
        shuffled = random.permutation(labels)
        groups = {str(k): shuffled == k for k in range(_CLUSTERS)}
        found = enrichment_in_sets(genes, groups, sets)
        low.append(np.mean(found.p <= _LEVEL))
        discoveries.append(bool((found.fdr <= _LEVEL).any()))
    return {
        "clusters": "shuffled",
        "p ≤ .05": float(np.mean(low)),
        "any at FDR .05": float(np.mean(discoveries)),
        "shuffles": shuffles,
    }
