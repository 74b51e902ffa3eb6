"""Consensus patterns: every detail as far as the genes of a cluster agree on it.

Ours, beyond the paper. One smoothing for all clusters is too wide for one that many molecules draw
and too narrow for one that few do. Relative expression is therefore split into bands of detail,
about an octave each, and of every band a cluster keeps what its genes share: a Wiener filter whose
signal is the agreement of different genes, so that no gene vouches for its own noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor

from darlc.data.grid import Grid

#: Standard deviations, in pixels, between which the bands lie; the last band is what is smoother.
#: The first hardly smooths, but enough to keep the noise of single pixels out.
WIDTHS = (0.5, 1.2, 2.4, 4.8)

Genes = Tensor | slice
ALL = slice(None)


@dataclass(frozen=True)
class Drawn:
    """Consensus patterns of clusters, and how they were drawn.

    Parameters
    ----------
    pattern
        (K, P) relative expression, with mean near 1.
    share
        (n, K) of every gene in every pattern.
    kept
        (K, S) share of every band that is kept, between 0 and 1.
    """

    pattern: Tensor
    share: Tensor
    kept: Tensor


class Bands:
    """Relative expression of genes, in bands of detail.

    Parameters
    ----------
    bands
        S tensors (G, P), fine to coarse; their sum is a gene's relative expression less 1, smoothed
        by the least width.
    """

    def __init__(self, bands: list[Tensor]) -> None:
        self.bands = bands
        self._energy = torch.stack([band.square().sum(dim=1) for band in bands], dim=1)

    @classmethod
    def of(
        cls,
        counts: NDArray[np.float32],
        size: NDArray[np.float32],
        grid: Grid,
        device: torch.device,
    ) -> Bands:
        """Split genes' counts (G, P) over the library (P,) into bands."""
        mean = counts.sum(axis=1, dtype=np.float64) / size.sum(dtype=np.float64)
        bands: list[Tensor] = []
        finer: Tensor | None = None
        for width in WIDTHS:
            relative = smooth_ratio(counts, size, grid.smoother(width))
            relative /= mean[:, None].astype(np.float32)
            smooth = torch.from_numpy(relative - 1.0).to(device)
            if finer is not None:
                bands.append(finer - smooth)
            finer = smooth
        assert finer is not None
        return cls([*bands, finer])

    def subset(self, genes: Tensor) -> Bands:
        """Return the bands of some genes, at positions (n,)."""
        return Bands([band[genes] for band in self.bands])

    def excess(self, genes: Genes = ALL) -> Tensor:
        """Return relative expression less 1 without the finest band, (n, P)."""
        coarse = self.bands[1:]
        return torch.stack([band[genes] for band in coarse]).sum(dim=0)

    def draw(self, weight: Tensor, genes: Genes = ALL) -> Drawn:
        """Draw the patterns of clusters.

        A band's signal is estimated from products of *different* genes: its energy less what every
        gene contributes by itself.

        Parameters
        ----------
        weight
            (n, K) of genes in clusters, not negative; a cluster without weight is flat.
        genes
            Positions (n,) of the genes that there are, all where not given.
        """
        share = weight / weight.sum(dim=0).clamp_min(1e-12)
        means = [share.T @ band[genes] for band in self.bands]
        energy = torch.stack([mean.square().sum(dim=1) for mean in means], dim=1)
        squares = share.square()
        alone = squares.T @ self._energy[genes]
        others = (1.0 - squares.sum(dim=0)).clamp_min(1e-6)[:, None]
        kept = ((energy - alone) / others / energy.clamp_min(1e-12)).clamp(0.0, 1.0)
        pattern = torch.ones_like(means[0])
        for band, mean in enumerate(means):
            pattern += kept[:, band, None] * mean
        return Drawn(pattern, share, kept)

    def without(self, drawn: Drawn, rows: Tensor, clusters: Tensor, genes: Tensor) -> Tensor:
        """Return patterns (m, P) without a gene each; what is kept of the bands stays.

        The pattern of a gene that is alone in its cluster is flat.

        Parameters
        ----------
        drawn
            The patterns with all genes.
        rows, clusters
            (m,) positions in ``drawn.share``.
        genes
            (m,) positions of the same genes in the bands.
        """
        share = drawn.share[rows, clusters, None]
        own = torch.zeros_like(drawn.pattern[clusters])
        for band, values in enumerate(self.bands):
            own += drawn.kept[clusters, band, None] * values[genes]
        left = 1.0 - share
        rest = 1.0 + (drawn.pattern[clusters] - 1.0 - share * own) / left.clamp_min(1e-6)
        return torch.where(left > 1e-4, rest, 1.0)


def smooth_ratio(
    counts: NDArray[np.float32], size: NDArray[np.float32], smoother: sparse.csr_array
) -> NDArray[np.float32]:
    """Smooth counts (G, P) and library (P,) alike and divide: expression per unit of library.

    Pixels with few molecules weigh less than in the smooth of a ratio.
    """
    smooth = np.ascontiguousarray((smoother @ counts.T).T)
    smooth /= smoother @ size
    return smooth
