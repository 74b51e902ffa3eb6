"""Clusters of simulated tissue against the truth, K known and unknown, and calibration."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality import baselines
from benchmarks.quality.cache import kept, kept_many, our
from benchmarks.quality.methods import Answer
from benchmarks.quality.rivals import rivals
from benchmarks.quality.scores import (
    PATTERNLESS,
    against_truth,
    calibration_error,
    gap_closed,
    majority_right,
    paired,
)
from benchmarks.quality.settings import Settings, Unavailable
from benchmarks.quality.tables import Plot, Table
from benchmarks.quality.tasks.retrieval import retrieval
from benchmarks.quality.tissues import Tissue, tissues
from darlc.images.sgep_images import rasterize

#: Seeds of fits; methods that are not ours take the first.
SEEDS = (0, 1)
UNTRAINED = {"pretrain_epochs": 0, "joint_epochs": 0}
_CONFIDENT = 0.9
_OWN_BEST = "best of the grid on this tissue"
_UNKNOWN = "K unknown: ours"


@dataclass(eq=False)
class Case:
    """A tissue, and what was measured on it.

    Parameters
    ----------
    name
        Of the tissue.
    truth
        (G,) names of the true patterns.
    table
        That every answer becomes a row of.
    ari
        Adjusted Rand indices by method, one a seed.
    found
        Numbers of clusters by method, one a seed.
    similar
        Mean average precision of similar genes by method, one a seed.
    grid
        Adjusted Rand index by cell of the grid.
    confidence, right
        (n,) of the patterned genes that we assigned, all seeds together.
    asked
        Number of patterned genes that we were asked for, all seeds together.
    """

    name: str
    truth: NDArray[np.str_]
    table: Table
    ari: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    found: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    similar: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    grid: dict[str, float] = field(default_factory=dict)
    confidence: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    right: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, dtype=bool))
    asked: int = 0

    @property
    def clusters(self) -> int:
        """Number of true patterns."""
        return len(np.unique(self.truth[self.truth != PATTERNLESS]))

    def score(self, method: str, seed: int, answer: Answer, note: str = "") -> None:
        """Add an answer to the table and to the figures."""
        scores = against_truth(self.truth, answer.labels)
        self.ari[method].append(scores.ari)
        self.found[method].append(answer.n_clusters)
        self.similar[method].append(self._similar(answer))
        self.table.append(
            {
                "dataset": self.name,
                "method": method,
                "seed": seed,
                "ARI": scores.ari,
                "NMI": scores.nmi,
                "mAP": self.similar[method][-1],
                "K": self.clusters,
                "K found": answer.n_clusters,
                "flagged": scores.flagged,
                "lost": scores.lost,
                "seconds": answer.seconds,
                "note": note,
            }
        )

    def _similar(self, answer: Answer) -> float:
        """Return the mean average precision with which genes find those of their pattern."""
        if answer.embedding is None:
            return float("nan")
        kept = self.truth != PATTERNLESS
        return float(retrieval(answer.embedding[kept], self.truth[kept])[2].mean())

    def calibrate(self, answer: Answer) -> None:
        """Add the confidences of an answer of ours."""
        if answer.confidence is None:
            return
        self.asked += int(np.sum(self.truth != PATTERNLESS))
        counted = (self.truth != PATTERNLESS) & (answer.labels >= 0)
        right = majority_right(self.truth, answer.labels)
        self.confidence = np.concatenate([self.confidence, answer.confidence[counted]])
        self.right = np.concatenate([self.right, right[counted]])


def run(settings: Settings) -> list[Table]:
    """Measure all tissues of a run."""
    table = Table(
        "simulated",
        (
            *("dataset", "method", "seed", "ARI", "NMI", "mAP", "K", "K found"),
            *("flagged", "lost", "seconds", "note"),
        ),
        settings.out,
        Plot("ARI", "dataset", "method"),
    )
    cells = Table("simulated_grid", ("dataset", "method", "ARI"), settings.out, quiet=True)
    cases = []
    for tissue in tissues(settings):
        try:
            cases.append(_measure(tissue, settings, table, cells))
        except Unavailable as error:
            table.append({"dataset": tissue.name, "note": str(error)})
    if not cases:
        return [table]
    return [table, cells, *summarise(cases, settings)]


def _measure(tissue: Tissue, settings: Settings, table: Table, cells: Table) -> Case:
    adata = tissue.make(settings.data)
    images = rasterize(adata)
    case = Case(tissue.name, adata.var["pattern"].to_numpy().astype(str), table)
    k, first = case.clusters, SEEDS[0]

    answers = kept_many(
        settings, f"grid, {k}, {first}", images, lambda: baselines.grid(images, k, first)
    )
    for cell, answer in answers.items():
        case.grid[cell] = against_truth(case.truth, answer.labels).ari
        cells.append({"dataset": tissue.name, "method": cell, "ARI": case.grid[cell]})
    own = max(case.grid, key=lambda cell: case.grid[cell])
    case.score(_OWN_BEST, first, answers[own], own)
    case.score("oracle", first, Answer(baselines.oracle(adata)))

    for seed in SEEDS[:1] if settings.subset else SEEDS:
        answer = our(settings)(images, k, seed)
        case.score("ours", seed, answer)
        case.calibrate(answer)
        untrained = our(settings, train=UNTRAINED)
        case.score("ours, untrained", seed, untrained(images, k, seed))
    case.score(_UNKNOWN, first, our(settings)(images, None, first))
    unknown = kept_many(
        settings, f"unknown, {first}", images, lambda: baselines.unknown(images, first)
    )
    for name, answer in unknown.items():
        case.score(f"K unknown: {name}", first, answer)
    for name, rival in rivals().items():
        try:
            case.score(name, first, kept(settings, name, rival)(images, k, first))
        except Unavailable as error:
            table.append({"dataset": tissue.name, "method": name, "note": str(error)})
    return case


def summarise(cases: list[Case], settings: Settings) -> list[Table]:
    """Return the share of the gap that is closed, tissue by tissue, and the pooled figures."""
    baseline = baselines.best_overall({case.name: case.grid for case in cases})
    ours_ = [float(np.mean(case.ari["ours"])) for case in cases]
    base = [case.grid[baseline] for case in cases]
    gap = gap_closed(ours_, base, [case.ari["oracle"][0] for case in cases])
    tissues_ = Table(
        "simulated_gap",
        (
            *("dataset", "baseline", "own best", "untrained", "ours", "oracle", "gap closed"),
            *("calibration error", "confident"),
        ),
        settings.out,
    )
    for case, score, share in zip(cases, ours_, gap.each, strict=True):
        tissues_.append(
            {
                "dataset": case.name,
                "baseline": case.grid[baseline],
                "own best": case.ari[_OWN_BEST][0],
                "untrained": float(np.mean(case.ari["ours, untrained"])),
                "ours": score,
                "oracle": case.ari["oracle"][0],
                "gap closed": float(share),
                "calibration error": calibration_error(case.confidence, case.right),
                "confident": _confident([case]),
            }
        )
    pooled = Table("simulated_summary", ("measure", "value", "note"), settings.out)

    def say(measure: str, value: float, note: str = "") -> None:
        pooled.append({"measure": measure, "value": value, "note": note})

    say("gap closed, pooled", gap.pooled, f"baseline: {baseline}")
    say("gap closed, worst three pooled", gap.worst)
    say("tissues on which the baseline is beaten", gap.beaten, f"of {len(cases)}")
    best = [case.ari[_OWN_BEST][0] for case in cases]
    own = gap_closed(ours_, best, [case.ari["oracle"][0] for case in cases])
    say("gap closed against each tissue's own best", own.pooled, f"{own.beaten} beaten")
    for measure, by_method in (
        ("ARI", [case.ari for case in cases]),
        ("mAP of similar genes", [case.similar for case in cases]),
    ):
        difference, error = paired(
            [value for case in by_method for value in case["ours"]],
            [value for case in by_method for value in case["ours, untrained"]],
        )
        say(f"trained − untrained, {measure}", difference, f"standard error {error:.4f}")
    for method in dict.fromkeys(name for case in cases for name in case.ari):
        if method.startswith("K unknown"):
            known = float(np.mean([case.ari[method][0] for case in cases]))
            off = [abs(case.found[method][0] - case.clusters) / case.clusters for case in cases]
            say(f"{method}, ARI", known)
            say(
                f"{method}, error of K",
                float(np.mean(off)),
                "mean difference to the true K, over it",
            )
    say("ours, K known, ARI", float(np.mean([case.ari["ours"][0] for case in cases])), "seed 0")
    confidence = np.concatenate([case.confidence for case in cases])
    right = np.concatenate([case.right for case in cases])
    say("expected calibration error", calibration_error(confidence, right))
    say("patterned genes at confidence ≥ .9", _confident(cases))
    sure = right[confidence >= _CONFIDENT]
    say("right among those", float(sure.mean()) if len(sure) else float("nan"))
    return [tissues_, pooled]


def _confident(cases: list[Case]) -> float:
    """Return the share of all patterned genes that have a cluster of high confidence."""
    sure = sum(int(np.sum(case.confidence >= _CONFIDENT)) for case in cases)
    asked = sum(case.asked for case in cases)
    return sure / asked if asked else float("nan")
