"""Task 4: what biologists already know. Gene sets, gene pairs and annotated regions.

Nothing here is a truth about spatial patterns: genes of one pathway need not share one. Figures
are therefore read against chance (shuffled labels, raw correlation) and against the baseline.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.quality import baselines
from benchmarks.quality.cache import our
from benchmarks.quality.datasets import load
from benchmarks.quality.methods import Answer, Method
from benchmarks.quality.settings import Settings, Unavailable
from benchmarks.quality.tables import Plot, Table
from benchmarks.quality.tasks.gene_sets import (
    cosine,
    hits,
    incidence,
    pair_auroc,
    read_gmt,
    shuffled_hits,
)
from darlc import metrics
from darlc.images.gene_labels import gene_labels
from darlc.images.selection import choose_genes
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.images.statistics import standardised
from darlc.learn.denoise.transform import stabilise
from darlc.results.denoised_views import consensus_pattern
from darlc.results.tissue_regions import pattern_strength

#: Tissues, their number of clusters, and the column of ``obs`` that holds annotated regions.
TISSUES = {
    "mob": (10, ""),
    "dlpfc_151510": (10, "layer"),
    "visium_mouse": (10, ""),
    "slideseq_cerebellum": (10, ""),
    "starmap_mpfc": (8, "layer"),
    "st_her2_A1": (10, "region"),
    "st_her2_B1": (10, "region"),
}
SUBSET = ("starmap_mpfc", "st_her2_B1")
#: Collections of gene sets; pairs are judged by the first.
COLLECTIONS = {"KEGG 2016": "KEGG_2016.gmt", "Hallmark": "hallmark.gmt"}
_PAIRS = "KEGG 2016"
#: What a pathologist writes where there is nothing to say.
_UNKNOWN = "undetermined"
_MOST_GENES = 1000
_SEED = 0
#: Smoothing of the views of methods that have no denoised ones, in pixels.
_SIGMA = 2.0


@dataclass(frozen=True, eq=False)
class RealTissue:
    """A real tissue with what is known of its genes and observations.

    Parameters
    ----------
    images
        The genes that are clustered.
    symbols
        (G,) their symbols, upper case.
    clusters
        Number K that is asked for.
    regions
        (n_obs,) annotated regions, missing where unknown; None where nobody annotated.
    """

    images: SGEPImages
    symbols: NDArray[np.str_]
    clusters: int
    regions: pd.Series | None


def run(settings: Settings) -> list[Table]:
    """Measure enrichment, gene pairs and regions, for ours and for the baseline."""
    sets = Table(
        "biology_sets",
        (
            *("dataset", "collection", "method", "sets", "enriched clusters", "shuffled clusters"),
            *("hits", "shuffled hits", "most shuffled hits", "note"),
        ),
        settings.out,
        Plot("hits", "dataset", "method"),
    )
    pairs = Table(
        "biology_pairs",
        ("dataset", "method", "AUROC", "lift over raw correlation", "pairs", "note"),
        settings.out,
        Plot("lift over raw correlation", "dataset", "method"),
    )
    regions = Table(
        "biology_regions",
        ("dataset", "method", "ARI", "NMI", "eta squared", "regions", "note"),
        settings.out,
        Plot("NMI", "dataset", "method"),
    )
    collections = {}
    for name, file in COLLECTIONS.items():
        try:
            collections[name] = read_gmt(settings.data / "gmt" / file)
        except Unavailable as error:
            sets.append({"collection": name, "note": str(error)})
    for name in SUBSET if settings.subset else TISSUES:
        try:
            tissue = prepare(name, settings.data)
        except Unavailable as error:
            for table in (sets, pairs, regions):
                table.append({"dataset": name, "note": str(error)})
            continue
        answers = {
            method: fit(tissue.images, tissue.clusters, _SEED)
            for method, fit in methods(settings).items()
        }
        for collection, content in collections.items():
            known = incidence(content, tissue.symbols)
            _enrich(sets, name, collection, known, answers)
            if collection == _PAIRS:
                _pair(pairs, name, tissue, known, answers)
        if tissue.regions is not None:
            locate(regions, name, tissue, tissue.regions, answers)
    return [sets, pairs, regions]


def methods(settings: Settings) -> dict[str, Method]:
    """Return what is compared, by name."""
    return {"baseline": baselines.configuration(baselines.PLAIN), "ours": our(settings)}


def prepare(name: str, data: Path, genes: int = _MOST_GENES) -> RealTissue:
    """Read a tissue and choose its genes.

    Parameters
    ----------
    name
        One of ``TISSUES``.
    data
        Folder of the real data.
    genes
        Most genes, those with the highest Moran's I.

    Raises
    ------
    Unavailable
        The tissue is not in the folder.
    """
    adata = load(name, data)
    clusters, column = TISSUES[name]
    images = rasterize(adata)
    chosen = choose_genes(images, genes).genes
    regions = None
    if column:
        regions = adata.obs[column].astype(object)
        regions = regions.mask(regions == _UNKNOWN)
    symbols = np.char.upper(gene_labels(adata)[chosen])
    return RealTissue(images.select(chosen), symbols, clusters, regions)


def eta_squared(patterns: NDArray[np.floating], regions: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the share of each pattern's variance that lies between regions, (K,).

    Parameters
    ----------
    patterns
        (K, n) values in observations.
    regions
        (n,) region 0, 1, … of every observation.
    """
    member = np.eye(regions.max() + 1)[regions]
    size = member.sum(axis=0)
    centred = patterns - patterns.mean(axis=1, keepdims=True)
    means = centred @ member / np.maximum(size, 1)
    total = np.square(centred).sum(axis=1)
    return (np.square(means) @ size) / np.maximum(total, 1e-12)


