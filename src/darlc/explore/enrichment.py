"""Which genes differ between the observations inside and outside of a region of the tissue.

Neighbouring observations are alike, so they are not independent draws: a test that assumes
independence calls half of all genes significant for any region. Here the variance of a gene's
difference is estimated at the spatial frequencies of the region. Expression and region are both
split into bands of frequency; a gene's variance in each band, after the region's own effect is
removed, gives the difference that is expected by chance for a region of that shape.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, stats

from darlc.errors import InputError
from darlc.explore.parts.band_test import band_test
from darlc.explore.parts.log_field import log_ratio_p
from darlc.explore.parts.modes import SmoothModes
from darlc.explore.parts.sparse_ranks import sparse_ranks
from darlc.images.grid import Grid
from darlc.images.sgep_images import SGEPImages, Values

#: Highest false discovery rate of genes that are said to be found.
SURE = 0.05
#: Fewest observations on either side of a comparison.
FEWEST_OBSERVATIONS = 5
#: Molecules added on either side, so that fold changes of few molecules shrink towards 1.
_HALF = 0.5
#: Genes ranked at a time: sorting takes several times the memory of its input.
_CHUNK = 512


@dataclass(frozen=True, eq=False)
class Enrichment:
    """How n genes (or clusters) differ between the inside and the outside of a region.

    Parameters
    ----------
    inside, outside
        (n,) means in normalised units: counts scaled to the median library, log data transformed
        back.
    log2_fold_change
        (n,) of the two; NaN where log data hold negative means.
    auroc
        (n,) probability that an observation inside has the higher expression, ties halved.
    statistic, degrees
        (n,) Student's t of the difference, and its degrees of freedom.
    p
        (n,) two-sided; 1 for genes that do not vary.
    fdr
        (n,) false discovery rate by Benjamini and Hochberg.
    """

    inside: NDArray[np.float64]
    outside: NDArray[np.float64]
    log2_fold_change: NDArray[np.float64]
    auroc: NDArray[np.float64]
    statistic: NDArray[np.float64]
    degrees: NDArray[np.float64]
    p: NDArray[np.float64]
    fdr: NDArray[np.float64]

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """(n,) rows, best first: significantly enriched ones by AUROC, then the others."""
        surprise = -np.sign(self.statistic) * np.log(np.maximum(self.p, 1e-300))
        sure = self.enriched()
        keys = -self.statistic, -surprise, np.where(sure, -self.auroc, 0.0), ~sure
        return np.lexsort(keys).astype(np.int64)

    def enriched(self, fdr: float = SURE) -> NDArray[np.bool_]:
        """Return which (n,) are higher inside at a false discovery rate."""
        return (self.fdr <= fdr) & (self.statistic > 0)


@dataclass(frozen=True, eq=False)
class Association:
    """How n genes follow a quantity over the tissue, such as a pattern or another gene.

    Parameters
    ----------
    correlation
        (n,) of the gene's share of the library with the normal scores of the quantity,
        observations weighted by their library; 0 for genes that do not vary.
    statistic, degrees
        (n,) Student's t, and its degrees of freedom.
    p
        (n,) two-sided; 1 for genes that do not vary.
    fdr
        (n,) false discovery rate by Benjamini and Hochberg.
    """

    correlation: NDArray[np.float64]
    statistic: NDArray[np.float64]
    degrees: NDArray[np.float64]
    p: NDArray[np.float64]
    fdr: NDArray[np.float64]

    def without(self, left_out: NDArray[np.bool_]) -> Self:
        """Return the same without a test for some genes (n,): NaN as p, and rates over the rest."""
        p, fdr = np.where(left_out, np.nan, self.p), np.full(len(self.p), np.nan)
        if not left_out.all():
            fdr[~left_out] = stats.false_discovery_control(p[~left_out])
        return replace(self, p=p, fdr=fdr)


@dataclass(frozen=True, eq=False)
class ObservationExpression:
    """Expression of genes by observation, for comparisons between regions.

    Parameters
    ----------
    matrix
        (n, g) csc: counts, normalised or log values; no zeros are stored.
    library
        (n,) total over all genes; ones for log values.
    pixel
        (n,) tissue pixel of each observation.
    grid
        Where the pixels lie.
    values
        What the numbers are.
    """

    matrix: sparse.csc_array
    library: NDArray[np.float64]
    pixel: NDArray[np.int64]
    grid: Grid
    values: Values = "counts"

    def combined(self, weights: NDArray[np.floating]) -> Self:
        """Return weighted sums of genes in place of the genes.

        Parameters
        ----------
        weights
            (g, k), one column for each sum.
        """
        sums = replace(self, matrix=sparse.csc_array(self.matrix @ weights))
        sums.__dict__["_space"] = self._space
        return sums

    @cached_property
    def totals(self) -> NDArray[np.float64]:
        """(g,) sum over all observations."""
        return np.asarray(self.matrix.sum(axis=0, dtype=np.float64)).ravel()

    def enrichment(
        self, inside: NDArray[np.bool_], outside: NDArray[np.bool_] | None = None
    ) -> Enrichment:
        """Compare the observations inside of a region with all others, or with another region.

        A gene's expected count is its share of the observation's library, and deviations have the
        weights of counts, 1 / library. The effect is the difference of the shares. Its variance is
        the sum over bands of the comparison's power there times the gene's mean residual power;
        coarser bands are given at least the power of finer ones, since the power of a few modes
        may be small by chance. Degrees of freedom are Satterthwaite's. Power is estimated over the
        whole tissue, so that observations in neither region still say how smooth a gene is.

        Neither a few molecules in a small region nor a few spots where a smooth gene is high are
        normally distributed: p is at least the tail of a lognormal distribution with the same
        deviation / expectation, on the side with the higher expression. Nor are modes independent
        of each other in a smooth gene with few high peaks, one of which may lie inside by chance:
        where p is at most 0.05, it is at least that of the logarithm of the fold change, whose
        variance is that of the logarithm of the gene's smoothed expression: it has no such peaks.

        Parameters
        ----------
        inside
            (n,).
        outside
            (n,) the observations to compare with; by default all others. None may be in both.

        Raises
        ------
        InputError
            Fewer than five observations are inside or outside.
        """
        outside = ~inside if outside is None else outside
        n_inside, n_outside = int(inside.sum()), int(outside.sum())
        if min(n_inside, n_outside) < FEWEST_OBSERVATIONS:
            raise InputError(
                f"{n_inside} observations are inside the region and {n_outside} outside: "
                f"choose one with at least {FEWEST_OBSERVATIONS} on either side."
            )
        a, b = inside.astype(np.float64), outside.astype(np.float64)
        sums = self.matrix.T @ a, self.matrix.T @ b
        of_a, of_b = self.library @ a, self.library @ b
        sides = of_a / self.library.sum(), of_b / self.library.sum()
        # In molecules: against all others it is 1 inside and 0 outside, less the mean.
        weights = of_b / (of_a + of_b), of_a / (of_a + of_b)
        contrast = weights[0] * a - weights[1] * b
        between = weights[0] * sums[0] - weights[1] * sums[1]
        statistic, degrees, p, _ = self._test(contrast, between, sides)
        mean_inside, mean_outside, fold = self._effect((a, b), sums)
        p = self._in_logarithms((a, b), fold, p)
        at_zero, ranks = self._ranks_among(inside | outside)
        rank_sum = n_inside * at_zero + ranks.T @ a[inside | outside]
        auroc = (rank_sum - n_inside * (n_inside + 1) / 2) / (n_inside * n_outside)
        fdr = stats.false_discovery_control(p) if len(p) else p
        return Enrichment(mean_inside, mean_outside, fold, auroc, statistic, degrees, p, fdr)

    def association(self, x: NDArray[np.floating]) -> Association:
        """Compare genes with a quantity that is known in every observation.

        As for a region, whose quantity is 1 inside and 0 outside: the variance of what is expected
        by chance is estimated at the spatial frequencies of the quantity. Only the ranks of the
        quantity count, as normal scores, so that a few extreme places do not decide. Where many
        are tied the scores are skewed, and so are sums of few molecules on that side.

        Parameters
        ----------
        x
            (n,), finite. It must be chosen without looking at the genes it is compared with.

        Raises
        ------
        InputError
            The quantity is the same in all observations.
        """
        library = self.library
        if not np.isfinite(x).all() or np.ptp(x) == 0:
            raise InputError(
                "the quantity is the same in all observations: choose one that varies."
            )
        scores = stats.norm.ppf((stats.rankdata(x) - 0.5) / len(x)).astype(np.float64)
        scores -= library @ scores / library.sum()
        scores /= np.sqrt(library @ scores**2 / library.sum())
        skewness = float(library @ scores**3 / library.sum())
        # Expected molecules that would be as skewed as the sum is, as a share of the total.
        alike = 1 / max(abs(skewness), 1e-12)
        sides = (alike, np.inf) if skewness > 0 else (np.inf, alike)
        statistic, degrees, p, correlation = self._test(scores, self.matrix.T @ scores, sides)
        fdr = stats.false_discovery_control(p) if len(p) else p
        return Association(correlation, statistic, degrees, p, fdr)

    def _test(
        self, x: NDArray[np.float64], sums: NDArray[np.float64], sides: tuple[float, float]
    ) -> tuple[NDArray[np.float64], ...]:
        """Return t, its degrees of freedom, p and correlation, (g,).

        They are 0, 0, 1 and 0 for genes that do not vary.

        Parameters
        ----------
        x
            (n,) the quantity.
        sums
            (g,) of its products with the genes.
        sides
            How many molecules, as a share of a gene's total, give the skewness of its sum where
            the sum is higher, and where it is lower, than expected.
        """
        space, library = self._space, self.library
        share = library @ x / library.sum()
        found = band_test(
            space,
            space.modes.T @ (space.pool @ (library * (x - share))),
            library @ (x - share) ** 2,
            self._amplitudes,
            sums - share * self.totals,
            self._power,
            1e-12 * np.maximum(self.totals**2, 1e-300) / len(x),
        )
        # Linear values are skewed on the side with the higher expression; logarithms are not.
        expected = np.where(found.statistic > 0, *sides) * self.totals
        skewed = found.varies & (expected > 0) & np.isfinite(expected) & (self.values != "log")
        variance = np.where(skewed, found.variance, 1.0)
        spread = np.log1p(
            np.divide(variance, expected**2, out=np.ones_like(variance), where=skewed)
        )
        deviation = np.abs(found.statistic) * np.sqrt(np.expm1(spread))
        by_counts = stats.norm.sf((np.log1p(deviation) + spread / 2) / np.sqrt(spread))
        p = np.maximum(found.p, np.where(skewed, np.minimum(2 * by_counts, 1.0), 0.0))
        return found.statistic, found.degrees, p, found.correlation

    def _in_logarithms(
        self,
        regions: tuple[NDArray[np.float64], NDArray[np.float64]],
        fold: NDArray[np.float64],
        p: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return p (g,), where it is low at least that of the logarithm of the fold change."""
        low = np.flatnonzero(p <= SURE)
        if self.values == "log" or not len(low):
            return p
        p = p.copy()
        p[low] = np.maximum(
            p[low],
            log_ratio_p(
                *(self.matrix[:, low], self.library, self.pixel, self.grid, regions),
                fold[low] * np.log(2),
            ),
        )
        return p

    def _effect(
        self,
        regions: tuple[NDArray[np.float64], NDArray[np.float64]],
        sums: tuple[NDArray[np.float64], NDArray[np.float64]],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return means inside and outside, and their log2 fold change, (g,) each."""
        half = _HALF if self.values == "counts" else 0.0
        if self.values == "log":
            linear = self.matrix.copy()
            linear.data = np.expm1(linear.data.astype(np.float64))
            sums = linear.T @ regions[0], linear.T @ regions[1]
        size = self.library / np.median(self.library)
        inside, outside = (size @ region for region in regions)
        with np.errstate(invalid="ignore", divide="ignore"):
            fold = np.log2((sums[0] + half) / inside) - np.log2((sums[1] + half) / outside)
        return sums[0] / inside, sums[1] / outside, fold

    def _ranks_among(
        self, compared: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], sparse.csc_array]:
        """Return `_ranks` among some observations."""
        if compared.all():
            return self._ranks
        rows = np.flatnonzero(compared)
        some = sparse.csc_array(self.matrix.tocsr()[rows])
        return replace(self, matrix=some, library=self.library[rows], pixel=self.pixel[rows])._ranks

    @cached_property
    def _space(self) -> SmoothModes:
        return SmoothModes.of(self.pixel, self.library, self.grid)

    @cached_property
    def _amplitudes(self) -> NDArray[np.float64]:
        """(m, g) of the genes' deviations from their shares of the library."""
        modes, pool = self._space.modes, self._space.pool
        weight = pool @ self.library
        of_library = modes.T @ weight
        share = self.totals / self.library.sum()
        return np.asarray(((pool @ self.matrix).T @ modes).T) - np.outer(of_library, share)

    @cached_property
    def _power(self) -> NDArray[np.float64]:
        """(bands + 1, g) of the deviations; the last row is the residual of all modes."""
        squares = self.matrix.copy()
        squares.data = squares.data.astype(np.float64) ** 2 / self.library[squares.indices]
        total = np.asarray(squares.sum(axis=0)).ravel() - self.totals**2 / self.library.sum()
        return self._space.by_band(self._amplitudes**2, total)

    @cached_property
    def _ranks(self) -> tuple[NDArray[np.float64], sparse.csc_array]:
        """Return each gene's rank of the value 0, and the differences of the other ranks to it."""
        matrix = self.matrix
        stored = np.diff(matrix.indptr)
        at_zero = np.empty(len(stored))
        ranks = np.empty(matrix.nnz, dtype=np.float32)
        for start in range(0, len(stored), _CHUNK):
            genes = slice(start, start + _CHUNK)
            entries = slice(matrix.indptr[start], matrix.indptr[min(start + _CHUNK, len(stored))])
            value = matrix.data[entries] / self.library[matrix.indices[entries]]
            at_zero[genes], ranks[entries] = sparse_ranks(
                value.astype(np.float32), stored[genes], matrix.shape[0]
            )
        return at_zero, sparse.csc_array((ranks, matrix.indices, matrix.indptr), matrix.shape)


def pixel_expression(images: SGEPImages, genes: NDArray[np.int64]) -> ObservationExpression:
    """Return expression of genes by pixel, for questions that are asked of pictures.

    Parameters
    ----------
    images
        All genes.
    genes
        (g,) positions of those that are asked about.
    """
    matrix = images.matrix[:, genes].astype(np.float64)
    matrix.eliminate_zeros()
    return ObservationExpression(
        matrix,
        images.library.astype(np.float64),
        np.arange(images.n_pixels),
        images.grid,
        images.values,
    )
