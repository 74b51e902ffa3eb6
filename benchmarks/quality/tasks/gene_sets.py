"""Gene sets: how many clusters are enriched in, and how well similarity tells their pairs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import false_discovery_control, hypergeom
from sklearn.metrics import roc_auc_score

from benchmarks.quality.settings import Unavailable
from darlc.images.statistics import unit_length

_FEWEST_IN_SET = 3
_FDR = 0.05
_SHUFFLES = 20


@dataclass(frozen=True)
class Hits:
    """How many gene sets clusters are enriched in.

    Parameters
    ----------
    clusters
        Clusters with a significant set.
    pairs
        Significant pairs of cluster and set.
    """

    clusters: int
    pairs: int


def read_gmt(path: Path) -> dict[str, frozenset[str]]:
    """Return the gene sets of a GMT file by name, symbols in upper case.

    Raises
    ------
    Unavailable
        There is no such file.
    """
    if not path.exists():
        raise Unavailable(f"{path.name} is not in {path.parent}")
    sets = {}
    for line in path.read_text().splitlines():
        # Name, description, then the genes.
        name, _, *genes = line.split("\t")
        sets[name] = frozenset(gene.strip().upper() for gene in genes if gene.strip())
    return sets


def incidence(
    sets: Mapping[str, frozenset[str]], symbols: NDArray[np.str_], fewest: int = _FEWEST_IN_SET
) -> NDArray[np.bool_]:
    """Return which genes (G,) are in which sets, (S, G): sets with enough of the genes."""
    rows = [np.isin(symbols, list(genes)) for genes in sets.values()]
    found = np.array(rows, dtype=bool).reshape(-1, len(symbols))
    return found[found.sum(axis=1) >= fewest]


def enrichment(labels: NDArray[np.int64], known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return hypergeometric p values of clusters in gene sets, (K, S).

    Parameters
    ----------
    labels
        (G,) clusters of the background, the genes that were tested; -1 is in none.
    known
        (S, G).
    """
    present = np.unique(labels[labels >= 0])
    member = labels == present[:, None]
    overlap = member.astype(np.int64) @ known.T.astype(np.int64)
    return hypergeom.sf(
        overlap - 1, len(labels), known.sum(axis=1), member.sum(axis=1)[:, None]
    ).astype(np.float64)


def hits(labels: NDArray[np.int64], known: NDArray[np.bool_], fdr: float = _FDR) -> Hits:
    """Count significant pairs of cluster and set, and clusters that have one.

    False discoveries are controlled over all pairs together (Benjamini–Hochberg).
    """
    p = enrichment(labels, known)
    if not p.size:
        return Hits(0, 0)
    significant = (false_discovery_control(p.ravel()) < fdr).reshape(p.shape)
    return Hits(int(significant.any(axis=1).sum()), int(significant.sum()))


def shuffled_hits(
    labels: NDArray[np.int64], known: NDArray[np.bool_], seed: int, shuffles: int = _SHUFFLES
) -> list[Hits]:
    """Return the hits of clusters of the same sizes, drawn by chance."""
    random = np.random.default_rng(seed)
    return [hits(random.permutation(labels), known) for _ in range(shuffles)]


def pair_auroc(similarity: NDArray[np.floating], known: NDArray[np.bool_]) -> tuple[float, int]:
    """Return how well similarity tells pairs that share a set from others, and their number.

    Only genes of some set count: of others nobody knows what they share.

    Parameters
    ----------
    similarity
        (G, G).
    known
        (S, G).

    Returns
    -------
    auroc
        .5 is chance; NaN where there are no pairs of one kind.
    pairs
        Number of pairs that share a set.
    """
    annotated = np.flatnonzero(known.any(axis=0))
    membership = known[:, annotated].astype(np.float32)
    upper = np.triu_indices(len(annotated), 1)
    shares = (membership.T @ membership)[upper] > 0
    if not shares.any() or shares.all():
        return float("nan"), int(shares.sum())
    score = similarity[np.ix_(annotated, annotated)][upper]
    return float(roc_auc_score(shares, score)), int(shares.sum())


def cosine(embedding: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return cosines (G, G) of embeddings (G, D); rows of NaN are like nothing."""
    z = unit_length(np.nan_to_num(embedding.astype(np.float64)))
    return z @ z.T
