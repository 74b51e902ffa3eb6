"""Denoised views, computed from factors when they are asked for.

A denoised view is a product: the programmes' scores of every pixel times a gene's coefficients,
times the gene's mean. So the factors are kept instead of the views: they are small, and give the
view of any gene at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from darlc.images.statistics import standardised

#: Smallest rate, as a share of the gene's mean, so that no count is impossible.
FLOOR = 0.02
#: Fewest summed memberships of a cluster with a consensus pattern.
LEAST_MASS = 1e-6
#: Values of views that are computed at a time.
AT_ONCE = 1 << 24
#: Smallest deviation of a pattern, relative to the gene's mean, that is not rounding.
_FLAT = 1e-6

#: How values follow from the product: of counts, the logarithm of a rate; else the value itself.
Link = Literal["log1p", "identity"]
#: From rows (g,) of genes to their raw views (g, P), log-normalised units.
Measured = Callable[[NDArray[np.int64]], NDArray[np.floating]]


@dataclass(frozen=True, eq=False)
class Factors:
    """What the denoised views of G genes over P tissue pixels are computed from.

    Parameters
    ----------
    programmes
        (P, C) scores of every tissue pixel.
    coefficients
        (G, C); 0 for a gene without a pattern, whose view is flat.
    mean
        (G,) of counts, the rate where all programmes are 0, at the median library; else the value
        there, in log-normalised units.
    share
        (G,) share in [0, 1) of a pixel's own value in the view, where genes vary individually
        from pixel to pixel, as between cells.
    link
        ``"log1p"`` for counts.

    Raises
    ------
    ValueError
        The arrays are of different genes or programmes.
    """

    programmes: NDArray[np.float32]
    coefficients: NDArray[np.float32]
    mean: NDArray[np.float32]
    share: NDArray[np.float32]
    link: Link = "log1p"

    def __post_init__(self) -> None:
        n, c = self.coefficients.shape
        if self.programmes.ndim != 2 or self.programmes.shape[1] != c:
            raise ValueError(f"{self.programmes.shape} scores for {c} programmes")
        if self.mean.shape != (n,) or self.share.shape != (n,):
            raise ValueError(f"{self.mean.shape} means, {self.share.shape} shares of {n} genes")
        if self.link not in ("log1p", "identity"):
            raise ValueError(f"a link named {self.link}")

    @property
    def n_genes(self) -> int:
        """Number G of genes."""
        return len(self.coefficients)

    def select(self, rows: NDArray[np.int64]) -> Self:
        """Return the factors of some genes."""
        return replace(
            self,
            coefficients=self.coefficients[rows],
            mean=self.mean[rows],
            share=self.share[rows],
        )

    def and_then(self, other: Self) -> Self:
        """Return the factors of these genes and of others, with the same programmes."""
        return replace(
            self,
            coefficients=np.concatenate([self.coefficients, other.coefficients]),
            mean=np.concatenate([self.mean, other.mean]),
            share=np.concatenate([self.share, other.share]),
        )

    def rates(
        self, rows: NDArray[np.int64], measured: NDArray[np.floating] | None = None
    ) -> NDArray[np.float32]:
        """Return rates at the median library of counts, or values of others, (g, P).

        Parameters
        ----------
        rows
            (g,) of the genes.
        measured
            (g, P) their raw views; needed where a share is not 0.
        """
        rate = self.coefficients[rows] @ self.programmes.T
        mean, share = self.mean[rows, None], self.share[rows, None]
        if self.link == "identity":
            rate += mean
            return np.maximum(rate, 0.0, out=rate)
        rate += 1.0
        np.maximum(rate, FLOOR, out=rate)
        rate *= mean
        if share.any():
            if measured is None:
                raise ValueError("the raw views are needed, for views hold a share of them")
            rate += share * (np.expm1(measured, dtype=np.float32) - rate)
        return rate

    def views(
        self, rows: NDArray[np.int64], measured: NDArray[np.floating] | None = None
    ) -> NDArray[np.float32]:
        """Return denoised views (g, P), log-normalised units; see ``rates``."""
        rate = self.rates(rows, measured)
        return rate if self.link == "identity" else np.log1p(rate, out=rate)

    def consensus(self, membership: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return the consensus patterns (K, P) of memberships (G, K); see ``consensus_pattern``.

        As patterns are products with the same scores, the mean is taken over coefficients.
        """
        weights = self.coefficients.astype(np.float64)
        deviation = np.linalg.norm(self.patterns, axis=1)
        smallest = _FLAT * (1.0 if self.link == "log1p" else np.maximum(np.abs(self.mean), _FLAT))
        scaled = np.divide(
            weights,
            deviation[:, None],
            out=np.zeros_like(weights),
            where=(deviation > smallest)[:, None],
        )
        mean = _weighted(membership.T.astype(np.float64) @ scaled, membership)
        level = mean @ self.programmes.mean(axis=0, dtype=np.float64)
        return mean.astype(np.float32) @ self.programmes.T - level[:, None].astype(np.float32)

    @cached_property
    def patterns(self) -> NDArray[np.float64]:
        """(G, C) coordinates of the genes' patterns.

        Lengths and angles are those of the patterns over the tissue, relative to the mean: the
        length of a row is the standard deviation.
        """
        scores = self.programmes.astype(np.float32)
        mean = scores.mean(axis=0, dtype=np.float64)
        power = (scores.T @ scores).astype(np.float64) / max(len(scores), 1)
        values, axes = np.linalg.eigh(power - np.outer(mean, mean))
        return self.coefficients @ (axes * np.sqrt(np.maximum(values, 0.0)))


