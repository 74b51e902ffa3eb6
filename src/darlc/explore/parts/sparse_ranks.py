"""Ranks of observations, gene by gene, where only values that are not 0 are stored."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def sparse_ranks(
    value: NDArray[np.float32], stored: NDArray[np.integer], n: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rank n observations of each gene, ties by their mean; only nonzero values are stored.

    Parameters
    ----------
    value
        (entries,) gene by gene, none of them 0.
    stored
        (g,) number of entries of each gene.
    n
        Observations.

    Returns
    -------
    at_zero
        (g,) rank of the zeros.
    ranks
        (entries,) rank of each entry, less that of the zeros.
    """
    gene = np.repeat(np.arange(len(stored)), stored)
    zeros = n - stored
    at_zero = np.bincount(gene[value < 0], minlength=len(stored)) + (zeros + 1) / 2
    order = np.lexsort((value, gene))
    value = value[order]
    first_entry = np.cumsum(stored) - stored
    rank = np.arange(len(order)) - first_entry[gene] + 1.0 + np.where(value > 0, zeros[gene], 0)
    new = np.ones(len(order), dtype=bool)
    new[1:] = (value[1:] != value[:-1]) | (gene[1:] != gene[:-1])
    tied = np.cumsum(new) - 1
    ranks = np.empty(len(order))
    ranks[order] = (np.bincount(tied, rank) / np.maximum(np.bincount(tied), 1))[tied]
    return at_zero, ranks - at_zero[gene]
