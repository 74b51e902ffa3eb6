"""The arithmetic of the measure: pure functions of arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.metrics import adjusted_mutual_info_score, mutual_info_score
from sklearn.metrics.cluster import entropy
from sklearn.neighbors import kneighbors_graph

from darlc import metrics
from darlc.images.statistics import standardised

#: What ``var["pattern"]`` of a simulated gene without a pattern is.
PATTERNLESS = "none"
_BINS = 10


@dataclass(frozen=True)
class TruthScores:
    """How clusters of simulated genes agree with the truth.

    Parameters
    ----------
    ari, nmi
        Over patterned genes; each unassigned one counts as a cluster of its own.
    flagged
        Share of the patternless genes that are unassigned; NaN where there are none.
    lost
        Share of the patterned genes that are unassigned.
    """

    ari: float
    nmi: float
    flagged: float
    lost: float


@dataclass(frozen=True)
class Gap:
    """How much of the gap between baseline and oracle is closed.

    Parameters
    ----------
    each
        (n,) share by tissue.
    pooled
        Sum of gains over sum of gaps.
    worst
        The same, over the three tissues with the smallest shares.
    beaten
        Number of tissues on which the baseline is beaten.
    """

    each: NDArray[np.float64]
    pooled: float
    worst: float
    beaten: int


def against_truth(truth: ArrayLike, labels: NDArray[np.int64]) -> TruthScores:
    """Compare clusters (G,), -1 where unassigned, with true patterns (G,)."""
    truth = np.asarray(truth).astype(str)
    patterned = truth != PATTERNLESS
    alone = separated(labels)[patterned]
    return TruthScores(
        metrics.adjusted_rand(truth[patterned], alone),
        metrics.normalised_mutual_information(truth[patterned], alone),
        float(np.mean(labels[~patterned] < 0)) if not patterned.all() else float("nan"),
        float(np.mean(labels[patterned] < 0)),
    )


def separated(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return labels (G,) in which every unassigned gene is a cluster of its own."""
    return np.where(labels >= 0, labels, labels.max() + 1 + np.arange(len(labels)))


def gap_closed(
    ours: Sequence[float], baseline: Sequence[float], oracle: Sequence[float], worst: int = 3
) -> Gap:
    """Return the share of the gap that is closed, from scores by tissue, (n,) each."""
    gain = np.subtract(ours, baseline)
    gap = np.subtract(oracle, baseline)
    with np.errstate(divide="ignore", invalid="ignore"):
        each = gain / gap
        last = np.argsort(each)[:worst]
        return Gap(
            each,
            float(gain.sum() / gap.sum()),
            float(gain[last].sum() / gap[last].sum()),
            int((gain > 0).sum()),
        )


def paired(first: Sequence[float], second: Sequence[float]) -> tuple[float, float]:
    """Return the mean of paired differences, first − second, and its standard error."""
    difference = np.subtract(first, second)
    if len(difference) < 2:
        return float(difference.mean()), float("nan")
    return float(difference.mean()), float(difference.std(ddof=1) / np.sqrt(len(difference)))


