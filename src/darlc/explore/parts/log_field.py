"""Logarithms of genes' smoothed expression, and what of them is expected by chance.

A smooth gene with few high peaks has one at a given place now and then, and its modes are not
independent of each other there. Its logarithm has no such peaks: nearly normal modes, and a
variance that shows where the gene is low, too. Genes of one pattern are proportional to each other
where one is high and another low, so that their logarithms differ by noise alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, stats

from darlc.explore.parts.band_test import BandVariance
from darlc.explore.parts.modes import SmoothModes
from darlc.images.grid import Grid
from darlc.images.pooling import finest_factor, pooled_grid
from darlc.images.sgep_images import SGEPImages, Values

#: Standard deviation, in pixels, of the smoothing; a pixel holds too few molecules for a logarithm.
_SIGMA = 1.5
#: Pixels that a smoothed value is the sum of, were they independent.
_WINDOW = 4 * np.pi * _SIGMA**2
#: Most pixels; larger tissue is pooled, as its modes are no finer.
MOST_PIXELS = 5000
#: Genes at a time.
_CHUNK = 512


@dataclass(frozen=True, eq=False)
class LogFields:
    """Logarithms of genes' smoothed expression, by mode.

    Parameters
    ----------
    space
        The modes.
    amplitudes
        (m, g) of the genes.
    power
        (bands + 1, g) sums of squares; the last of what is finer than all modes.
    """

    space: SmoothModes
    amplitudes: NDArray[np.float64]
    power: NDArray[np.float64]

    @classmethod
    def of(cls, images: SGEPImages, genes: NDArray[np.int64]) -> Self:
        """Return those of genes (g,), by position; values that are logarithms are averaged."""
        place = _Place.of(np.arange(images.n_pixels), images.grid)
        matrix = images.matrix[:, genes]
        library = images.library if images.values != "log" else np.ones(images.n_pixels)
        amplitudes, power = [], []
        for part in place.fields(matrix, library.astype(np.float64), images.values):
            modes = (part @ place.space.modes).T
            amplitudes.append(modes)
            power.append(place.space.by_band(modes**2, np.einsum("gp,gp->g", part, part)))
        return cls(place.space, np.hstack(amplitudes), np.hstack(power))


@dataclass(frozen=True, eq=False)
class _Place:
    """Pixels that fields are taken at.

    Parameters
    ----------
    grid
        That of the tissue; of large tissue a pooling of it.
    held
        (P,) its pixels that hold observations.
    pool
        (pixels, n) sums observations in its pixels.
    space
        The modes of the pixels that hold observations.
    """

    grid: Grid
    held: NDArray[np.int64]
    pool: sparse.csr_array
    space: SmoothModes

    @classmethod
    def of(cls, pixel: NDArray[np.int64], grid: Grid) -> Self:
        """Return those of observations in these pixels (n,)."""
        coarse, owner = pooled_grid(grid, finest_factor(grid, MOST_PIXELS))
        place = owner[pixel]
        shape = coarse.n_pixels, len(pixel)
        pool = sparse.coo_array((np.ones(len(pixel)), (place, np.arange(len(pixel)))), shape)
        held = np.unique(place)
        space = SmoothModes.of(held, np.ones(len(held)), coarse)
        return cls(coarse, held, pool.tocsr(), space)

    def fields(
        self, matrix: sparse.csc_array, library: NDArray[np.float64], values: Values
    ) -> Iterator[NDArray[np.float64]]:
        """Yield fields (g, P) of genes (n, g), some at a time, with mean 0."""
        around = self._around((self.pool @ library)[None])
        whole = library.sum()
        for start in range(0, matrix.shape[1], _CHUNK):
            part = matrix[:, start : start + _CHUNK]
            sums = self._around((self.pool @ part).T.toarray())
            if values == "log":
                field = sums / around
            else:
                share = np.asarray(part.sum(axis=0)).ravel()[:, None] / whole
                unit = _unit(part)[:, None]
                field = np.log((sums + unit) / (share * around + unit))
            yield field - field.mean(axis=1, keepdims=True)

    def _around(self, sums: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return sums (n, P) over the window around each pixel that holds observations."""
        smoothed = self.grid.smoothed_widely(sums.astype(np.float32), _SIGMA)
        return smoothed[:, self.held].astype(np.float64) * _WINDOW


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
    place = _Place.of(pixel, grid)
    pool, held, space = place.pool, place.held, place.space
    size = pool @ library
    # Weights whose sum with a gene's logarithms is its mean over a region, less that over all.
    weights = [(pool @ (library * each))[held] / size[held] for each in regions]
    a, b = (each / each.sum() - 1 / len(held) for each in weights)
    x = a - b
    amplitude = space.modes.T @ x
    power, product = [], []
    for logs in place.fields(matrix, library, "counts"):
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
