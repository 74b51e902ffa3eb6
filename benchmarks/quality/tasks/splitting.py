"""Real tissue by count splitting: fit on one half of the molecules, score on the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality import baselines
from benchmarks.quality.baselines import expectation, pearson_residuals, scaled
from benchmarks.quality.cache import kept, kept_many, our
from benchmarks.quality.datasets import load
from benchmarks.quality.methods import Answer
from benchmarks.quality.rates import FLAT, from_logs, plain_gat, rates, simple
from benchmarks.quality.rivals import rivals
from benchmarks.quality.scores import (
    held_out_correlation,
    held_out_neighbours,
    paired,
    poisson_deviance,
    row_correlation,
    thin,
)
from benchmarks.quality.settings import Settings, Unavailable
from benchmarks.quality.tables import Plot, Table, Value
from benchmarks.quality.tasks.simulated import UNTRAINED
from darlc.images.selection import choose_genes
from darlc.images.sgep_images import SGEPImages, rasterize

#: Tissues and their number of clusters.
CLUSTERS = {
    "mob": 10,
    "dlpfc_151510": 10,
    "visium_mouse": 10,
    "slideseq_cerebellum": 10,
    "starmap_mpfc": 8,
    "st_her2_A1": 10,
    "st_her2_B1": 10,
}
SUBSET = ("mob", "starmap_mpfc")
#: Seeds by which molecules are dealt out, for reporting and for tuning.
REPORTING_SEEDS = (201, 202)
TUNING_SEEDS = (11, 12)
_MOST_GENES = 1000
_FIT_SEED = 0
#: What never leads: the score of a method that could not run.
_NONE = float("-inf")
_OWN_BEST = "best of the grid on this tissue"


@dataclass(frozen=True, eq=False)
class Split:
    """Both halves of a tissue's molecules, at the same genes.

    Parameters
    ----------
    name
        Of the tissue.
    seed
        By which the molecules were dealt out.
    train, test
        What methods see, and what they are scored on.
    clusters
        Number K that is asked for.
    residuals
        (G, P) analytic Pearson residuals of the held-out half.
    """

    name: str
    seed: int
    train: SGEPImages
    test: SGEPImages
    clusters: int
    residuals: NDArray[np.float32]

    def score(self, labels: NDArray[np.int64]) -> float:
        """Return the mean over genes of the held-out correlation with their cluster."""
        return float(held_out_correlation(self.residuals, labels).mean())

    def neighbours(self, embedding: NDArray[np.floating] | None) -> float:
        """Return the mean over genes of the held-out correlation with the ten nearest ones."""
        if embedding is None:
            return float("nan")
        return float(held_out_neighbours(self.residuals, embedding).mean())


def split(
    name: str, seed: int, data: Path, genes: int = _MOST_GENES, clusters: int | None = None
) -> Split:
    """Deal out the molecules of a real tissue and choose genes on the half that methods see.

    Parameters
    ----------
    name
        One of ``CLUSTERS``.
    seed
        Of the dealing out.
    data
        Folder of the real data.
    genes
        Most genes to keep, those with the highest Moran's I.
    clusters
        Number K to ask for; that of ``CLUSTERS`` where it is None.

    Raises
    ------
    Unavailable
        The tissue is not in the folder.
    """
    train, test = halves(rasterize(load(name, data)), seed)
    chosen = choose_genes(train, genes).genes
    train, test = train.select(chosen), test.select(chosen)
    k = CLUSTERS[name] if clusters is None else clusters
    return Split(name, seed, train, test, k, pearson_residuals(test))


def halves(images: SGEPImages, seed: int) -> tuple[SGEPImages, SGEPImages]:
    """Return two tissues with about half of the molecules each, all genes."""
    first, second = thin(images.matrix, seed)
    return replace(images, matrix=first), replace(images, matrix=second)


def run(settings: Settings) -> list[Table]:
    """Measure clusters and denoised views on all tissues of a run."""
    clusters = Table(
        "splitting_clusters",
        (
            *("dataset", "split", "method", "correlation", "neighbours", "K found"),
            *("unassigned", "seconds", "note"),
        ),
        settings.out,
        Plot("correlation", "dataset", "method"),
    )
    denoisers = Table(
        "splitting_denoisers",
        ("dataset", "split", "method", "deviance", "explained", "correlation", "note"),
        settings.out,
        Plot("correlation", "dataset", "method"),
    )
    cells = Table(
        "splitting_grid", ("dataset", "split", "method", "correlation"), settings.out, quiet=True
    )
    seeds = TUNING_SEEDS if settings.tuning else REPORTING_SEEDS
    for name in SUBSET if settings.subset else CLUSTERS:
        for seed in seeds[:1] if settings.subset else seeds:
            try:
                tissue = split(name, seed, settings.data)
            except Unavailable as error:
                clusters.append({"dataset": name, "note": str(error)})
                break
            answer = _cluster(tissue, settings, clusters, cells)
            _denoise(tissue, answer, denoisers)
    if not cells.rows:
        return [clusters]
    return [clusters, cells, denoisers, *summarise(clusters, cells, denoisers, settings)]


def _cluster(tissue: Split, settings: Settings, table: Table, cells: Table) -> Answer:
    """Measure all clusterings of a split; return ours."""
    images, k = tissue.train, tissue.clusters
    where: dict[str, Value] = {"dataset": tissue.name, "split": tissue.seed}

    def score(method: str, answer: Answer, note: str = "") -> None:
        table.append(
            {
                **where,
                "method": method,
                "correlation": tissue.score(answer.labels),
                "neighbours": tissue.neighbours(answer.embedding),
                "K found": answer.n_clusters,
                "unassigned": float(np.mean(answer.labels < 0)),
                "seconds": answer.seconds,
                "note": note,
            }
        )

    answers = kept_many(
        settings, f"grid, {k}, {_FIT_SEED}", images, lambda: baselines.grid(images, k, _FIT_SEED)
    )
    scores = {cell: tissue.score(answer.labels) for cell, answer in answers.items()}
    for cell, value in scores.items():
        cells.append({**where, "method": cell, "correlation": value})
    own = max(scores, key=lambda cell: scores[cell])
    score(_OWN_BEST, answers[own], own)
    answer = our(settings)(images, k, _FIT_SEED)
    score("ours", answer)
    score("ours, untrained", our(settings, train=UNTRAINED)(images, k, _FIT_SEED))
    for name, rival in rivals().items():
        try:
            score(name, kept(settings, name, rival)(images, k, _FIT_SEED))
        except Unavailable as error:
            table.append({**where, "method": name, "note": str(error)})
    return answer


def _denoise(tissue: Split, answer: Answer, table: Table) -> None:
    """Measure all denoisers of a split; a family with settings has each figure's best."""
    counts = tissue.test.measured()
    flat = expectation(tissue.train)
    # By family: deviance and correlation of every setting.
    figures: dict[str, list[tuple[float, float, str]]] = defaultdict(list)
    for family, setting, profiles in _profiles(tissue.train, answer):
        rate = rates(tissue.train, profiles)
        along = row_correlation(tissue.residuals, scaled(rate, flat))
        deviance = poisson_deviance(counts, rate)
        figures[family].append((deviance, float(along.mean()), setting))
    for family, found in figures.items():
        deviance, _, first = min(found, key=lambda figure: figure[0])
        _, correlation, second = max(found, key=lambda figure: figure[1])
        table.append(
            {
                "dataset": tissue.name,
                "split": tissue.seed,
                "method": family,
                "deviance": deviance,
                "explained": 1.0 - deviance / figures[FLAT][0][0],
                "correlation": correlation,
                "note": first if first == second else f"{first} and {second}",
            }
        )


