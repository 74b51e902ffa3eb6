"""Denoised counts: a weighted mean of the prediction of programmes and of the observed count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from darlc.images.selection import shows_pattern
from darlc.images.sgep_images import SGEPImages
from darlc.learn.denoise.own_share import FLOOR, OwnShare, weigh
from darlc.learn.denoise.programmes import Coefficients, Programmes, mean_counts

T = TypeVar("T")

#: Genes that are processed at a time.
_CHUNK = 512


class Shrinkage:
    """Learns from the modelled genes how to denoise the counts of any gene.

    Parameters
    ----------
    images
        The modelled genes; counts.
    basis
        (P, B) the tissue's blind representation, as ``Denoiser`` learns it.
    seed
        Seed of the start.
    """

    def __init__(self, images: SGEPImages, basis: NDArray[np.float32], seed: int) -> None:
        self.programmes = Programmes(images, basis, seed)
        self._modelled = images.gene_names
        weighed = [self._weigh(genes, *self._predict(genes)) for genes in chunks(images)]
        likelihood, clumping = (np.concatenate(part) for part in zip(*weighed, strict=True))
        self.own = OwnShare.of(likelihood, clumping)

    def to_arrays(self) -> dict[str, NDArray[np.floating]]:
        """Return arrays by name, as needed for genes outside the model."""
        parts: dict[str, Mapping[str, NDArray[np.floating]]] = {
            "programmes": self.programmes.to_arrays(),
            "own": self.own.to_arrays(),
        }
        return {
            f"{part}.{k}": array for part, arrays in parts.items() for k, array in arrays.items()
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.floating]]) -> Self:
        """Rebuild the shrinkage for genes outside the model.

        Raises
        ------
        KeyError, ValueError
            A part is missing or of another shape.
        """
        found = cls.__new__(cls)
        found.programmes = Programmes.from_arrays(named(arrays, "programmes."))
        found.own = OwnShare.from_arrays(named(arrays, "own."))
        found._modelled = np.empty(0, dtype=np.str_)
        return found

    def view(self, images: SGEPImages) -> NDArray[np.float32]:
        """Return denoised views (g, P) of any genes, log-normalised units."""
        return as_views(self.expected(images), images)

    def expected(self, images: SGEPImages) -> NDArray[np.float32]:
        """Return expected counts (g, P) of any genes over the same pixels.

        Those of genes that are expressed in too few pixels to show a pattern are flat, as their
        coefficients would rest on a few molecules.
        """
        rates = np.empty((images.n_genes, images.n_pixels), dtype=np.float32)
        done = 0
        for genes in chunks(images):
            found, rate = self._predict(genes)
            if self.own.trust:
                likelihood, _ = self._weigh(genes, found, rate)
                share = self.own.shares(likelihood)[:, None].astype(np.float32)
                rate += share * (genes.measured() - rate)
            if not (shown := shows_pattern(genes)).all():
                few = np.flatnonzero(~shown)
                rate[few] = self.flat(genes.select(few))
            rates[done : done + len(rate)] = rate
            done += len(rate)
        return rates

    def flat(self, images: SGEPImages) -> NDArray[np.float32]:
        """Return the counts (g, P) that genes of the same means without a pattern would have."""
        size = self.programmes.size
        return np.outer(mean_counts(images, size), size).astype(np.float32)

    def _predict(self, images: SGEPImages) -> tuple[Coefficients, NDArray[np.float32]]:
        """Return genes' coefficients, and the counts (g, P) that programmes predict by them."""
        found = self.programmes.coefficients(images)
        rate = np.maximum(self.programmes.relative(found), FLOOR)
        rate *= self.flat(images)
        return found, rate

    def _weigh(
        self, images: SGEPImages, found: Coefficients, rate: NDArray[np.float32]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        inside = np.isin(images.gene_names, self._modelled)
        mean = mean_counts(images, self.programmes.size)
        lever = self.programmes.leverage(found, mean, inside)
        return weigh(images.measured(), rate, lever)


def as_views(expected: NDArray[np.float32], images: SGEPImages) -> NDArray[np.float32]:
    """Return expected counts (g, P) as views: logs at the median of the pixels' libraries.

    Genes that are expressed in too few pixels to show a pattern have the same value everywhere.
    """
    median = np.float32(np.median(images.library))
    views = np.log1p(expected * (median / images.library))
    if not (shown := shows_pattern(images)).all():
        few = images.select(np.flatnonzero(~shown))
        share = few.measured().sum(axis=1) / images.library.sum()
        views[~shown] = np.log1p(share * median)[:, None]
    return views


def chunks(images: SGEPImages) -> Iterator[SGEPImages]:
    """Yield chunks of all genes."""
    for start in range(0, images.n_genes, _CHUNK):
        yield images.select(np.arange(start, min(start + _CHUNK, images.n_genes)))


def named(arrays: Mapping[str, T], prefix: str) -> dict[str, T]:
    """Return the arrays whose names begin with a prefix, without it."""
    return {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
