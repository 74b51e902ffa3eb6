"""Two results compared: which clusters are the same, and which genes moved between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darlc.errors import InputError
from darlc.images.gene_labels import gene_labels
from darlc.images.statistics import standardised
from darlc.metrics import adjusted_rand
from darlc.results.clusters import Clusters
from darlc.results.result import Result


@dataclass(frozen=True, eq=False)
class MatchedResults:
    """The clusters of two results, matched by the genes that both hold.

    Parameters
    ----------
    rows
        (n, 2) rows of the genes that both results hold.
    overlap
        (K, L) how many of these genes are in a cluster of the first and in one of the second.
    pairs
        (m, 2) columns of matched clusters, each in one pair at most, those with most genes in
        common first: of all ways to match, the one with most genes that stay.
    jaccard
        (m,) genes in both clusters of a pair over genes in either.
    likeness
        (m,) correlation of the pair's consensus patterns; NaN where the results lie on different
        tissue.
    adjusted_rand
        Adjusted Rand index of the two clusterings of these genes: 1 if equal, 0 as by chance.
    moved
        (k,) which of the ``rows``: genes whose clusters are not a pair, the surest first.
    """

    rows: NDArray[np.int64]
    overlap: NDArray[np.int64]
    pairs: NDArray[np.int64]
    jaccard: NDArray[np.float64]
    likeness: NDArray[np.float64]
    adjusted_rand: float
    moved: NDArray[np.int64]


def compare_results(first: Result, second: Result) -> MatchedResults:
    """Match the clusters of two results, as the user edited them.

    Parameters
    ----------
    first, second
        Of two seeds, presets or numbers of clusters, or of two sections. Genes are matched by
        their names or, where the results have no name in common, by symbols in upper case; then
        both must be bound to their data.

    Raises
    ------
    InputError
        Fewer than two genes are in both results, or one holds no clusters.
    """
    clusters = tuple(each.shown_clusters for each in (first, second))
    if not all(each.n_clusters for each in clusters):
        raise InputError("a result holds no clusters, it was stopped early: fit it again.")
    rows = _in_both(first, second)
    one, two = (each.cluster[rows[:, i]] for i, each in enumerate(clusters))
    overlap = np.zeros((clusters[0].n_clusters, clusters[1].n_clusters), dtype=np.int64)
    np.add.at(overlap, (one, two), 1)
    pairs = matched_pairs(overlap)
    both = overlap[tuple(pairs.T)]
    either = overlap.sum(axis=1)[pairs[:, 0]] + overlap.sum(axis=0)[pairs[:, 1]] - both
    partner = np.full(len(overlap), -1)
    partner[pairs[:, 0]] = pairs[:, 1]
    moved = np.flatnonzero(partner[one] != two)
    sure = np.minimum(*(each.confidence[rows[:, i]] for i, each in enumerate(clusters)))
    return MatchedResults(
        rows=rows,
        overlap=overlap,
        pairs=pairs,
        jaccard=both / np.maximum(either, 1),
        likeness=_likeness((first, second), clusters, pairs),
        adjusted_rand=adjusted_rand(one, two),
        moved=moved[np.argsort(-sure[moved], kind="stable")],
    )


def _in_both(first: Result, second: Result) -> NDArray[np.int64]:
    """Return the rows (n, 2) of the genes that both results hold."""
    names = [list(map(str, each.gene_names)) for each in (first, second)]
    if not set(names[0]) & set(names[1]):
        names = [_symbols(each) for each in (first, second)]
    row = {name: i for i, name in reversed(list(enumerate(names[1])))}
    found: dict[int, int] = {}
    for i, name in enumerate(names[0]):
        if name and name in row:
            found[i] = row.pop(name)
    if len(found) < 2:
        raise InputError(
            f"the results have {len(found)} genes in common, by name or symbol: "
            "choose results of the same species."
        )
    return np.array(list(found.items()), dtype=np.int64)


def _symbols(result: Result) -> list[str]:
    """Return symbols of a result's genes in upper case; empty where the data are not known."""
    if result.adata is None:
        return [""] * result.n_genes
    label = dict(zip(result.adata.var_names, gene_labels(result.adata), strict=True))
    return [str(label.get(name, "")).upper() for name in result.gene_names]


def matched_pairs(overlap: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return pairs (m, 2) of clusters with genes in common that keep most genes together.

    Parameters
    ----------
    overlap
        (K, L) genes in common.
    """
    from scipy.optimize import linear_sum_assignment

    pairs = np.column_stack(linear_sum_assignment(overlap, maximize=True))
    kept = overlap[tuple(pairs.T)]
    order = np.argsort(-kept, kind="stable")
    return np.asarray(pairs[order][kept[order] > 0], dtype=np.int64)


def _likeness(
    results: tuple[Result, ...], clusters: tuple[Clusters, ...], pairs: NDArray[np.int64]
) -> NDArray[np.float64]:
    from darlc.results.denoised_views import consensus_pattern

    if not np.array_equal(results[0].grid.mask, results[1].grid.mask):
        return np.full(len(pairs), np.nan)
    patterns = [
        standardised(consensus_pattern(result.denoised, held.membership, result.drawing))
        for result, held in zip(results, clusters, strict=True)
    ]
    a, b = patterns[0][pairs[:, 0]], patterns[1][pairs[:, 1]]
    return np.einsum("kp,kp->k", a, b, dtype=np.float64) / a.shape[1]
