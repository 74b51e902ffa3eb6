"""Consensus patterns: every detail as far as the genes of a cluster agree on it.

Ours, beyond the paper. One smoothing for all clusters is too wide for one that many molecules draw
and too narrow for one that few do. Relative expression is therefore split into bands of detail,
about an octave each, and of every band a cluster keeps what its genes share: a Wiener filter whose
signal is the agreement of different genes, so that no gene vouches for its own noise. What it keeps
where can be learnt (`detail`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor

from darlc.images.grid import Grid
from darlc.learn.cluster.detail import Agreement, DetailFilter, share_agreed

#: Standard deviations, in pixels, between which the bands lie; the last band is what is smoother.
#: The first hardly smooths, but enough to keep the noise of single pixels out.
WIDTHS = (0.5, 1.2, 2.4, 4.8)

#: Share above which a gene is left out by drawing its pattern anew: subtracting it would leave
#: little but rounding errors.
_DOMINANT = 0.9
#: Where products of different genes make up less than this, a gene is as good as alone: nobody
#: vouches for what it shows.
_LONELY = 0.1

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
        (S, K, P) share of every band that is kept, between 0 and 1; P is 1 where it is the same
        everywhere.
    genes
        Positions (n,) of the genes.
    said
        What they say of the patterns, where what is kept was learnt; else None.
    """

    pattern: Tensor
    share: Tensor
    kept: Tensor
    genes: Genes
    said: Agreement | None = None


class Bands:
    """Relative expression of genes, in bands of detail.

    Parameters
    ----------
    bands
        S tensors (G, P), fine to coarse; their sum is a gene's relative expression less 1, smoothed
        by the least width.
    detail
        What a pattern keeps of the bands, where it was learnt; else the Wiener filter decides.
    """

    def __init__(self, bands: list[Tensor], detail: DetailFilter | None = None) -> None:
        self.bands = bands
        self.detail = detail
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
            # A gene without molecules has no pattern, and weighs nothing where patterns are drawn.
            relative /= np.where(mean > 0, mean, 1.0)[:, None].astype(np.float32)
            smooth = torch.from_numpy(relative - 1.0).to(device)
            if finer is not None:
                bands.append(finer - smooth)
            finer = smooth
        assert finer is not None
        return cls([*bands, finer])

    def subset(self, genes: Tensor) -> Bands:
        """Return the bands of some genes, at positions (n,)."""
        return Bands([band[genes] for band in self.bands], self.detail)

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
        if self.detail is None:
            mean, squares = self._mean(share, genes), share.square()
            alone = (squares.T @ self._energy[genes]).T
            others = (1.0 - squares.sum(dim=0)).clamp_min(1e-6)
            kept = share_agreed(mean.square().sum(dim=2), alone, others)[:, :, None]
            return Drawn(_assemble(kept, mean), share, kept, genes)
        said = self._ask(share, genes)
        kept = self.detail(said)
        return Drawn(_assemble(kept, said.mean), share, kept, genes, said)

    def without(self, drawn: Drawn, rows: Tensor, clusters: Tensor, genes: Tensor) -> Tensor:
        """Return patterns (m, P) without a gene each.

        What the Wiener filter keeps of the bands stays. What a learnt one keeps around a pixel
        would still tell of the gene, and is asked again, unless a single gene is left, for which
        nobody vouches. The pattern of a gene that is alone in its cluster is flat.

        Parameters
        ----------
        drawn
            The patterns with all genes.
        rows, clusters
            (m,) positions in ``drawn.share``.
        genes
            (m,) positions of the same genes in the bands.
        """
        share = drawn.share[rows, clusters]
        left = 1.0 - share[:, None]
        own = torch.stack([band[genes] for band in self.bands])
        kept = drawn.kept[:, clusters]
        if self.detail is None or drawn.said is None:
            part = share[:, None] * (_assemble(kept, own) - 1.0)
            rest = 1.0 + (drawn.pattern[clusters] - 1.0 - part) / left.clamp_min(1e-6)
        else:
            said = drawn.said.of(clusters).without(share.clamp_max(_DOMINANT), own)
            several = torch.nonzero(share > _DOMINANT).flatten()
            if len(several):
                others = drawn.share[:, clusters[several]]
                others[rows[several], torch.arange(len(several), device=rows.device)] = 0.0
                again = self._ask(others / others.sum(dim=0).clamp_min(1e-12), drawn.genes)
                said.mean[:, several], said.alone[:, several] = again.mean, again.alone
                said.squares[several] = again.squares
            lonely = (said.squares > 1.0 - _LONELY)[:, None]
            rest = _assemble(torch.where(lonely, kept, self.detail(said)), said.mean)
        return torch.where(left > 1e-4, rest, 1.0)

    def detailed(self, detail: DetailFilter) -> Bands:
        """Return the same bands, of which ``detail`` decides what patterns keep."""
        return Bands(self.bands, detail)

    def _mean(self, share: Tensor, genes: Genes) -> Tensor:
        """Return the mean of every band (S, K, P) over genes at shares (n, K)."""
        return torch.stack([share.T @ band[genes] for band in self.bands])

    def _ask(self, share: Tensor, genes: Genes) -> Agreement:
        """Return what genes say of patterns that they have shares (n, K) in."""
        squares = share.square()
        alone = torch.stack([squares.T @ band[genes].square() for band in self.bands])
        return Agreement(self._mean(share, genes), alone, squares.sum(dim=0))


def _assemble(kept: Tensor, bands: Tensor) -> Tensor:
    """Return patterns (n, P) of what is kept (S, n, 1 or P) of bands (S, n, P)."""
    return 1.0 + (kept * bands).sum(dim=0)


def smooth_ratio(
    counts: NDArray[np.float32], size: NDArray[np.float32], smoother: sparse.csr_array
) -> NDArray[np.float32]:
    """Smooth counts (G, P) and library (P,) alike and divide: expression per unit of library.

    Pixels with few molecules weigh less than in the smooth of a ratio.
    """
    smooth = np.ascontiguousarray((smoother @ counts.T).T)
    smooth /= smoother @ size
    return smooth
