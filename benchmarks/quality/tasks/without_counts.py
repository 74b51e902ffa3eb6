"""Clusters of simulated tissue that is measured without counts: trained, untrained and the grid."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality import baselines
from benchmarks.quality.cache import kept_many, our
from benchmarks.quality.methods import Answer
from benchmarks.quality.scores import PATTERNLESS, against_truth, paired
from benchmarks.quality.settings import Settings
from benchmarks.quality.tables import Plot, Table
from benchmarks.quality.tasks.retrieval import retrieval
from benchmarks.quality.tasks.simulated import SEEDS, UNTRAINED
from darlc.images.sgep_images import rasterize
from darlc.simulation.without_counts import Kind, simulate_values

OURS, UNTRAINED_NAME, PUBLISHED = "ours", "ours, untrained", "as published"
_OWN_BEST = "best of the grid on this tissue"


@dataclass(frozen=True)
class ValueTissue:
    """A tissue, by the arguments of `darlc.simulate_values`; seeds as of `tissues.Tissue`."""

    kind: Kind
    seed: int
    genes: int
    clusters: int
    noise: float
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """As tables show it."""
        words = [self.options.get("patterns", "mixed"), *self.options.get("nuisance", ())]
        if share := self.options.get("unpatterned"):
            words.append(f"{share:.0%} patternless")
        return f"{self.kind}: {', '.join(words)}"


#: Sides are small, so that all of them are fitted in half an hour.
_SIDES = {"log": 28, "proteins": 32, "metabolites": 28, "images": 28}
REPORTING = (
    ValueTissue("log", 301, 160, 8, 1.0),
    ValueTissue("log", 302, 200, 10, 1.2, {"patterns": "patchy", "unpatterned": 0.1}),
    ValueTissue("proteins", 303, 48, 6, 1.6),
    ValueTissue("proteins", 304, 60, 8, 1.5, {"patterns": "patchy"}),
    ValueTissue("metabolites", 305, 160, 8, 2.0),
    ValueTissue(
        "metabolites", 306, 200, 10, 1.8, {"patterns": "layered", "nuisance": ("stripes",)}
    ),
    ValueTissue("images", 307, 160, 8, 1.4),
    ValueTissue("images", 308, 160, 10, 1.2, {"patterns": "layered", "unpatterned": 0.1}),
)
TUNING = (
    ValueTissue("log", 42, 160, 8, 1.3, {"patterns": "patchy"}),
    ValueTissue("proteins", 50, 50, 8, 1.4, {"unpatterned": 0.1}),
    ValueTissue("metabolites", 46, 160, 8, 1.8, {"patterns": "streak", "nuisance": ("stripes",)}),
    ValueTissue("images", 58, 160, 8, 1.0, {"patterns": "radial"}),
)


@dataclass(eq=False)
class Measured:
    """What was measured on a tissue: by method, one figure a seed."""

    name: str
    truth: NDArray[np.str_]
    ari: dict[str, list[float]] = field(default_factory=dict)
    similar: dict[str, list[float]] = field(default_factory=dict)
    grid: dict[str, float] = field(default_factory=dict)

    def score(self, method: str, seed: int, answer: Answer, table: Table, note: str = "") -> None:
        """Add an answer to the table and to the figures."""
        scores = against_truth(self.truth, answer.labels)
        assert answer.embedding is not None
        kept = self.truth != PATTERNLESS
        similar = float(retrieval(answer.embedding[kept], self.truth[kept])[2].mean())
        self.ari.setdefault(method, []).append(scores.ari)
        self.similar.setdefault(method, []).append(similar)
        table.append(
            {
                "dataset": self.name,
                "method": method,
                "seed": seed,
                "ARI": scores.ari,
                "mAP": similar,
                "flagged": scores.flagged,
                "lost": scores.lost,
                "seconds": answer.seconds,
                "note": note,
            }
        )


def run(settings: Settings) -> list[Table]:
    """Measure all tissues of a run."""
    table = Table(
        "without_counts",
        ("dataset", "method", "seed", "ARI", "mAP", "flagged", "lost", "seconds", "note"),
        settings.out,
        Plot("ARI", "dataset", "method"),
    )
    tissues = TUNING if settings.tuning else REPORTING
    some = tissues[::2] if settings.subset else tissues
    found = [_measure(tissue, settings, table) for tissue in some]
    return [table, *summarise(found, settings)]


def _measure(tissue: ValueTissue, settings: Settings, table: Table) -> Measured:
    adata = simulate_values(
        tissue.kind,
        tissue.seed,
        tissue.genes,
        tissue.clusters,
        side=_SIDES[tissue.kind],
        noise=tissue.noise,
        **tissue.options,
    )
    images, k = rasterize(adata), tissue.clusters
    measured = Measured(tissue.name, adata.var["pattern"].to_numpy().astype(str))
    first = SEEDS[0]
    cells = kept_many(
        settings, f"grid, {k}, {first}", images, lambda: baselines.grid(images, k, first)
    )
    truth = measured.truth
    measured.grid = {cell: against_truth(truth, one.labels).ari for cell, one in cells.items()}
    best = max(measured.grid, key=lambda cell: measured.grid[cell])
    measured.score(_OWN_BEST, first, cells[best], table, best)
    for seed in SEEDS[:1] if settings.subset else SEEDS:
        measured.score(OURS, seed, our(settings)(images, k, seed), table)
        untrained = our(settings, train=UNTRAINED)
        measured.score(UNTRAINED_NAME, seed, untrained(images, k, seed), table)
    published = our(settings, count_weight=0.0)
    measured.score(PUBLISHED, first, published(images, k, first), table, "no noise model")
    return measured


def summarise(found: list[Measured], settings: Settings) -> list[Table]:
    """Return paired differences, tissue by tissue and pooled."""
    baseline = baselines.best_overall({one.name: one.grid for one in found})
    columns = ("dataset", "ours", "untrained", "baseline", "own best", "published")
    each = Table("without_counts_tissues", columns, settings.out)
    for one in found:
        each.append(
            {
                "dataset": one.name,
                "ours": float(np.mean(one.ari[OURS])),
                "untrained": float(np.mean(one.ari[UNTRAINED_NAME])),
                "baseline": one.grid[baseline],
                "own best": one.ari[_OWN_BEST][0],
                "published": one.ari[PUBLISHED][0],
            }
        )
    pooled = Table("without_counts_summary", ("measure", "value", "error", "note"), settings.out)

    def compare(measure: str, ours: list[float], other: list[float], note: str = "") -> None:
        value, error = paired(ours, other)
        worst = min(range(len(found)), key=lambda i: ours[i] - other[i])
        lowest = f"lowest {ours[worst] - other[worst]:+.3f} on {found[worst].name}"
        note = f"{lowest}; {note}" if note else lowest
        pooled.append({"measure": measure, "value": value, "error": error, "note": note})

    ours = each.numbers("ours")
    notes = {"baseline": baseline, "own best": "chosen by the truth, on each tissue"}
    for other in columns[2:]:
        compare(f"ours − {other}, ARI", ours, each.numbers(other), notes.get(other, ""))
    by_method = {
        method: [float(np.mean(one.similar[method])) for one in found]
        for method in (OURS, UNTRAINED_NAME)
    }
    compare("ours − untrained, mAP", by_method[OURS], by_method[UNTRAINED_NAME])
    return [each, pooled]