def majority_right(truth: ArrayLike, labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return whether a gene's true pattern is the most frequent one of its cluster, (G,).

    Genes without a pattern, and unassigned ones, have no part in the vote and are never right.
    """
    truth = np.asarray(truth).astype(str)
    names, pattern = np.unique(truth, return_inverse=True)
    votes = (truth != PATTERNLESS) & (labels >= 0)
    table = np.zeros((labels.max() + 2, len(names)))
    np.add.at(table, (labels[votes], pattern[votes]), 1.0)
    return votes & (pattern == table.argmax(axis=1)[labels])


def calibration_error(
    confidence: NDArray[np.floating], right: NDArray[np.bool_], bins: int = _BINS
) -> float:
    """Return the expected calibration error, in [0, 1].

    The difference between the mean confidence and the share that is right, averaged over bins of
    equal width with the number of genes as weight.

    Parameters
    ----------
    confidence
        (n,) in [0, 1].
    right
        (n,).
    """
    if not len(confidence):
        return float("nan")
    place = np.minimum((np.asarray(confidence) * bins).astype(np.int64), bins - 1)
    excess = np.bincount(place, confidence - right, bins)
    return float(np.abs(excess).sum() / len(confidence))


def held_out_correlation(
    residuals: NDArray[np.floating], labels: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return each gene's correlation with its cluster's mean without itself, (G,).

    Parameters
    ----------
    residuals
        (G, P) held-out values; every gene is standardised over pixels first.
    labels
        (G,) clusters; -1 where unassigned. Such genes, and those that are alone, score 0.
    """
    score = np.zeros(len(labels))
    kept = np.flatnonzero(labels >= 0)
    if not len(kept):
        return score
    _, cluster = np.unique(labels[kept], return_inverse=True)
    membership = np.eye(cluster.max() + 1, dtype=np.float32)[cluster]
    score[kept] = np.nan_to_num(metrics.consensus_correlation(residuals[kept], membership))
    return score


def held_out_neighbours(
    residuals: NDArray[np.floating], embedding: NDArray[np.floating], neighbours: int = 10
) -> NDArray[np.float64]:
    """Return each gene's correlation with the mean of the genes nearest to it, (G,).

    Parameters
    ----------
    residuals
        (G, P) held-out values; every gene is standardised over pixels first.
    embedding
        (G, D) by which genes are near, by cosine; genes in a row of NaN have no neighbours, are
        nobody's and score 0.
    neighbours
        How many.
    """
    score = np.zeros(len(embedding))
    known = np.flatnonzero(np.isfinite(embedding).all(axis=1))
    if len(known) < 2:
        return score
    graph = kneighbors_graph(embedding[known], min(neighbours, len(known) - 1), metric="cosine")
    values = standardised(residuals[known])
    # Their sum, which correlates as their mean does.
    score[known] = row_correlation(values, graph @ values)
    return score


def thin(
    counts: sparse.csc_array, seed: int, share: float = 0.5
) -> tuple[sparse.csc_array, sparse.csc_array]:
    """Deal the molecules of counts (P, G) out at random; the two parts add up to the whole."""
    drawn = np.random.default_rng(seed).binomial(counts.data.astype(np.int64), share)
    parts = []
    for data in (drawn, counts.data - drawn):
        part = counts.copy()
        part.data = data.astype(np.float32)
        part.eliminate_zeros()
        parts.append(part)
    return parts[0], parts[1]


def poisson_deviance(counts: NDArray[np.floating], rate: NDArray[np.floating]) -> float:
    """Return the mean Poisson deviance of counts (G, P) under positive rates (G, P)."""
    rate = rate.astype(np.float64)
    ratio = np.where(counts > 0, counts / rate, 1.0)
    return float(2.0 * np.mean(counts * np.log(ratio) - (counts - rate)))


def row_correlation(
    first: NDArray[np.floating], second: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Return the correlation of the rows of two arrays (n, P), (n,); 0 where one is constant."""
    a = first - first.mean(axis=1, keepdims=True, dtype=np.float64)
    b = second - second.mean(axis=1, keepdims=True, dtype=np.float64)
    length = np.sqrt(np.square(a).sum(axis=1) * np.square(b).sum(axis=1))
    product = np.einsum("np,np->n", a, b)
    return np.divide(product, length, out=np.zeros(len(a)), where=length > 1e-12)


def information(
    labels: NDArray[np.int64], values: NDArray[np.floating]
) -> tuple[float, float, float]:
    """Return what clusters tell of a number: in bits, over its entropy, and beyond chance.

    Parameters
    ----------
    labels
        (G,) clusters; unassigned genes (-1) do not count.
    values
        (G,) a number of every gene, taken by its decile.

    Returns
    -------
    tuple
        Mutual information with the decile in bits; its share of the decile's entropy, in
        [0, 1]; and adjusted mutual information, which is 0 by chance whatever the sizes.
    """
    kept = labels >= 0
    # Ranks, so that ties and heavy tails make no empty bins.
    rank = np.argsort(np.argsort(values[kept], kind="stable"), kind="stable")
    decile = rank * _BINS // max(int(kept.sum()), 1)
    nats = float(mutual_info_score(labels[kept], decile))
    whole = float(entropy(decile))
    adjusted = float(adjusted_mutual_info_score(labels[kept], decile))
    return nats / np.log(2.0), nats / whole if whole else float("nan"), adjusted
