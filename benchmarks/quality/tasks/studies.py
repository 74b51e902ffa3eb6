"""Several sections together: clusters against those of single sections, and genes that change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_rand_score, average_precision_score

from benchmarks.quality.scores import held_out_correlation
from benchmarks.quality.settings import Settings, Unavailable
from benchmarks.quality.tables import Table, Value
from benchmarks.quality.tasks.splitting import split as split_real
from darlc.config import Config
from darlc.events import Finished, StudyFinished
from darlc.explore.sections.changes import changes
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.learn.study.run import train_study
from darlc.learn.train.run import train
from darlc.results.result import Result
from darlc.results.study import StudyResult
from darlc.simulation.study import simulate_study
from darlc.simulation.tissue import simulate

GENES, CLUSTERS = 500, 10
#: By name: arguments of `simulate_study`. Depth is in molecules an observation.
STUDIES: Mapping[str, Mapping[str, Any]] = {
    "4 sections": {"sections": 4, "depth": 300.0},
    "4 sections, shallow": {"sections": 4, "depth": 150.0},
    "2 sections": {"sections": 2, "depth": 300.0},
    "6 sections, 2 private patterns": {"sections": 6, "depth": 300.0, "private": 2},
    "4 sections of 2 platforms": {"sections": 4, "depth": 300.0, "platforms": ("st", "visium")},
}
#: Two sections of one tumour, most genes of each, and clusters that are asked for.
_REAL, _REAL_GENES, _REAL_CLUSTERS = ("st_her2_A1", "st_her2_B1"), 1000, 10
#: False discovery rate at which genes are called.
_FDR = 0.1
_SMOOTHED = 1.5
#: Molecules an observation of the tissues whose molecules are split into two sections.
_SPLIT_DEPTHS = (150.0, 400.0)


def run(settings: Settings) -> list[Table]:
    """Measure all of it; needs no data. The seeds are not those that anything was tuned on."""
    seeds = (21,) if settings.subset else (21, 22)
    studies = dict(list(STUDIES.items())[:1]) if settings.subset else STUDIES
    clusters = Table(
        "studies_clusters",
        ("study", "seed", "together", "best section", "matched", "in sections", "alone"),
        settings.out,
    )
    changed = Table(
        "studies_changes",
        (
            *("study", "seed", "changed", "called", "false", "found"),
            *("AP together", "AP matched", "AP second order"),
        ),
        settings.out,
    )
    for name, arguments in studies.items():
        for seed in seeds:
            row, other = measure(name, seed, arguments, settings)
            clusters.append(row)
            changed.append(other)
    null = Table(
        "studies_null", ("depth", "seed", "genes", "called", "expected keeps", "ARI"), settings.out
    )
    for depth in _SPLIT_DEPTHS[: 1 if settings.subset else None]:
        for seed in seeds:
            null.append(split(depth, seed, settings))
    real = Table(
        "studies_real",
        ("section", "seed", "genes", "together", "shared label", "alone"),
        settings.out,
    )
    for seed in (201,) if settings.subset else (201, 202):
        for row in held_out(seed, settings):
            real.append(row)
    return [clusters, changed, null, real]


@dataclass(frozen=True, eq=False)
class Truth:
    """What the genes (G,) of a study follow: in group 1, in every section, and whether it differs.

    Parameters
    ----------
    study
        (G,) patterns.
    here
        (G, S) patterns.
    """

    study: NDArray[np.str_]
    here: NDArray[np.str_]

    @property
    def changed(self) -> NDArray[np.bool_]:
        """(G,) whether a gene follows several patterns."""
        return np.asarray((self.here != self.here[:, :1]).any(axis=1))


def measure(
    name: str, seed: int, arguments: Mapping[str, Any], settings: Settings
) -> tuple[dict[str, Value], dict[str, Value]]:
    """Return the rows of one study: of its clusters, and of the genes that change."""
    options = {"platforms": "st", "unpatterned": 0.1, **arguments}
    made = simulate_study(seed, genes=GENES, clusters=CLUSTERS, **options)
    images = {each: rasterize(adata) for each, adata in made.items()}
    config = Config.from_preset(settings.preset, device="cpu")
    study = fit_together(images, config)
    alone = {each: _fit(section, config) for each, section in images.items()}
    names = study.gene_names
    first = next(iter(made.values())).var
    truth = Truth(
        first["study_pattern"].astype(str)[names].to_numpy(),
        np.stack([a.var["pattern"].astype(str)[names].to_numpy() for a in made.values()], axis=1),
    )
    constant = ~truth.changed
    labels = matched(names, list(alone.values()))
    voted = np.array([_most(row) for row in labels])
    here = study.section_membership.argmax(axis=2)
    clusters: dict[str, Value] = {
        "study": name,
        "seed": seed,
        "together": adjusted_rand_score(truth.study[constant], study.cluster[constant]),
        "best section": max(_ari(truth.study, names, each, constant) for each in alone.values()),
        "matched": adjusted_rand_score(truth.study[constant], voted[constant]),
        "in sections": float(
            np.mean([adjusted_rand_score(truth.here[:, s], own) for s, own in enumerate(here)])
        ),
        "alone": float(
            np.mean(
                [
                    _ari(truth.here[:, s], names, each, np.ones(len(names), dtype=bool))
                    for s, each in enumerate(alone.values())
                ]
            )
        ),
    }
    called = np.zeros(len(names), dtype=bool)
    called[changes(study, fdr=_FDR).genes] = True
    differ = np.array([len(set(row[row >= 0])) > 1 for row in labels])
    second = second_order(list(images.values()), names)
    changed: dict[str, Value] = {
        "study": name,
        "seed": seed,
        "changed": int(truth.changed.sum()),
        "called": int(called.sum()),
        "false": float((called & constant).sum() / max(called.sum(), 1)),
        "found": float(called[truth.changed].mean()),
        "AP together": average_precision_score(
            truth.changed, 1.0 - np.nan_to_num(np.nanmin(study.keeps, axis=1), nan=1.0)
        ),
        "AP matched": average_precision_score(truth.changed, differ),
        "AP second order": average_precision_score(truth.changed, -second),
    }
    return clusters, changed


def split(depth: float, seed: int, settings: Settings) -> dict[str, Value]:
    """Return the row of a tissue whose molecules are split into two sections: nothing changes."""
    whole = simulate(
        seed, genes=GENES, clusters=CLUSTERS, platform="st", unpatterned=0.1, depth=2 * depth
    )
    counts = sparse.csr_matrix(whole.X)
    first = counts.copy()
    first.data = np.random.default_rng(seed).binomial(counts.data.astype(int), 0.5)
    images = {}
    for name, half in {"first": first, "second": counts - first}.items():
        section = whole.copy()
        section.X = sparse.csr_matrix(half, dtype=np.float32)
        section.X.eliminate_zeros()
        images[name] = rasterize(section)
    study = fit_together(images, Config.from_preset(settings.preset, device="cpu"))
    pattern = whole.var["pattern"].astype(str)[study.gene_names]
    return {
        "depth": depth,
        "seed": seed,
        "genes": study.n_genes,
        "called": len(set(changes(study, fdr=_FDR).genes.tolist())),
        "expected keeps": float(np.nanmean(study.keeps)),
        "ARI": adjusted_rand_score(pattern, study.cluster),
    }


def held_out(seed: int, settings: Settings) -> list[dict[str, Value]]:
    """Return rows of two real sections: correlation of held-out molecules with their cluster's.

    ``together`` by the cluster that a gene follows in the section, ``shared label`` by that of the
    study, ``alone`` by a fit of the section, with the same number of clusters and the same genes.
    """
    try:
        parts = [split_real(name, seed, settings.data, _REAL_GENES) for name in _REAL]
    except Unavailable as error:
        return [{"section": str(error), "seed": seed}]
    config = Config.from_preset(settings.preset, device="cpu", clusters=_REAL_CLUSTERS)
    study = fit_together({each.name: each.train for each in parts}, config)
    rows: list[dict[str, Value]] = []
    for s, part in enumerate(parts):
        alone = _fit(part.train, config)
        genes = part.test.index(list(alone.gene_names))
        place = {name: i for i, name in enumerate(study.gene_names.tolist())}
        own = np.array([place[name] for name in alone.gene_names.tolist()])
        residuals = part.residuals[genes]
        scored = {
            "together": study.section_membership[s].argmax(axis=1)[own],
            "shared label": study.cluster[own],
            "alone": alone.cluster,
        }
        row: dict[str, Value] = {"section": part.name, "seed": seed, "genes": len(own)}
        for name, labels in scored.items():
            row[name] = float(held_out_correlation(residuals, labels).mean())
        rows.append(row)
    return rows


def fit_together(images: Mapping[str, SGEPImages], config: Config) -> StudyResult:
    """Return a study of sections."""
    *_, last = train_study(images, config)
    assert isinstance(last, StudyFinished)
    return last.result


def _fit(images: SGEPImages, config: Config) -> Result:
    *_, last = train(images, config)
    assert isinstance(last, Finished)
    return last.result


def matched(names: NDArray[np.str_], results: list[Result]) -> NDArray[np.int64]:
    """Return clusters (G, S) of separate fits, numbered as those of the first that match.

    Numbers of later fits are those of the overlaps' optimal assignment; -1 where a section has no
    answer.
    """
    found = np.full((len(names), len(results)), -1)
    position = {name: i for i, name in enumerate(names.tolist())}
    for s, result in enumerate(results):
        rows = [position[name] for name in result.gene_names.tolist()]
        found[rows, s] = result.cluster
    for s in range(1, len(results)):
        both = (found[:, 0] >= 0) & (found[:, s] >= 0)
        size = int(found[:, [0, s]].max()) + 1
        overlap = np.zeros((size, size))
        np.add.at(overlap, (found[both, s], found[both, 0]), 1)
        _, number = linear_sum_assignment(-overlap)
        known = found[:, s] >= 0
        found[known, s] = number[found[known, s]]
    return found


def second_order(sections: list[SGEPImages], names: NDArray[np.str_]) -> NDArray[np.float64]:
    """Return how alike genes' correlations with all genes are in two sections, at least, (G,).

    After Smoothie's comparison of datasets.
    """
    profiles = []
    for images in sections:
        known = np.isin(names, images.gene_names)
        smooth = images.grid.smoothed(
            images.expression(images.index(list(names[known]))), _SMOOTHED
        )
        profile = np.full((len(names), len(names)), np.nan)
        profile[np.ix_(known, known)] = np.nan_to_num(np.corrcoef(smooth))
        profiles.append(profile)
    pairs = [
        _row_correlation(one, other)
        for i, one in enumerate(profiles)
        for other in profiles[i + 1 :]
    ]
    return np.nan_to_num(np.nanmin(np.stack(pairs), axis=0), nan=1.0)


def _row_correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    first, second = (_standard(each) for each in (one, other))
    return np.asarray(np.nanmean(first * second, axis=1))


def _standard(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = rows - np.nanmean(rows, axis=1, keepdims=True)
    return np.asarray(centred / np.nanstd(rows, axis=1, keepdims=True))


def _ari(
    truth: NDArray[np.str_], names: NDArray[np.str_], result: Result, used: NDArray[np.bool_]
) -> float:
    position = {name: i for i, name in enumerate(names.tolist())}
    rows = np.array([position[name] for name in result.gene_names.tolist()])
    kept = used[rows]
    return float(adjusted_rand_score(truth[rows][kept], result.cluster[kept]))


def _most(labels: NDArray[np.int64]) -> int:
    known = labels[labels >= 0]
    return int(np.bincount(known).argmax()) if len(known) else -1
