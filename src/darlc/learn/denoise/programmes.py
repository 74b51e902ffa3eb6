"""Programmes: what many genes of a pixel share, by the posterior of a factor model of the counts.

A gene's relative rate is one plus its coefficients times the pixel's programmes. A pixel's
programmes are estimated from two sources: the graph attention network, which sees the neighbours
only, gives their prior mean; the pixel's own molecules, over all genes, give the likelihood. How
far pixels depart from their surroundings is estimated: little on a lattice of large smooth spots,
much where every pixel is a cell.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import eigsh

from darlc.images.sgep_images import SGEPImages

#: Most programmes from the pixels' own counts; the blind representation may add some.
_MOST = 60
_ROUNDS = 10
#: Weight of the prior on the genes' strengths, which pulls them to a common value.
_PRIOR_GENES = 6.0
_TINY = 1e-9
#: Finer pixels: variance of the departure from interpolated scores that is assumed at first, as a
#: share of theirs; and pixels at a time.
_SMALL_DEPARTURE = 0.05
_TILE = 1 << 15

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Coefficients:
    """Posterior of genes' coefficients, given the programmes.

    Parameters
    ----------
    mean
        (g, C).
    axes, variance
        (C, C) directions, and (g, C) the variance along each: the covariance of gene g is
        ``axes @ diag(variance[g]) @ axes.T``.
    noise
        (g,) variance of the counts relative to Poisson counts, at least 1.
    strength
        (g,) how strongly a gene follows programmes; 1 is typical.
    """

    mean: Array
    axes: Array
    variance: Array
    noise: Array
    strength: Array


class Programmes:
    """The tissue's programmes and the population that genes' coefficients come from.

    Variational Bayes of ``y ~ μ s (1 + b·f)`` with quasi-Poisson noise (ours, beyond the paper).

    Parameters
    ----------
    images
        The drawing genes; counts.
    basis
        (P, B) the tissue's blind representation, as ``Denoiser`` learns it.
    seed
        Seed of the start.
    """

    def __init__(self, images: SGEPImages, basis: NDArray[np.float32], seed: int) -> None:
        library = images.library.astype(np.float64)
        self.size = library / library.mean()
        counts = ExcessCounts(images, self.size)
        blind = _weighted_basis(basis, self.size)
        loadings, values = _start(counts, blind, seed)
        pixels = (values.T @ loadings) / np.sqrt(self.size)[:, None]
        self.pixels: Array = pixels / np.sqrt((self.size @ pixels**2) / len(pixels))
        n = self.pixels.shape[1]
        self._square: Array = self.pixels.T @ (self.size[:, None] * self.pixels)
        self._doubt: Array = np.zeros((n, n))
        self._axes: Array = np.eye(n)
        self._precision: Array = np.zeros(n)
        # Start too large rather than too small: components of noise shrink in later steps.
        crude = counts.excess(self.pixels) / (np.outer(counts.mean, np.diag(self._square)) + 1.0)
        self._spread: Array = crude.T @ crude / len(crude) + 1e-4 * np.eye(n)
        found = None
        for _ in range(_ROUNDS):
            found = self.refine(counts, counts.excess(self.pixels), found)
            self._set_spread(found)
            self._set_pixels(counts, found, blind)

    def to_arrays(self) -> dict[str, NDArray[np.floating]]:
        """Return arrays by name, as needed for genes that were not used to find the programmes."""
        return {
            "pixels": self.pixels.astype(np.float32),
            "size": self.size,
            "square": self._square,
            "spread": self._spread,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.floating]]) -> Self:
        """Rebuild the programmes (P, C), for genes that were not used to find them.

        Raises
        ------
        KeyError, ValueError
            A part is missing or of another shape.
        """
        found = cls.__new__(cls)
        found.pixels, found.size, found._square, found._spread = (
            np.asarray(arrays[name], dtype=np.float64)
            for name in ("pixels", "size", "square", "spread")
        )
        n_pixels, n = found.pixels.shape
        if found.size.shape != (n_pixels,):
            raise ValueError(f"sizes of shape {found.size.shape} for {n_pixels} pixels")
        if not found._square.shape == found._spread.shape == (n, n):
            raise ValueError(f"moments of {len(found._square)} programmes for {n}")
        # Quantities of the drawing genes are not needed for others.
        found._axes, found._precision = np.eye(n), np.zeros(n)
        return found

    def coefficients(self, images: SGEPImages) -> Coefficients:
        """Return the coefficients of any genes over the same pixels; all of them independent."""
        counts = ExcessCounts(images, self.size)
        along = counts.excess(self.pixels)
        found = self.refine(counts, along, None)
        for _ in range(_ROUNDS):
            found = self.refine(counts, along, found)
        return found

    def at_finer_pixels(
        self, images: SGEPImages, genes: Coefficients, prior: NDArray[np.float32]
    ) -> Self:
        """Return the same programmes over finer pixels.

        Parameters
        ----------
        images
            The drawing genes over the finer pixels.
        genes
            Their coefficients.
        prior
            (P, C) scores that the pixels would have by their surroundings: those of coarser
            pixels, interpolated. How far pixels depart from them is estimated, and scores are the
            posterior mean given the molecules of each pixel.
        """
        finer = copy.copy(self)
        library = images.library.astype(np.float64)
        finer.size = library / library.mean()
        mean = mean_counts(images, finer.size)
        information = _information(mean, genes)
        weights = (genes.mean / genes.noise[:, None]).astype(np.float32)
        pooled = np.asarray(images.matrix @ weights)
        pooled -= np.outer(finer.size, mean @ weights).astype(np.float32)
        spread = _SMALL_DEPARTURE * np.cov(prior.T).reshape(information.shape)
        pixels = np.empty_like(prior)
        for _ in range(_ROUNDS):
            axes, precision = diagonalise(spread, information)
            inverse = np.linalg.pinv(axes).T
            moments = np.zeros_like(spread)
            # By tiles, as there may be very many pixels.
            for start in range(0, len(prior), _TILE):
                tile = slice(start, start + _TILE)
                size = finer.size[tile, None]
                variance = 1.0 / (1.0 + size * precision)
                pixels[tile] = ((prior[tile] @ inverse + pooled[tile] @ axes) * variance) @ axes.T
                departure = pixels[tile] - prior[tile].astype(np.float64)
                moments += departure.T @ (departure * size)
                moments += (axes * (size * variance).sum(axis=0)) @ axes.T
            spread = moments / len(prior)
        finer.pixels = pixels.astype(np.float64)
        finer._axes, finer._precision = axes, precision
        return finer

    def maps(self) -> NDArray[np.float32]:
        """Return the programmes in units of residuals: orthonormal (P, C), of mean 0.

        Residuals of low counts, whose deviation is the root of their mean.
        """
        weighted = self.pixels * np.sqrt(self.size)[:, None]
        left, scale, _ = np.linalg.svd(weighted - weighted.mean(axis=0), full_matrices=False)
        kept = scale > 1e-4 * scale.max(initial=_TINY)
        return np.ascontiguousarray(left[:, kept]).astype(np.float32)

    def relative(self, genes: Coefficients) -> NDArray[np.float32]:
        """Return relative rates (g, P), of mean near 1; they may be negative."""
        rate = genes.mean.astype(np.float32) @ self.pixels.T.astype(np.float32)
        rate += 1.0
        return rate

    def leverage(
        self, genes: Coefficients, mean: Array, inside: NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        """Return how much a relative rate depends on the pixel's own count of the gene, (g, P).

        Parameters
        ----------
        genes
            The posterior of g genes.
        mean
            (g,) mean counts.
        inside
            (g,) whether the gene was used to find the programmes.
        """
        weight = (mean / genes.noise)[:, None]
        along = np.square(self.pixels @ genes.axes) * self.size[:, None]
        through = (weight * genes.variance).astype(np.float32) @ along.T.astype(np.float32)
        own = np.square(genes.mean @ self._axes) * weight * inside[:, None]
        variance = self.size[:, None] / (1.0 + self.size[:, None] * self._precision)
        return through + own.astype(np.float32) @ variance.T.astype(np.float32)

    def refine(
        self, counts: ExcessCounts, along: Array, before: Coefficients | None
    ) -> Coefficients:
        """One step of the genes' posterior; their noise and strength are those of ``before``."""
        noise = before.noise if before else np.ones(len(counts.mean))
        strength = before.strength if before else np.ones(len(counts.mean))
        axes, precision = diagonalise(self._spread, self._square)
        weight = counts.mean / noise
        variance = strength[:, None] / (1.0 + (weight * strength)[:, None] * precision)
        whitened = ((along / noise[:, None]) @ axes) * variance
        mean = whitened @ axes.T
        second = np.square(whitened) + variance
        strength = (second.sum(axis=1) + _PRIOR_GENES) / (second.shape[1] + _PRIOR_GENES)
        # Squared residuals term by term, plus the posterior variance.
        fitted = counts.mean * np.einsum("gc,gc->g", mean @ self._square, mean)
        left = counts.power - 2.0 * np.einsum("gc,gc->g", along, mean) + fitted
        left += counts.mean * (variance @ precision)
        noise = np.maximum(left / len(self.pixels), 1.0)
        return Coefficients(mean, axes, variance, noise, strength)

    def _set_spread(self, genes: Coefficients) -> None:
        """Estimate the covariance (C, C) of the coefficients over genes of strength 1."""
        scaled = genes.mean / genes.strength[:, None]
        variance = (genes.variance / genes.strength[:, None]).mean(axis=0)
        self._spread = scaled.T @ genes.mean / len(scaled)
        self._spread += (genes.axes * variance) @ genes.axes.T

    def _set_pixels(self, counts: ExcessCounts, genes: Coefficients, blind: Array) -> None:
        """One step of the pixels' posterior: blind prior mean, own counts, estimated departure."""
        root = np.sqrt(self.size)[:, None]
        information = _information(counts.mean, genes)
        seen = self.pixels * root
        along = blind.T @ seen
        rest = np.square(seen).sum(axis=0) - np.square(along).sum(axis=0)
        rest = np.maximum(rest / max(len(seen) - 1 - len(along), 1), _TINY)
        power = np.maximum(np.square(along).mean(axis=0) - rest, 0.0) if len(along) else rest * 0
        prior = (blind @ (along * (power / (power + rest)))) / root
        departure = self.pixels - prior
        spread = (departure.T @ (departure * self.size[:, None]) + self._doubt) / len(seen)
        self._axes, self._precision = diagonalise(spread, information)
        variance = 1.0 / (1.0 + self.size[:, None] * self._precision)
        # In these axes the prior's covariance is the identity.
        whitened = prior @ np.linalg.pinv(self._axes).T
        whitened += counts.pooled(genes.mean / genes.noise[:, None]) @ self._axes
        self.pixels = (whitened * variance) @ self._axes.T
        self._doubt = (self._axes * (self.size @ variance)) @ self._axes.T
        self._square = self.pixels.T @ (self.size[:, None] * self.pixels) + self._doubt


