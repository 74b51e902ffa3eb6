"""How far means of a gene over two regions differ by chance, on the scale of logarithms.

A smooth gene with few high peaks has one at a given place now and then, and its modes are not
independent of each other there. Its logarithm has no such peaks: nearly normal modes, and a
variance that shows where the gene is low, too.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, stats

from darlc.explore.parts.band_test import BandVariance
from darlc.explore.parts.modes import SmoothModes
from darlc.images.grid import Grid
from darlc.images.pooling import finest_factor, pooled_grid

#: Standard deviation, in pixels, of the smoothing; a pixel holds too few molecules for a logarithm.
_SIGMA = 1.5
#: Pixels that a smoothed value is the sum of, were they independent.
_WINDOW = 4 * np.pi * _SIGMA**2
#: Most pixels; larger tissue is pooled, as its modes are no finer.
MOST_PIXELS = 5000
#: Genes at a time.
_CHUNK = 512


def log_ratio_p(
    matrix: sparse.csc_array,
    library: NDArray[np.float64],
    pixel: NDArray[np.int64],
    grid: Grid,
    regions: tuple[NDArray[np.float64], NDArray[np.float64]],
    log_ratio: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return p (g,), two-sided, of logarithms of the ratio of two regions' mean expression.

    The logarithm of each gene's smoothed expression is split into bands of spatial frequency, as
    in `darlc.explore.enrichment`, and the regions' difference is removed; its variance in each band
    gives that of the difference of the two means. Where it is lognormal, a mean over a small
    region is below that of a large one as a rule, by half of the difference of their variances.
    Noise of single pixels is smoothed away, so that this says nothing of regions that are
    scattered over single pixels: their p is nearly 0.

    Parameters
    ----------
    matrix
        (n, g) linear values by observation.
    library
        (n,) total over all genes.
    pixel
        (n,) tissue pixel of each observation.
    grid
        Where the pixels lie.
    regions
        (n,) each, 1 inside of the region and 0 elsewhere.
    log_ratio
        (g,) natural logarithm; infinite where a region has none of the gene.
    """
    coarse, owner = pooled_grid(grid, finest_factor(grid, MOST_PIXELS))
    place = owner[pixel]
    shape = coarse.n_pixels, len(pixel)
    pool = sparse.coo_array((np.ones(len(pixel)), (place, np.arange(len(pixel)))), shape).tocsr()
    held = np.unique(place)
    n = len(held)
    space = SmoothModes.of(held, np.ones(n), coarse)
    size = pool @ library
    # Weights whose sum with a gene's logarithms is its mean over a region, less that over all.
    weights = [(pool @ (library * each))[held] / size[held] for each in regions]
    a, b = (each / each.sum() - 1 / n for each in weights)
    x = a - b
    amplitude = space.modes.T @ x
    around = _around(coarse, held, size[None])
    total = np.asarray(matrix.sum(axis=0)).ravel()
    power, product = [], []
    for start in range(0, len(total), _CHUNK):
        part = matrix[:, start : start + _CHUNK]
        share = total[start : start + _CHUNK, None] / library.sum()
        sums = _around(coarse, held, (pool @ part).T.toarray())
        unit = _unit(part)[:, None]
        logs = np.log((sums + unit) / (share * around + unit))
        logs -= logs.mean(axis=1, keepdims=True)
        modes = (logs @ space.modes).T
        power.append(space.by_band(modes**2, np.einsum("gp,gp->g", logs, logs)))
        product.append(space.by_band(amplitude[:, None] * modes, logs @ x))
    powers = [_powers(space, each) for each in (x, a, b)]
    found = BandVariance.of(space, np.hstack(power), powers[0], np.hstack(product))
    (variance, degrees), (of_a, _), (of_b, _) = (found.expected(each) for each in powers)
    lower = (of_b - of_a) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.abs(log_ratio - lower) / np.sqrt(variance)
    p = 2 * stats.t.sf(statistic, np.maximum(degrees, 1.0))
    return np.where(np.isfinite(statistic), p, 0.0)


def _around(grid: Grid, held: NDArray[np.int64], sums: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return sums (n, P) over the window around each pixel that holds observations."""
    smoothed = grid.smoothed_widely(sums.astype(np.float32), _SIGMA)
    return smoothed[:, held].astype(np.float64) * _WINDOW


def _unit(matrix: sparse.csc_array) -> NDArray[np.float64]:
    """Return what is added to sums of genes (g,) before the logarithm: of a rare gene's counts, 1.

    Of normalised values it is about that of one molecule; of abundant genes more, which their sums
    hardly feel.
    """
    total = np.asarray(matrix.sum(axis=0)).ravel()
    squares = np.asarray(matrix.multiply(matrix).sum(axis=0)).ravel()
    return np.divide(squares, total, out=np.ones_like(total), where=total > 0)


def _powers(space: SmoothModes, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    found = space.by_band((space.modes.T @ weights) ** 2, float(weights @ weights))
    return np.maximum(found, 0.0)[:, None]
