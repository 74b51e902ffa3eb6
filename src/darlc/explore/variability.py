"""Whether a gene varies over the tissue by place, more than noise does."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, stats

from darlc.explore.parts.modes import SmoothModes
from darlc.images.sgep_images import SGEPImages

#: Smallest p of one reach of frequencies, so that their combination stays finite.
_SMALLEST = 1e-15


@dataclass(frozen=True, eq=False)
class SpatialVariability:
    """How much g genes vary by place.

    Parameters
    ----------
    genes
        (g,) positions among all genes.
    share
        (g,) in [0, 1]: of the variance of the gene's share of the library, what smooth patterns
        hold beyond what they hold of noise.
    p
        (g,) of a gene whose neighbouring pixels are no more alike than distant ones; at least
        1e-15, and 1 for genes that do not vary.
    fdr
        (g,) false discovery rate by Benjamini and Hochberg.
    """

    genes: NDArray[np.int64]
    share: NDArray[np.float64]
    p: NDArray[np.float64]
    fdr: NDArray[np.float64]

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """(g,) rows, the most variable first: by p, then by share."""
        return np.lexsort((-self.share, self.p)).astype(np.int64)


def spatial_variability(images: SGEPImages, genes: NDArray[np.int64]) -> SpatialVariability:
    """Test genes for patterns of any shape.

    The power of a gene's deviations in smooth modes of the tissue is compared with that in all
    finer detail, which holds noise alone: a variance ratio, once with the coarsest modes only, and
    with ever finer ones; the p-values are combined (Cauchy). A few molecules make the power more
    variable than normal noise does: the degrees of freedom are those that the fourth moment of the
    gene's own deviations gives.

    Parameters
    ----------
    images
        All genes.
    genes
        (g,) positions of those that are tested.
    """
    matrix = sparse.csc_array(images.matrix[:, genes], dtype=np.float64)
    library = images.library.astype(np.float64)
    space = SmoothModes.of(np.arange(images.n_pixels), library, images.grid)
    total = np.asarray(matrix.sum(axis=0)).ravel()
    share = total / library.sum()
    square, fourth = _moments(matrix, library, share)
    amplitude = (matrix.T @ space.modes).T - np.outer(space.modes.T @ library, share)
    power = np.maximum(space.by_band(amplitude**2, square), 0.0)
    varies = square > 1e-12 * np.maximum(total**2, 1e-300) / len(library)
    kurtosis = np.where(varies, len(library) * fourth / np.where(varies, square, 1.0) ** 2 - 3, 0)

    ends = np.append(space.starts, space.modes.shape[1])[1:]
    odds = np.zeros(len(genes))
    for bands, end in enumerate(ends, start=1):
        coarse, fine = power[:bands].sum(axis=0), power[bands:].sum(axis=0)
        n_coarse, n_fine = space.sizes[:bands].sum(), space.sizes[bands:].sum()
        leverage = library * (space.modes[:, :end] ** 2).sum(axis=1)
        # What every pixel adds on its own is left out, and what it is on the average put in its
        # place: else pixels with a large library, whose counts vary more, would look like a
        # pattern.
        alone, _ = _moments(matrix, library, share, leverage)
        coarse = np.maximum(coarse - alone + n_coarse * fine / n_fine, 0.0)
        freedom = (
            2 * n_coarse**2 / (2 * n_coarse + np.maximum(kurtosis, 0.0) * (leverage @ leverage))
        )
        ratio = np.where(varies, (coarse / n_coarse) / np.maximum(fine / n_fine, 1e-300), 0.0)
        p = stats.f.sf(ratio, freedom, n_fine)
        odds += np.tan(np.pi * (0.5 - np.clip(p, _SMALLEST, 1 - _SMALLEST))) / len(ends)
    # 1/2 - arctan(odds) / π, without its rounding for large odds.
    p = np.arctan2(1.0, odds) / np.pi
    p = np.where(varies & (len(ends) > 0), np.clip(p, _SMALLEST, 1.0), 1.0)
    noise = power[-1] / space.sizes[-1]
    beyond = power[:-1].sum(axis=0) - noise * space.sizes[:-1].sum()
    explained = np.where(varies, beyond / np.where(varies, square, 1.0), 0.0)
    fdr = stats.false_discovery_control(p) if len(p) else p
    return SpatialVariability(genes, np.clip(explained, 0.0, 1.0), p, fdr)


def _moments(
    matrix: sparse.csc_array,
    library: NDArray[np.float64],
    share: NDArray[np.float64],
    weight: NDArray[np.float64] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return weighted sums (g,) of the squares and fourth powers of deviations over √library."""
    n = len(share)
    weight = np.ones(len(library)) if weight is None else weight
    gene = np.repeat(np.arange(n), np.diff(matrix.indptr))
    size, held = library[matrix.indices], weight[matrix.indices]
    square = (matrix.data - size * share[gene]) ** 2 / size
    # Pixels without the gene deviate by its expectation.
    rest = weight @ library - np.bincount(gene, held * size, n)
    rest_of_squares = weight @ library**2 - np.bincount(gene, held * size**2, n)
    return (
        np.bincount(gene, held * square, n) + share**2 * rest,
        np.bincount(gene, held * square**2, n) + share**4 * rest_of_squares,
    )