class ExcessCounts:
    """Sparse counts (g, P) relative to those of genes without a pattern."""

    def __init__(self, images: SGEPImages, size: Array) -> None:
        self.matrix: sparse.csr_array = images.matrix.T.tocsr().astype(np.float64)
        self.size = size
        self.mean = mean_counts(images, size)
        total = self.mean * size.sum()
        squared = self.matrix.multiply(self.matrix) @ (1.0 / size)
        #: (g,) sum over pixels of squared excess counts over their Poisson variance.
        self.power: Array = squared / self.mean - 2.0 * self.matrix.sum(axis=1) + total

    def excess(self, pixels: Array) -> Array:
        """Return excess counts times values of the pixels (P, C), summed, (g, C)."""
        return np.asarray(self.matrix @ pixels) - np.outer(self.mean, self.size @ pixels)

    def pooled(self, genes: Array) -> Array:
        """Return excess counts times values of the genes (g, C), summed, (P, C)."""
        return np.asarray(self.matrix.T @ genes) - np.outer(self.size, self.mean @ genes)


def _information(mean: Array, genes: Coefficients) -> Array:
    """Return the precision (C, C) that counts give to the scores of a pixel of library size 1.

    Parameters
    ----------
    mean
        (g,) mean counts.
    genes
        The posterior of these genes.
    """
    weight = (mean / genes.noise)[:, None]
    information: Array = genes.mean.T @ (weight * genes.mean)
    information += (genes.axes * (weight * genes.variance).sum(axis=0)) @ genes.axes.T
    return information