def _profiles(
    images: SGEPImages, answer: Answer
) -> Iterator[tuple[str, str, NDArray[np.floating]]]:
    yield from simple(images, _FIT_SEED)
    yield "plain GAT", "", plain_gat(images, _FIT_SEED)
    if answer.denoised is not None:
        yield "ours", "", from_logs(answer.denoised)


def summarise(clusters: Table, cells: Table, denoisers: Table, settings: Settings) -> list[Table]:
    """Return by how much we are ahead of the rest, tissue by tissue and in all.

    The baseline is the cell of the grid with the best mean over tissues; rivals that could not
    run do not count.
    """
    names = list(dict.fromkeys(str(name) for name in cells.values("dataset")))
    grid = {
        name: {cell: _mean(cells, "correlation", name, cell) for cell in baselines.names()}
        for name in names
    }
    baseline = baselines.best_overall(grid)
    lead = Table(
        "splitting_lead",
        ("dataset", "baseline", "own best", "best rival", "untrained", "ours", "lead"),
        settings.out,
    )
    for name in names:
        rival = max((_mean(clusters, "correlation", name, one) for one in rivals()), default=_NONE)
        ours_ = _mean(clusters, "correlation", name, "ours")
        lead.append(
            {
                "dataset": name,
                "baseline": grid[name][baseline],
                "own best": _mean(clusters, "correlation", name, _OWN_BEST),
                "best rival": rival if np.isfinite(rival) else None,
                "untrained": _mean(clusters, "correlation", name, "ours, untrained"),
                "ours": ours_,
                "lead": ours_ - max(grid[name][baseline], rival),
            }
        )
    clean = Table(
        "splitting_denoising_lead",
        (
            *("dataset", "best other's deviance", "our deviance", "lead in deviance"),
            *("best other's correlation", "our correlation", "lead in correlation"),
        ),
        settings.out,
    )
    others = [str(one) for one in dict.fromkeys(denoisers.values("method")) if one != "ours"]
    for name in names:
        deviance = min(_mean(denoisers, "deviance", name, one) for one in others)
        along = max(_mean(denoisers, "correlation", name, one) for one in others)
        our_deviance = _mean(denoisers, "deviance", name, "ours")
        our_along = _mean(denoisers, "correlation", name, "ours")
        clean.append(
            {
                "dataset": name,
                "best other's deviance": deviance,
                "our deviance": our_deviance,
                "lead in deviance": deviance - our_deviance,
                "best other's correlation": along,
                "our correlation": our_along,
                "lead in correlation": our_along - along,
            }
        )
    pooled = Table("splitting_summary", ("measure", "value", "note"), settings.out)
    total = f"of {len(names)}"

    def count(table: Table, *columns: str) -> int:
        return int(np.all([np.greater(table.numbers(one), 0) for one in columns], axis=0).sum())

    for measure, value, note in (
        ("baseline, mean correlation", np.mean(lead.numbers("baseline")), baseline),
        ("ours, mean correlation", np.mean(lead.numbers("ours")), ""),
        ("tissues on which our clusters lead", count(lead, "lead"), total),
        ("our denoiser leads in deviance", count(clean, "lead in deviance"), total),
        ("our denoiser leads in correlation", count(clean, "lead in correlation"), total),
        (
            "our denoiser leads in both",
            count(clean, "lead in deviance", "lead in correlation"),
            total,
        ),
    ):
        pooled.append({"measure": measure, "value": value, "note": note})
    for column in ("correlation", "neighbours"):
        difference, error = paired(
            clusters.numbers(column, method="ours"),
            clusters.numbers(column, method="ours, untrained"),
        )
        note = f"standard error {error:.4f}, paired over tissues and splits"
        pooled.append(
            {"measure": f"trained − untrained, {column}", "value": difference, "note": note}
        )
    return [lead, clean, pooled]


def _mean(table: Table, column: str, dataset: str, method: str) -> float:
    """Return a column's mean over the splits of a tissue; −∞ where the method could not run."""
    found = table.numbers(column, dataset=dataset, method=method)
    return float(np.mean(found)) if found else _NONE
