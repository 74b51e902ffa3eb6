"""Genes that follow patterns, and their counts."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

#: Shape of the gamma noise on every rate, by which counts vary more than Poisson counts.
_DISPERSION = 5.0
#: Smallest and largest share of its molecules that a sum of two patterns has of the second.
SHARES = (0.15, 0.5)


@dataclass(frozen=True, eq=False)
class Second:
    """Second patterns of genes that are sums of two.

    Parameters
    ----------
    pattern
        (genes,) number of the second pattern; -1 for none.
    strength
        (genes,) how strongly it is followed; 0 for none.
    share
        (genes,) share of the molecules that come from it; 0 for none.
    """

    pattern: NDArray[np.int64]
    strength: NDArray[np.float64]
    share: NDArray[np.float64]


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
    second
        Second patterns, where some genes are sums of two.
    """

    pattern: NDArray[np.int64]
    strength: NDArray[np.float64]
    mean: NDArray[np.float64]
    second: Second | None = None


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
    strength = _draw_strengths(genes, random)
    mean = random.lognormal(0.0, 1.1, genes)
    mean *= depth / mean.sum()
    return Genes(pattern, np.where(pattern < 0, 0.0, strength), mean)


def draw_second(truth: Genes, clusters: int, sums: int, random: np.random.Generator) -> Genes:
    """Make some genes sums of two patterns.

    Parameters
    ----------
    truth
        The genes, of which some follow a pattern.
    clusters
        Number of patterns, two at least.
    sums
        Number of the genes that get a second pattern, chosen at random among those with a first.
    random
        Source of randomness.
    """
    chosen = random.choice(np.flatnonzero(truth.pattern >= 0), sums, replace=False)
    pattern = np.full(len(truth.pattern), -1)
    strength, share = np.zeros(len(pattern)), np.zeros(len(pattern))
    pattern[chosen] = (truth.pattern[chosen] + random.integers(1, clusters, sums)) % clusters
    strength[chosen] = _draw_strengths(sums, random)
    share[chosen] = random.uniform(*SHARES, sums)
    return replace(truth, second=Second(pattern, strength, share))


def _draw_strengths(n: int, random: np.random.Generator) -> NDArray[np.float64]:
    return np.clip(random.lognormal(-0.1, 0.35, n), 0.3, 2.0)


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
    rate = _rate(patterns, library, truth.pattern, truth.strength, truth.mean)
    if truth.second is not None:
        sums, second = np.flatnonzero(truth.second.pattern >= 0), truth.second
        rate[:, sums] *= 1.0 - second.share[sums]
        rate[:, sums] += second.share[sums] * _rate(
            patterns, library, second.pattern[sums], second.strength[sums], truth.mean[sums]
        )
    rate *= library[:, None]
    counts = random.poisson(rate * random.gamma(_DISPERSION, 1 / _DISPERSION, rate.shape))
    if dropout:
        counts[random.uniform(size=counts.shape) < dropout] = 0
    return counts


def _rate(
    patterns: NDArray[np.float64],
    library: NDArray[np.float64],
    pattern: NDArray[np.int64],
    strength: NDArray[np.float64],
    mean: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return rates (n_obs, genes) per unit of the library, of given means with it."""
    rate: NDArray[np.float64] = patterns[:, pattern] ** strength
    rate *= mean / (library @ rate / len(library))
    return rate
