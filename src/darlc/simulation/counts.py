"""Genes that follow patterns, and their counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Shape of the gamma noise on every rate, by which counts vary more than Poisson counts.
_DISPERSION = 5.0


@dataclass(frozen=True, eq=False)
class Genes:
    """True patterns and means of genes.

    Parameters
    ----------
    pattern
        (genes,) number of the pattern that a gene follows; -1 for none.
    strength
        (genes,) how strongly, 1 is as drawn; 0 for genes without a pattern.
    mean
        (genes,) mean of the rate over observations.
    """

    pattern: NDArray[np.int64]
    strength: NDArray[np.float64]
    mean: NDArray[np.float64]


def draw_genes(
    genes: int, clusters: int, unpatterned: int, depth: float, random: np.random.Generator
) -> Genes:
    """Draw the patterns of genes, their strengths and their means.

    Parameters
    ----------
    genes
        Number of genes.
    clusters
        Number of patterns; at least two genes follow each.
    unpatterned
        Number of the genes that follow none.
    depth
        Sum of the genes' means.
    random
        Source of randomness.
    """
    share = random.dirichlet(np.full(clusters, 4.0))
    free = genes - unpatterned - 2 * clusters
    pattern = np.concatenate(
        [
            np.repeat(np.arange(clusters), 2),
            random.choice(clusters, free, p=share),
            np.full(unpatterned, -1),
        ]
    )
    random.shuffle(pattern)
    strength = np.clip(random.lognormal(-0.1, 0.35, genes), 0.3, 2.0)
    mean = random.lognormal(0.0, 1.1, genes)
    mean *= depth / mean.sum()
    return Genes(pattern, np.where(pattern < 0, 0.0, strength), mean)


def draw_counts(
    patterns: NDArray[np.float64],
    library: NDArray[np.float64],
    truth: Genes,
    dropout: float,
    random: np.random.Generator,
) -> NDArray[np.int64]:
    """Draw negative binomial counts, (n_obs, genes).

    Parameters
    ----------
    patterns
        (n_obs, clusters), positive.
    library
        (n_obs,) efficiency of the observations.
    truth
        The genes.
    dropout
        Share of the entries that are set to zero.
    random
        Source of randomness.
    """
    rate = patterns[:, truth.pattern] ** truth.strength
    rate *= truth.mean / (library @ rate / len(library))
    rate *= library[:, None]
    counts = random.poisson(rate * random.gamma(_DISPERSION, 1 / _DISPERSION, rate.shape))
    if dropout:
        counts[random.uniform(size=counts.shape) < dropout] = 0
    return counts