def mean_counts(images: SGEPImages, size: Array) -> Array:
    """Return genes' mean counts (g,) in a pixel of library ``size`` 1; never zero."""
    total = np.asarray(images.matrix.sum(axis=0), dtype=np.float64).ravel()
    return np.maximum(total / size.sum(), _TINY)


def _weighted_basis(basis: NDArray[np.float32], size: Array) -> Array:
    """Return an orthonormal basis (P, B) of root-library-weighted maps, free of their mean."""
    root = np.sqrt(size)[:, None]
    flat = root / np.linalg.norm(root)
    weighted = basis * root
    weighted = weighted - flat @ (flat.T @ weighted)
    left, scale, _ = np.linalg.svd(weighted, full_matrices=False)
    return left[:, scale > 1e-4 * scale.max(initial=_TINY)]


def _start(counts: ExcessCounts, blind: Array, seed: int) -> tuple[Array, NDArray[np.float32]]:
    """Return orthonormal gene loadings (G, C) and noise-scaled residuals (G, P).

    Components are kept if they are larger than those of noise (Marchenko–Pastur edge), first those
    of the pixels' own counts, then those that only the blind representation holds.
    """
    root = np.sqrt(np.outer(counts.mean, counts.size)).astype(np.float32)
    values = counts.matrix.astype(np.float32).toarray() / root - root
    n_genes, n_pixels = values.shape
    spatial = values @ blind
    left = np.square(values).sum(axis=1) - np.square(spatial).sum(axis=1)
    noise = np.maximum(left / max(n_pixels - 1 - blind.shape[1], 1), 1.0)
    values /= np.sqrt(noise)[:, None].astype(np.float32)
    # Clipped, as a single molecule where hardly any is expected is not a programme.
    np.clip(values, -np.sqrt(n_pixels), np.sqrt(n_pixels), out=values)
    most = max(min(_MOST, n_genes - 1, n_pixels - 1), 1)
    start = np.random.default_rng(seed).normal(size=n_genes)
    power, loadings = eigsh((values @ values.T).astype(np.float64), k=most, v0=start)
    kept = np.sqrt(np.maximum(power[::-1], 0.0)) > np.sqrt(n_genes) + np.sqrt(n_pixels)
    loadings = loadings[:, ::-1][:, : max(int(kept.sum()), 1)]
    spatial = values @ blind
    spatial -= loadings @ (loadings.T @ spatial)
    added, scale, _ = np.linalg.svd(spatial, full_matrices=False)
    edge = np.sqrt(n_genes) + np.sqrt(blind.shape[1])
    return np.column_stack([loadings, added[:, scale > edge]]), values


def diagonalise(prior: Array, information: Array) -> tuple[Array, Array]:
    """Return axes A (C, C) and precisions (C,) that diagonalise prior and likelihood.

    A Aᵀ is the prior covariance, and Aᵀ information A is diagonal, so that coordinates are
    independent in both, whatever the likelihood's weight.
    """
    power, vectors = np.linalg.eigh((prior + prior.T) / 2.0)
    root = vectors * np.sqrt(np.maximum(power, 1e-8 * max(float(power[-1]), _TINY)))
    rotated = root.T @ information @ root
    precision, turn = np.linalg.eigh((rotated + rotated.T) / 2.0)
    return root @ turn, np.maximum(precision, 0.0)