def patterns(answer: Answer, images: SGEPImages) -> NDArray[np.float32]:
    """Return the consensus patterns (K, P) of an answer's clusters, standardised over pixels.

    Of the method's own denoised views, else of smoothed ones.
    """
    if answer.denoised is not None:
        views = answer.denoised
    else:
        views = images.grid.smoothed(stabilise(images), _SIGMA)
    assigned = answer.labels >= 0
    present, cluster = np.unique(answer.labels[assigned], return_inverse=True)
    membership = np.eye(len(present), dtype=np.float32)[cluster]
    return standardised(consensus_pattern(views[assigned], membership))


def strength(answer: Answer, images: SGEPImages) -> NDArray[np.float32]:
    """Return how strong patterns are at each pixel, (K, P), as the window compares them."""
    _, genes = np.unique(answer.labels[answer.labels >= 0], return_counts=True)
    return pattern_strength(patterns(answer, images), genes, images.grid)


def _enrich(
    table: Table,
    dataset: str,
    collection: str,
    known: NDArray[np.bool_],
    answers: Mapping[str, Answer],
) -> None:
    for method, answer in answers.items():
        found = hits(answer.labels, known)
        chance = shuffled_hits(answer.labels, known, _SEED)
        table.append(
            {
                "dataset": dataset,
                "collection": collection,
                "method": method,
                "sets": len(known),
                "enriched clusters": found.clusters,
                "shuffled clusters": float(np.mean([one.clusters for one in chance])),
                "hits": found.pairs,
                "shuffled hits": float(np.mean([one.pairs for one in chance])),
                "most shuffled hits": max(one.pairs for one in chance),
            }
        )


def _pair(
    table: Table,
    dataset: str,
    tissue: RealTissue,
    known: NDArray[np.bool_],
    answers: Mapping[str, Answer],
) -> None:
    raw, n = pair_auroc(cosine(standardised(tissue.images.expression())), known)
    table.append({"dataset": dataset, "method": "raw correlation", "AUROC": raw, "pairs": n})
    for method, answer in answers.items():
        assert answer.embedding is not None
        auroc, _ = pair_auroc(cosine(answer.embedding), known)
        table.append(
            {
                "dataset": dataset,
                "method": method,
                "AUROC": auroc,
                "lift over raw correlation": auroc - raw,
                "pairs": n,
            }
        )


def locate(
    table: Table,
    dataset: str,
    tissue: RealTissue,
    regions: pd.Series,
    answers: Mapping[str, Answer],
) -> None:
    """Append to a table how well each method's patterns tell known regions (n_obs,) apart."""
    codes, names = pd.factorize(regions)
    pixel = tissue.images.observation_pixel
    there = (codes >= 0) & (pixel >= 0)
    region = codes[there].astype(np.int64)
    for method, answer in answers.items():
        drawn = patterns(answer, tissue.images)[:, pixel[there]]
        for name, values in {
            method: drawn,
            f"{method}, regions": strength(answer, tissue.images)[:, pixel[there]],
        }.items():
            highest = values.argmax(axis=0)
            table.append(
                {
                    "dataset": dataset,
                    "method": name,
                    "ARI": metrics.adjusted_rand(region, highest),
                    "NMI": metrics.normalised_mutual_information(region, highest),
                    "eta squared": float(eta_squared(values, region).mean()),
                    "regions": len(names),
                }
            )
