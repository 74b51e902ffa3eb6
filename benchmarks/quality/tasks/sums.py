"""Genes of two patterns: how many are found, how many are called wrongly, and how sure one may be.

On simulated tissue whose sums are known, and on two halves of the molecules of real tissue.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from unittest import mock

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score

from benchmarks.quality.scores import calibration_error
from benchmarks.quality.settings import Settings, Unavailable
from benchmarks.quality.tables import Table, Value
from benchmarks.quality.tasks.splitting import CLUSTERS as REAL
from benchmarks.quality.tasks.splitting import split
from darlc.config import Config
from darlc.events import Finished
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.learn.cluster.clustering import GeneClusters
from darlc.learn.train.run import train
from darlc.results.result import Result
from darlc.simulation.tissue import simulate

#: Name, seed, genes, clusters, molecules an observation, and other arguments of `simulate`. Seeds
#: below 100 are for tuning.
_TISSUES: tuple[tuple[str, int, int, int, float, dict[str, Any]], ...] = (
    ("ST", 301, 600, 12, 3000.0, {"platform": "st", "sums": 0.2}),
    ("ST, few sums", 302, 600, 12, 3000.0, {"platform": "st", "sums": 0.05}),
    ("ST, no sums", 303, 600, 12, 3000.0, {"platform": "st"}),
    ("ST, shallow", 304, 600, 12, 1000.0, {"platform": "st", "sums": 0.2}),
    ("Visium", 305, 800, 14, 2000.0, {"sums": 0.2}),
    ("Visium, no sums", 306, 800, 14, 2000.0, {}),
    (
        "Visium, holes, stripes",
        307,
        800,
        14,
        4000.0,
        {"sums": 0.2, "nuisance": ("holes", "stripes")},
    ),
    ("MERFISH", 308, 600, 10, 400.0, {"platform": "merfish", "sums": 0.2}),
    ("MERFISH, no sums", 309, 600, 10, 400.0, {"platform": "merfish"}),
    ("Slide-seq", 310, 600, 10, 300.0, {"platform": "slideseq", "sums": 0.2}),
)
_EDGES = (0.0, 0.05, 0.2, 0.5, 0.8, 0.95, 1.0)
#: Most genes of a real tissue, and the probability from which a half of the molecules agrees.
_REAL_GENES, _AGREES = 1000, 0.5


def run(settings: Settings) -> list[Table]:
    """Measure all of it; the part on simulated tissue needs no data."""
    tissues = _TISSUES[:1] if settings.subset else _TISSUES
    found = Table(
        "sums_found",
        (
            *("tissue", "seed", "genes", "sums", "estimated", "called", "false"),
            *("found", "right pair", "share error", "ECE", "ARI of pure genes", "without sums"),
        ),
        settings.out,
    )
    everything = []
    for name, seed, genes, clusters, depth, options in tissues:
        row, answers = measure(name, seed, genes, clusters, depth, options, settings)
        everything.append(answers)
        found.append(row)
    bins = Table("sums_calibration", ("probability", "genes", "mean", "are sums"), settings.out)
    probability = np.concatenate([each.probability for each in everything])
    true = np.concatenate([each.true for each in everything])
    for low, high in pairwise(_EDGES):
        some = (probability >= low) & ((probability < high) | (high == _EDGES[-1]))
        if some.any():
            bins.append(
                {
                    "probability": f"{low:g} to {high:g}",
                    "genes": int(some.sum()),
                    "mean": float(probability[some].mean()),
                    "are sums": float(true[some].mean()),
                }
            )
    bins.append(
        {
            "probability": "all: ECE",
            "genes": len(true),
            "mean": calibration_error(probability, true),
        }
    )
    real = Table(
        "sums_real",
        ("tissue", "seed", "genes", "estimated", "called", "again", "same second", "others"),
        settings.out,
    )
    for name in list(REAL)[: 1 if settings.subset else None]:
        real.append(halves(name, 201, settings))
    return [found, bins, real]


@dataclass(frozen=True, eq=False)
class Answers:
    """Of genes with a pattern and a cluster: probability of two, and whether there are two."""

    probability: NDArray[np.float32]
    true: NDArray[np.bool_]


def measure(
    name: str,
    seed: int,
    genes: int,
    clusters: int,
    depth: float,
    options: dict[str, Any],
    settings: Settings,
) -> tuple[dict[str, Value], Answers]:
    """Return the row of a simulated tissue, and what was answered of its genes."""
    adata = simulate(seed, genes, clusters, depth, unpatterned=0.1, **options)
    result, _ = _fit(rasterize(adata), Config.from_preset(settings.preset, device="cpu"))
    truth = adata.var.loc[result.gene_names]
    pattern = truth["pattern"].astype(str).to_numpy()
    other = truth["second"].astype(str).to_numpy() if "second" in truth else None
    true = np.zeros(len(truth), dtype=bool) if other is None else other != "none"
    pure = (pattern != "none") & ~true
    second = result.second_patterns
    assert second is not None
    asked = (pattern != "none") & (second.cluster >= 0)
    called = second.likely & asked
    names = main_patterns(result, pattern, pure)
    one, two = names[result.cluster], names[second.cluster]
    row: dict[str, Value] = {
        "tissue": name,
        "seed": seed,
        "genes": int(asked.sum()),
        "sums": float(true[asked].mean()),
        "estimated": float(second.probability[asked].mean()),
        "called": int(called.sum()),
        "false": float((called & ~true).sum() / max(called.sum(), 1)),
        "ECE": calibration_error(second.probability[asked], true[asked]),
        "ARI of pure genes": adjusted_rand_score(pattern[pure], result.cluster[pure]),
    }
    if other is not None:
        right = ((one == pattern) & (two == other)) | ((one == other) & (two == pattern))
        share = truth["second_share"].to_numpy()
        straight = called & true & (one == pattern) & (two == other)
        row["found"] = float(called[true & asked].mean())
        row["right pair"] = float(right[called & true].mean())
        row["share error"] = float(np.abs(second.share - share)[straight].mean())
        plain = simulate(seed, genes, clusters, depth, unpatterned=0.1, **(options | {"sums": 0.0}))
        without, _ = _fit(rasterize(plain), result.config)
        known = np.isin(without.gene_names, result.gene_names[pure])
        row["without sums"] = adjusted_rand_score(
            plain.var["pattern"].astype(str)[without.gene_names[known]], without.cluster[known]
        )
    return row, Answers(second.probability[asked], true[asked])


def main_patterns(
    result: Result, pattern: NDArray[np.str_], pure: NDArray[np.bool_]
) -> NDArray[np.object_]:
    """Return the pattern of most pure genes of every cluster; and ``""`` last, for no cluster."""
    names = np.full(result.n_clusters + 1, "", dtype=object)
    for k in range(result.n_clusters):
        if (some := pattern[pure & (result.cluster == k)]).size:
            values, counts = np.unique(some, return_counts=True)
            names[k] = values[counts.argmax()]
    return names


def halves(name: str, seed: int, settings: Settings) -> dict[str, Value]:
    """Return the row of a real tissue, whose molecules are dealt out into two halves.

    Sums are called on the half that is fitted. The genes' molecules of the other half are then
    compared under the same patterns: *again* is the share of the called genes that are likelier
    sums than not there, *same second* of these with the same second cluster, and *others* the share
    of the genes that were not called.
    """
    try:
        part = split(name, seed, settings.data, _REAL_GENES)
    except Unavailable as error:
        return {"tissue": str(error), "seed": seed}
    config = Config.from_preset(settings.preset, device="cpu", clusters="auto")
    result, clusters = _fit(part.train, config)
    genes = part.test.index(list(result.gene_names))
    second = result.second_patterns
    again = clusters.second_patterns(result.membership, part.test.select(genes))
    assert second is not None and again is not None
    asked, called = second.cluster >= 0, second.likely
    agrees = again.probability >= _AGREES
    return {
        "tissue": name,
        "seed": seed,
        "genes": int(asked.sum()),
        "estimated": float(second.probability[asked].mean()),
        "called": int(called.sum()),
        "again": float(agrees[called].mean()) if called.any() else float("nan"),
        "same second": float((again.cluster == second.cluster)[called & agrees].mean()),
        "others": float(agrees[asked & ~called].mean()),
    }


def _fit(images: SGEPImages, config: Config) -> tuple[Result, GeneClusters]:
    """Return a result, and the clusters that answer about more molecules of its genes."""
    made: list[GeneClusters] = []

    class Noted(GeneClusters):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            made.append(self)

    with mock.patch("darlc.learn.train.run.GeneClusters", Noted):
        *_, last = train(images, config)
    assert isinstance(last, Finished)
    return last.result, made[-1]
