"""Choice of the model grid, by molecules that were held out.

Pooled pixels hold more molecules, so that programmes are found more surely; pixels that are too
large blur them. So held-out molecules choose among the poolings that fit into the budget.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse

from darlc.config import Config, DenoiseConfig
from darlc.images.grid import Grid
from darlc.images.pooling import finest_factor, pooled, pooled_grid
from darlc.images.selection import Selection, choose_genes
from darlc.images.sgep_images import SGEPImages
from darlc.images.statistics import morans_i
from darlc.learn.denoise.denoiser import Denoiser
from darlc.learn.denoise.shrinkage import Shrinkage
from darlc.learn.devices import most_pixels
from darlc.results.denoised_views import at_once

#: Pictures up to this size are not pooled: every pixel is needed to tell patterns apart.
SMALL = 4096
#: Fewest pixels of a model grid that is compared.
FEWEST = 700
#: Genes that choose, and epochs of their denoiser.
_GENES, _EPOCHS = 300, 24
#: Share of the molecules that the denoisers see. With half of them larger pixels would be chosen
#: than all molecules ask for.
_SHOWN = 0.8


@dataclass(frozen=True)
class Pooling:
    """The chosen pooling.

    Parameters
    ----------
    factor
        Pixels of the picture grid along the side of one of the model grid.
    scores
        Log-likelihood of held-out molecules, in nats a molecule, by factor; empty where there was
        no choice.
    """

    factor: int
    scores: dict[int, float]

    def notes(self, grid: Grid) -> Iterator[str]:
        """Yield what was chosen as a sentence, where the model grid is not that of the pictures.

        Parameters
        ----------
        grid
            The model grid.
        """
        if self.factor > 1:
            size = grid.pixel_size * grid.microns
            microns = f", {size:.3g} µm a side" if np.isfinite(size) else ""
            why = f", chosen of {len(self.scores)} by held-out molecules" if self.scores else ""
            yield (
                f"The model learns on {grid.n_pixels} pixels of {self.factor} × {self.factor} "
                f"picture pixels{microns}{why}; views have the pictures' resolution."
            )


def poolings(images: SGEPImages, budget: int) -> tuple[int, ...]:
    """Return the poolings that are worth comparing, the finest first.

    Parameters
    ----------
    images
        Over the picture grid.
    budget
        Most pixels of the model grid.

    Returns
    -------
    tuple of int
        The finest one that fits into the budget and, for large pictures, doublings of it. Without
        counts only the finest, as molecules cannot be held out; 1 for hexagonal lattices.
    """
    grid = images.grid
    found = [finest_factor(grid, budget)]
    if images.values == "counts" and grid.n_pixels > SMALL and grid.layout != "hexagonal":
        while pooled_grid(grid, 2 * found[-1])[0].n_pixels >= FEWEST:
            found.append(2 * found[-1])
    return tuple(found)


@dataclass(frozen=True, eq=False)
class Grids:
    """What a fit learns from, over the picture grid and over model grids.

    Parameters
    ----------
    images
        All genes over the picture grid.
    tried
        Poolings to compare, the finest first.
    finest
        All genes over the finest of these grids.
    selection
        The genes that draw patterns.
    """

    images: SGEPImages
    tried: tuple[int, ...]
    finest: SGEPImages
    selection: Selection

    @classmethod
    def of(
        cls,
        images: SGEPImages,
        config: Config,
        device: torch.device,
        selection: Selection | None = None,
    ) -> Self:
        """Choose the genes that draw patterns, and the poolings that are worth comparing.

        Parameters
        ----------
        images
            All genes over the picture grid.
        config
            Number of genes, and budget of pixels.
        device
            Where the model is to be computed.
        selection
            The genes that draw patterns, where they were chosen before.

        Raises
        ------
        InputError
            See `choose_genes`.
        """
        tried = poolings(images, config.model_pixels or most_pixels(device))
        finest = pooled(images, tried[0])
        chosen = selection or choose_genes(finest, config.genes, config.include)
        return cls(images, tried, finest, chosen)

    @cached_property
    def drawing(self) -> SGEPImages:
        """The drawing genes over the picture grid."""
        return self.images.select(self.selection.genes)

    def everything(self, pooling: Pooling) -> SGEPImages:
        """Return all genes over the model grid."""
        if pooling.factor == self.tried[0]:
            return self.finest
        return pooled(self.images, pooling.factor)


def compare_poolings(
    images: SGEPImages,
    factors: tuple[int, ...],
    config: DenoiseConfig,
    seed: int,
    device: torch.device,
) -> Iterator[Pooling]:
    """Yield, after each pooling, the one whose denoised views predict held-out molecules best.

    Parameters
    ----------
    images
        The drawing genes over the picture grid.
    factors
        Poolings to compare; a single one is not computed.
    config
        The denoiser; fewer epochs are used here.
    seed
        Seed of the split of molecules and of the denoisers.
    device
        Where to compute.
    """
    if len(factors) == 1:
        yield Pooling(factors[0], {})
        return
    some = images.select(_informative(images, factors[-1]))
    shown, hidden = split_molecules(some, seed)
    short = replace(config, epochs=min(config.epochs, _EPOCHS))
    scores: dict[int, float] = {}
    # The coarse ones take little time, so that there is an early answer.
    for factor in reversed(factors):
        denoiser = Denoiser(pooled(shown, factor), short, seed, device)
        for _ in denoiser.fit():
            pass
        denoiser.finish()
        shrinkage = denoiser.shrinkage().at_pictures(shown, factor)
        scores[factor] = predicted(shrinkage, shown, hidden)
        yield Pooling(max(scores, key=scores.__getitem__), dict(scores))


def predicted(shrinkage: Shrinkage, shown: SGEPImages, hidden: sparse.csc_array) -> float:
    """Return the log-likelihood of held-out molecules (P, G), in nats a molecule.

    Relative to genes without a pattern, under Poisson noise; the mean over genes, so that a few
    genes with most of the molecules do not decide for all.
    """
    factors = shrinkage.factors(shown)
    size = shown.library / np.float32(np.median(shown.library))
    gains = np.zeros(shown.n_genes)
    for part in at_once(shown.n_genes, shown.n_pixels):
        rows = np.arange(shown.n_genes)[part]
        rate = factors.rates(rows, shown.expression(rows) if factors.share[rows].any() else None)
        relative = rate / factors.mean[rows, None]
        counts = hidden[:, rows].tocoo()
        total = np.bincount(counts.col, counts.data, minlength=len(rows))
        # Rates are scaled to the number of held-out molecules, which is not to be predicted.
        norm = relative @ (size / size.sum())
        log = counts.data * np.log(relative[counts.col, counts.row])
        gain = np.bincount(counts.col, log, minlength=len(rows)) - total * np.log(norm)
        gains[part] = gain / np.maximum(total, 1.0)
    return float(gains.mean())


def _informative(images: SGEPImages, factor: int) -> NDArray[np.int64]:
    """Return positions of the genes that vary most over coarse pixels, in order."""
    if images.n_genes <= _GENES:
        return np.arange(images.n_genes)
    coarse = pooled(images, factor)
    variability = np.nan_to_num(morans_i(coarse.expression(), coarse.grid.neighbours), nan=-1.0)
    return np.sort(np.argsort(-variability, kind="stable")[:_GENES])


def split_molecules(images: SGEPImages, seed: int) -> tuple[SGEPImages, sparse.csc_array]:
    """Split molecules at random; return images of most, and the counts of the others."""
    whole = images.matrix
    first = np.random.default_rng(seed).binomial(whole.data.astype(np.int64), _SHOWN)
    shown = whole.copy()
    shown.data = first.astype(whole.data.dtype)
    shown.eliminate_zeros()
    hidden = whole.copy()
    hidden.data = (whole.data - first).astype(whole.data.dtype)
    hidden.eliminate_zeros()
    most = replace(images, matrix=shown)
    most.__dict__["library"] = images.library
    return most, hidden
