"""Which genes follow a pattern: one that was drawn over the tissue, or that of some genes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from darlc.errors import InputError
from darlc.explore.enrichment import SURE, Association, ObservationExpression, pixel_expression
from darlc.explore.pair_tests import PairTests
from darlc.explore.parts.correlations import correlations
from darlc.explore.set_picture import set_picture
from darlc.images.sgep_images import SGEPImages
from darlc.results.denoised_views import GeneViews, at_once

#: How far a gene may follow the pattern: rate ∝ 1 − s + s · pattern.
_STRENGTHS = (0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.98)
#: Standard deviation, in pixels, of the smoothing of a gene's own counts: the best that a pattern
#: could explain. Between 1.5 and 3.5 the ranking hardly changes.
_SIGMA = 2.5


@dataclass(frozen=True, eq=False)
class PatternFit:
    """How well g genes follow a pattern.

    Parameters
    ----------
    genes
        (g,) positions among all genes.
    fit
        (g,) share, in [0, 1], of what can be explained of the gene's counts by place that the
        pattern explains: ``gain`` over the gain of the gene's own smoothed counts. For values that
        are not counts, ``correlation``.
    gain
        (g,) log-likelihood of the gene's counts, in nats, with a rate that follows the pattern,
        less that with a flat one of the same mean; at the strength that suits the gene best, so
        never negative. NaN for values that are not counts.
    strength
        (g,) that strength, in [0, 1]: how far the rate follows the pattern rather than being flat.
    correlation
        (g,) of the raw view, log-normalised, with the pattern.
    tests
        Whether genes follow it more than by chance; NaN for the genes that it was made of.
    """

    genes: NDArray[np.int64]
    fit: NDArray[np.float64]
    gain: NDArray[np.float64]
    strength: NDArray[np.float64]
    correlation: NDArray[np.float64]
    tests: Association

    def followed(self, fdr: float = SURE) -> NDArray[np.bool_]:
        """Return which genes (g,) follow the pattern at a false discovery rate."""
        with np.errstate(invalid="ignore"):
            return (self.tests.fdr <= fdr) & (self.tests.statistic > 0)

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """(g,) rows, best first: those that follow the pattern (FDR ≤ 0.05) by fit, then others.

        The pattern's own genes come last.
        """
        own = np.isnan(self.tests.p)
        return np.lexsort((-self.correlation, -self.fit, ~self.followed(), own)).astype(np.int64)


class PatternQuestion:
    """Compares genes with patterns; work that all patterns share is done once.

    Parameters
    ----------
    images
        All genes.
    genes
        (g,) positions of the genes that are compared; by default all that vary.
    """

    def __init__(self, images: SGEPImages, genes: NDArray[np.int64] | None = None) -> None:
        self._images = images
        self.genes = np.arange(images.n_genes) if genes is None else genes

    def drawn(self, pattern: NDArray[np.floating]) -> PatternFit:
        """Compare genes with a pattern that was drawn.

        Parameters
        ----------
        pattern
            (P,) over tissue pixels, not negative; its unit does not matter.

        Raises
        ------
        InputError
            It is negative or not finite somewhere, or the same everywhere.
        """
        pattern = pattern.astype(np.float64)
        if not np.isfinite(pattern).all() or (pattern < 0).any():
            raise InputError("a pattern holds positive numbers and zeros: draw it again.")
        if np.ptp(pattern) == 0:
            raise InputError("the pattern is the same everywhere in the tissue: draw a part of it.")
        return self._fit(pattern, self._expression.association(pattern))

    def of_genes(
        self, genes: NDArray[np.int64], modelled: NDArray[np.int64], denoised: GeneViews
    ) -> PatternFit:
        """Compare genes with the pattern that some genes have in common.

        It is the mean of these genes' denoised rates, each relative to its mean. Tests compare raw
        values alone, as denoised views of genes are not independent of each other.

        Parameters
        ----------
        genes
            Positions of these genes among all genes.
        modelled, denoised
            As for `set_picture`.

        Raises
        ------
        InputError
            None of them has an answer, or they do not vary.
        """
        if self._images.values == "counts":
            pattern = _common_rate(denoised, np.flatnonzero(np.isin(modelled, genes)))
        else:
            picture = set_picture(self._images, modelled, denoised, genes).denoised
            pattern = (picture - picture.min()).astype(np.float64)
        if np.ptp(pattern) == 0:
            raise InputError("these genes do not vary over the tissue: choose others.")
        return self._fit(pattern, self._pairs.with_genes(genes))

    def _fit(self, pattern: NDArray[np.floating], tests: Association) -> PatternFit:
        correlation = self._correlation(pattern)
        unknown = np.full(len(self.genes), np.nan)
        if self._images.values != "counts":
            return PatternFit(self.genes, correlation, unknown, unknown, correlation, tests)
        library = self._expression.library
        relative = pattern * (library.sum() / (library @ pattern))
        gains = np.array(
            [
                np.zeros(len(self.genes)),
                *(self._expression.matrix.T @ np.log1p(s * (relative - 1)) for s in _STRENGTHS),
            ]
        )
        best = gains.argmax(axis=0)
        gain = gains.max(axis=0)
        # A gene whose own smoothed counts explain less than one nat has nothing to explain.
        fit = np.minimum(gain / np.maximum(self._explainable, 1.0), 1.0)
        strength = np.array([0.0, *_STRENGTHS])[best]
        return PatternFit(self.genes, fit, gain, strength, correlation, tests)

    @cached_property
    def _expression(self) -> ObservationExpression:
        return pixel_expression(self._images, self.genes)

    @cached_property
    def _pairs(self) -> PairTests:
        return PairTests(self._images, self.genes)

    @cached_property
    def _explainable(self) -> NDArray[np.float64]:
        """(g,) log-likelihood gain of each gene's own smoothed counts over a flat rate."""
        images, library = self._images, self._expression.library
        smoother = images.grid.smoother(_SIGMA)
        around = (smoother @ library)[:, None]
        found = np.zeros(len(self.genes))
        for part in at_once(len(self.genes), images.n_pixels):
            counts = images.measured(self.genes[part]).T
            share = counts.sum(axis=0, dtype=np.float64) / library.sum()
            rate = smoother @ counts / (around * np.maximum(share, 1e-300))
            logs = np.log(rate, out=np.zeros_like(rate), where=(counts > 0) & (rate > 0))
            found[part] = np.einsum("pg,pg->g", counts, logs)
        return found

    def _correlation(self, pattern: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return correlations (g,) of raw views with a pattern; 0 for constant ones."""
        target = (pattern - pattern.mean()) / pattern.std()
        return correlations(
            lambda part: self._images.expression(self.genes[part]), len(self.genes), target
        )


def _common_rate(denoised: GeneViews, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the mean (P,) of the rates of some rows, each relative to its mean."""
    if not len(rows):
        raise InputError("none of these genes has an answer in this result: choose others.")
    total = np.zeros(denoised.shape[1])
    for part in at_once(len(rows), denoised.shape[1]):
        rate = np.expm1(np.asarray(denoised[rows[part]], dtype=np.float64))
        total += (rate / np.maximum(rate.mean(axis=1, keepdims=True), 1e-12)).sum(axis=0)
    return total / len(rows)