class DenoisedViews:
    """Denoised views (G, P) of a result's genes: like an array that is computed by rows.

    Rows are got by an index, a slice or an array of numbers or booleans, as from numpy;
    ``np.asarray`` computes all of them.

    Parameters
    ----------
    factors
        What views are computed from.
    measured
        Returns raw views; needed only where genes' views hold a share of their own values.
    """

    def __init__(self, factors: Factors, measured: Measured | None = None) -> None:
        self.factors = factors
        self._measured = measured

    ndim = 2
    dtype: np.dtype[np.float32] = np.dtype(np.float32)

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of genes and of tissue pixels."""
        return self.factors.n_genes, len(self.factors.programmes)

    def __len__(self) -> int:
        return self.factors.n_genes

    def __getitem__(self, rows: Any) -> NDArray[np.float32]:
        chosen = np.asarray(np.arange(len(self))[rows])
        if np.ndim(chosen) == 0:
            return self._views(np.atleast_1d(chosen))[0]
        return self._views(chosen)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError("views are computed, so that an array of them is always new")
        return self[:].astype(dtype or self.dtype, copy=False)

    def bound(self, measured: Measured) -> DenoisedViews:
        """Return the same views with a source of raw views."""
        return DenoisedViews(self.factors, measured)

    def over(self, pixels: NDArray[np.int64]) -> DenoisedViews:
        """Return the views over some tissue pixels, (n,)."""
        measured = self._measured
        some = None if measured is None else lambda rows: measured(rows)[:, pixels]
        factors = replace(self.factors, programmes=self.factors.programmes[pixels])
        return DenoisedViews(factors, some)

    def _views(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        found = np.empty((len(rows), self.shape[1]), dtype=np.float32)
        for part in at_once(len(rows), self.shape[1]):
            some = rows[part]
            measured = None
            if self._measured is not None and self.factors.share[some].any():
                measured = self._measured(some)
            found[part] = self.factors.views(some, measured)
        return found


#: Denoised views of genes: computed, or stored as older files hold them.
GeneViews = DenoisedViews | NDArray[np.floating]


def consensus_pattern(
    denoised: GeneViews,
    membership: NDArray[np.floating],
    drawing: NDArray[np.bool_] | None = None,
) -> NDArray[np.float32]:
    """Return each cluster's consensus pattern (K, P): the weighted mean of standardised views.

    Parameters
    ----------
    denoised
        (G, P).
    membership
        (G, K).
    drawing
        (G,) which genes draw patterns; None for all. A cluster without any is drawn by the others.
    """
    weight = membership
    if drawing is not None and not drawing.all():
        drawn = membership * drawing[:, None]
        weight = np.where(drawn.sum(axis=0) < LEAST_MASS, membership, drawn)
    if isinstance(denoised, DenoisedViews):
        return denoised.factors.consensus(weight)
    pattern = np.zeros((weight.shape[1], denoised.shape[1]), dtype=np.float32)
    for part in at_once(*denoised.shape):
        pattern += weight[part].astype(np.float32).T @ standardised(denoised[part])
    return _weighted(pattern, weight)


def _weighted(total: NDArray[Any], weight: NDArray[np.floating]) -> NDArray[Any]:
    """Divide sums (K, n) by the summed weights (G, K); NaN where these are nearly 0."""
    mass = weight.sum(axis=0, dtype=np.float64).astype(total.dtype)[:, None]
    return np.divide(total, mass, out=np.full_like(total, np.nan), where=mass >= LEAST_MASS)


def at_once(n_genes: int, n_pixels: int) -> Iterator[slice]:
    """Yield slices of genes whose views fit into memory together."""
    step = max(1, AT_ONCE // max(n_pixels, 1))
    for start in range(0, n_genes, step):
        yield slice(start, min(start + step, n_genes))
