"""Denoised counts: a weighted mean of the prediction of programmes and of the observed count."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from darlc.images.pooling import interpolation, pooled
from darlc.images.selection import shows_pattern
from darlc.images.sgep_images import SGEPImages
from darlc.learn.denoise.own_share import OwnShare, weigh
from darlc.learn.denoise.programmes import Coefficients, Programmes, mean_counts
from darlc.results.denoised_views import FLOOR, DenoisedViews, Factors, at_once

T = TypeVar("T")

#: Genes that are processed at a time, and values of their pictures.
_CHUNK, _AT_ONCE = 512, 1 << 23
#: Genes by which the share of own counts is estimated at finer pixels.
_WEIGHED = 256


class Shrinkage:
    """Learns from the drawing genes how to denoise the counts of any gene.

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
        self.programmes = Programmes(images, basis, seed)
        self._modelled = images.gene_names
        self._coarser: tuple[Shrinkage, int] | None = None
        self.own = self._estimate_share(images)

    def to_arrays(self) -> dict[str, NDArray[np.floating]]:
        """Return arrays by name, as needed for other genes."""
        parts: dict[str, Mapping[str, NDArray[np.floating]]] = {
            "programmes": self.programmes.to_arrays(),
            "own": self.own.to_arrays(),
        }
        return {
            f"{part}.{k}": array for part, arrays in parts.items() for k, array in arrays.items()
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.floating]]) -> Self:
        """Rebuild the shrinkage for other genes.

        Raises
        ------
        KeyError, ValueError
            A part is missing or of another shape.
        """
        found = cls.__new__(cls)
        found.programmes = Programmes.from_arrays(named(arrays, "programmes."))
        found.own = OwnShare.from_arrays(named(arrays, "own."))
        found._modelled = np.empty(0, dtype=np.str_)
        found._coarser = None
        return found

    def at_pictures(self, images: SGEPImages, factor: int) -> Self:
        """Return how counts of the same tissue are denoised at finer pixels.

        Coefficients of genes are still estimated on the pooled pixels; scores of pixels, and the
        share of a gene's own counts, at the finer ones.

        Parameters
        ----------
        images
            The drawing genes over the finer pixels.
        factor
            By which they were pooled to those of this shrinkage; 1 returns it unchanged.
        """
        if factor == 1:
            return self
        finer = copy.copy(self)
        finer._coarser = self, factor
        found = self.programmes.coefficients(pooled(images, factor))
        coarse = self.programmes.pixels.astype(np.float32)
        prior = interpolation(images.grid, factor) @ coarse
        finer.programmes = self.programmes.at_finer_pixels(images, found, prior)
        some = np.linspace(0, images.n_genes - 1, min(images.n_genes, _WEIGHED), dtype=np.int64)
        finer.own = finer._estimate_share(images.select(np.unique(some)))
        return finer

    def view(self, images: SGEPImages) -> NDArray[np.float32]:
        """Return denoised views (g, P) of any genes, log-normalised units."""
        return DenoisedViews(self.factors(images), images.expression)[:]

    def factors(self, images: SGEPImages) -> Factors:
        """Return what denoised views of any genes over the same pixels are computed from.

        Views of genes that are expressed in too few pixels to show a pattern are flat, as their
        coefficients would rest on a few molecules.
        """
        n, n_programmes = images.n_genes, self.programmes.pixels.shape[1]
        coefficients = np.zeros((n, n_programmes), dtype=np.float32)
        share = np.zeros(n, dtype=np.float32)
        done = 0
        for genes in chunks(images):
            rows = slice(done, done + genes.n_genes)
            found, shown = self._coefficients(genes)
            coefficients[rows] = found.mean * shown[:, None]
            if self.own.trust:
                likelihood, _ = self._weigh(genes, found)
                share[rows] = self.own.shares(likelihood) * shown
            done += genes.n_genes
        # Means are of a pixel of mean library; views are at the median library.
        scale = float(np.median(images.library) / images.library.mean(dtype=np.float64))
        return Factors(
            programmes=self.programmes.pixels.astype(np.float32),
            coefficients=coefficients,
            mean=(mean_counts(images, self.programmes.size) * scale).astype(np.float32),
            share=share,
        )

    def expected(self, images: SGEPImages, factors: Factors | None = None) -> NDArray[np.float32]:
        """Return expected counts (g, P) of any genes over the same pixels.

        Parameters
        ----------
        images
            The genes.
        factors
            Of these genes, where they are known.
        """
        factors = self.factors(images) if factors is None else factors
        size = images.library / np.float32(np.median(images.library))
        rates = np.empty((images.n_genes, images.n_pixels), dtype=np.float32)
        for part in at_once(images.n_genes, images.n_pixels):
            rows = np.arange(images.n_genes)[part]
            measured = images.expression(rows) if factors.share[rows].any() else None
            rates[part] = factors.rates(rows, measured) * size
        return rates

    def flat(self, images: SGEPImages) -> NDArray[np.float32]:
        """Return the counts (g, P) that genes of the same means without a pattern would have."""
        size = self.programmes.size
        return np.outer(mean_counts(images, size), size).astype(np.float32)

    def _coefficients(self, images: SGEPImages) -> tuple[Coefficients, NDArray[np.bool_]]:
        """Return coefficients of genes, and which of them (g,) can show a pattern.

        By the pooled pixels where there are such.
        """
        if self._coarser is not None:
            shrinkage, factor = self._coarser
            return shrinkage._coefficients(pooled(images, factor))
        return self.programmes.coefficients(images), shows_pattern(images)

    def _estimate_share(self, images: SGEPImages) -> OwnShare:
        weighed = [self._weigh(genes, self._coefficients(genes)[0]) for genes in chunks(images)]
        likelihood, clumping = (np.concatenate(part) for part in zip(*weighed, strict=True))
        return OwnShare.of(likelihood, clumping)

    def _weigh(
        self, images: SGEPImages, found: Coefficients
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the likelihood of shares, and the clumping, of genes with these coefficients."""
        rate = np.maximum(self.programmes.relative(found), FLOOR)
        rate *= self.flat(images)
        inside = np.isin(images.gene_names, self._modelled)
        mean = mean_counts(images, self.programmes.size)
        lever = self.programmes.leverage(found, mean, inside)
        return weigh(images.measured(), rate, lever)


def chunks(images: SGEPImages) -> Iterator[SGEPImages]:
    """Yield chunks of all genes, whose dense values fit into memory together."""
    step = max(1, min(_CHUNK, _AT_ONCE // images.n_pixels))
    for start in range(0, images.n_genes, step):
        yield images.select(np.arange(start, min(start + step, images.n_genes)))


def named(arrays: Mapping[str, T], prefix: str) -> dict[str, T]:
    """Return the arrays whose names begin with a prefix, without it."""
    return {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
