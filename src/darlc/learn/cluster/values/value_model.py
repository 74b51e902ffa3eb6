"""The Gaussian observation model: how well a cluster's pattern explains values that are no counts.

Ours, beyond the paper. It is used like the count observation model: a gene follows its cluster's
pattern at a strength of its own, and is never scored by a pattern that includes its own values.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from darlc.images.grid import Grid
from darlc.learn.cluster.count_model import STRENGTHS, CountModel, Scores
from darlc.learn.cluster.patterns import ALL, WIDTHS, Bands, Genes, rows_of

#: Bounds of the share of a gene's variance that is taken for signal at least, and the share times
#: the number of pixels between them. The weakest strength then is a signal of about 10 nats: a
#: weaker one cannot be told from none, and must not look like a pattern of its own.
_LEAST_SIGNAL, _TIMES_PIXELS = (0.02, 0.3), 320.0
#: Smallest share of a gene's variance that is noise, so that no value is impossible.
_LEAST_NOISE = 0.01
#: Variance, in units of the signal's, by which genes depart from their cluster's pattern: above
#: it, less noise does not make a gene a better witness of the pattern.
_DEPARTURE = 0.5


@dataclass(frozen=True, eq=False)
class Noise:
    """What is known of the noise of a tissue's values.

    Parameters
    ----------
    shared
        (C, P) orthonormal maps of what all genes of a pixel share by chance, which are removed.
    factor
        Noise at the scale of patterns, in units of the variance that neighbouring pixels differ by.
    """

    shared: NDArray[np.float32]
    factor: float = 1.0

    @classmethod
    def white(cls, n_pixels: int) -> Noise:
        """Return noise that is independent between pixels and between genes."""
        return cls(np.empty((0, n_pixels), dtype=np.float32))


class ValueModel(CountModel):
    """Values of the drawing genes, and scores of patterns given them.

    A value is the gene's mean, plus its strength times the pattern less 1, plus Gaussian noise of a
    variance of the gene's own; values are in units of the gene's signal, so that strengths of
    genes can be compared.

    Parameters
    ----------
    values
        (G, P) over tissue pixels, on a scale where noise does not depend on the level.
    grid
        Where the pixels lie.
    noise
        Of the tissue; white by default.
    device
        Where to compute.
    """

    def __init__(
        self,
        values: NDArray[np.float32],
        grid: Grid,
        noise: Noise | None = None,
        device: torch.device | str = "cpu",
    ) -> None:
        self.device = torch.device(device)
        self.grid = grid
        self.noise = noise or Noise.white(grid.n_pixels)
        self.library = np.ones(grid.n_pixels, dtype=np.float32)
        self.size = torch.ones(grid.n_pixels, device=self.device)
        self.strengths = STRENGTHS
        relative = self._set(values)
        bands = torch.empty((len(WIDTHS), *values.shape), device=self.device)
        for i, width in enumerate(WIDTHS):
            bands[i] = torch.from_numpy(grid.smoothed(relative, width))
            if i > 0:
                bands[i - 1] -= bands[i]
        self.bands = Bands(bands)

    def _set(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take values (g, P); return them in units of each gene's signal."""
        centred = values - values.mean(axis=1, keepdims=True)
        shared = self.noise.shared
        centred -= (centred @ shared.T) @ shared
        variance = np.maximum(centred.var(axis=1), 1e-12)
        seen = np.minimum(self.noise.factor * neighbour_noise(centred, self.grid), variance)
        least = np.clip(_TIMES_PIXELS / values.shape[1], *_LEAST_SIGNAL)
        signal = np.maximum(variance - seen, least * variance)
        relative = (centred / np.sqrt(signal)[:, None]).astype(np.float32)
        self.counts = torch.from_numpy(relative).to(self.device)
        variance_of_noise = np.maximum(seen, _LEAST_NOISE * variance) / signal
        self._set_noise(torch.from_numpy(variance_of_noise.astype(np.float32)).to(self.device))
        return relative

    def _set_noise(self, variance: Tensor) -> None:
        #: Noise of each gene, (G,), in units of its signal's variance.
        self.variance = variance
        self.information = 1.0 / (variance + _DEPARTURE)
        # What losses are given in units of.
        self.seen = (self.n_pixels / variance)[:, None]
        self.__dict__.pop("flat", None)

    def subset(self, genes: Tensor) -> ValueModel:
        """Return the model of some genes, at positions (n,)."""
        model = copy.copy(self)
        model.counts, model.bands = rows_of(self.counts, genes), self.bands.subset(genes)
        model._set_noise(self.variance[genes])
        return model

    def of_others(self, counts: NDArray[np.float32]) -> ValueModel:
        """Return the model of other genes' values (g, P), which draw no patterns."""
        model = copy.copy(self)
        del model.bands
        model._set(counts)
        return model

    def halves(self, seed: int) -> tuple[ValueModel, ValueModel]:
        """Return two models of the same signal, with independent noise of twice the variance.

        What is added to one is subtracted from the other, so that they differ where noise does.
        """
        random = torch.Generator().manual_seed(seed)
        drawn = torch.randn(self.counts.shape, generator=random).to(self.device)
        added = (drawn * self.variance.sqrt()[:, None]).cpu().numpy()
        values = self.counts.cpu().numpy()
        # Its difference between neighbours tells the noise of a half, too.
        one, other = (
            ValueModel(half, self.grid, self.noise, self.device)
            for half in (values + added, values - added)
        )
        return one, other

    @cached_property
    def flat(self) -> Tensor:
        """Score of every gene without any pattern, (G,), of which other scores are the gain."""
        return torch.zeros_like(self.variance)

    def explain(self, pattern: Tensor, genes: Genes = ALL) -> Scores:
        """Score every gene by given patterns (K, P), which should not include its own values.

        Parameters
        ----------
        pattern
            (K, P).
        genes
            Positions (n,) of the genes to score; all by default.
        """
        shape, variance = pattern - 1.0, self.variance[genes]
        along = (self.counts[genes] @ shape.T) / variance[:, None]
        power = shape.square().sum(dim=1) / variance[:, None]
        return Scores(_gain(self._strengths(2), along, power))

    def _score_each(self, pattern: Tensor, genes: Tensor) -> Tensor:
        """Score genes (m,) by a pattern each, (m, P), at every strength; (A, m)."""
        shape, variance = pattern - 1.0, self.variance[genes]
        along = torch.linalg.vecdot(self.counts[genes], shape) / variance
        return _gain(self._strengths(1), along, shape.square().sum(dim=1) / variance)

    def _strengths(self, dimensions: int) -> Tensor:
        strengths = torch.tensor(self.strengths, device=self.device)
        return strengths.reshape(-1, *[1] * dimensions)

    @torch.no_grad()
    def residuals(self, membership: Tensor) -> Tensor:
        """Return what likeliest clusters leave of genes (G, P), in their noise's deviations.

        Parameters
        ----------
        membership
            (G, K); genes are left out of the pattern that explains them.
        """
        drawn, label = self.draw(membership), membership.argmax(dim=1)
        everyone = torch.arange(self.n_genes, device=self.device)
        shape = self.bands.without(drawn, everyone, label, everyone) - 1.0
        power = shape.square().sum(dim=1).clamp_min(1e-6)
        strength = (torch.linalg.vecdot(self.counts, shape) / power).clamp(0.0, self.strengths[-1])
        return (self.counts - strength[:, None] * shape) / self.variance.sqrt()[:, None]


def neighbour_noise(values: NDArray[np.floating], grid: Grid) -> NDArray[np.float64]:
    """Return the variance of the noise of genes (G,), by the differences of touching pixels.

    Where pixels touch none, it is the whole variance.

    Parameters
    ----------
    values
        (G, P).
    grid
        Where the pixels lie.
    """
    pairs = grid.neighbours.tocoo()
    if not len(pairs.row):
        return np.asarray(values.var(axis=1), dtype=np.float64)
    # Sums of squares of differences, without an array of all pairs.
    degree = np.asarray(grid.neighbours.sum(axis=1), dtype=np.float64).ravel()
    squares = np.square(values, dtype=np.float64) @ degree
    products = np.einsum("gp,gp->g", values, (grid.neighbours @ values.T).T, dtype=np.float64)
    return np.maximum(squares - products, 0.0) / len(pairs.row)


def _gain(strength: Tensor, along: Tensor, power: Tensor) -> Tensor:
    """Return the gain of a pattern at strengths over none, in nats."""
    return strength * along - 0.5 * strength.square() * power
