"""Consensus patterns, which keep detail as far as the genes of a cluster agree on it.

Ours, beyond the paper. One smoothing for all clusters is too wide for clusters with many molecules
and too narrow for those with few. Relative expression is therefore split into bands of detail,
about an octave each, and a cluster keeps of every band what its genes share: a Wiener filter whose
signal is estimated from products of different genes, so that a gene's own noise does not count.
What is kept in each pixel can be learnt (`detail`).
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

#: Standard deviations, in pixels, between which the bands are; the last band is the smoothest rest.
#: The first one only removes the noise of single pixels.
WIDTHS = (0.5, 1.2, 2.4, 4.8)

#: Share above which a learnt filter is asked again without the gene. On 3,000 genes of a mouse
#: section, genes of .7 to 1 % of a cluster are scored .19 nats wrong below it (median; 1.0 at the
#: 95th percentile), where leaving them out is worth 14; of .4 to .7 %, .14 and .43, and 9.
NOTABLE = 0.01
#: Share above which a gene is left out by computing its pattern anew, because subtraction would
#: leave mostly rounding errors.
_DOMINANT = 0.9
#: Smallest share of products of different genes for which agreement can be estimated.
_LONELY = 0.1

Genes = Tensor | slice
ALL = slice(None)


def rows_of(array: Tensor, genes: Genes) -> Tensor:
    """Return the rows of genes of an array (G, …): five times as fast as by ``array[genes]``."""
    return array[genes] if isinstance(genes, slice) else array.index_select(0, genes)


@dataclass(frozen=True)
class DrawnPatterns:
    """Consensus patterns of clusters, and how they were computed.

    Parameters
    ----------
    pattern
        (K, P) relative expression, with mean near 1.
    share
        (n, K) share of every gene in every pattern.
    kept
        (S, K, P) share of every band that is kept, between 0 and 1; P is 1 where it is the same in
        all pixels.
    genes
        Positions (n,) of the genes.
    agreement
        Agreement of the genes, where a learnt filter is used; else None.
    """

    pattern: Tensor
    share: Tensor
    kept: Tensor
    genes: Genes
    agreement: Agreement | None = None


class Bands:
    """Relative expression of genes, in bands of detail.

    Parameters
    ----------
    bands
        (S, G, P), fine to coarse; their sum is a gene's relative expression less 1, smoothed by the
        least width.
    detail
        The learnt filter of bands; None for the Wiener filter.
    energy
        (G, S) sums of the squares of the bands, where they are known.
    """

    def __init__(
        self, bands: Tensor, detail: DetailFilter | None = None, energy: Tensor | None = None
    ) -> None:
        self.bands = bands
        self.detail = detail
        if energy is None:
            energy = torch.stack([band.square().sum(dim=1) for band in bands], dim=1)
        self._energy = energy

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
        bands = torch.empty((len(WIDTHS), *counts.shape), device=device)
        for i, width in enumerate(WIDTHS):
            relative = smooth_ratio(counts, size, grid.smoother(width))
            # A gene without molecules has no pattern, and no weight in patterns.
            relative /= np.where(mean > 0, mean, 1.0)[:, None].astype(np.float32)
            bands[i] = torch.from_numpy(relative - 1.0)
            if i > 0:
                bands[i - 1] -= bands[i]
        return cls(bands)

    def subset(self, genes: Tensor) -> Bands:
        """Return the bands of some genes, at positions (n,)."""
        return Bands(self.bands.index_select(1, genes), self.detail, self._energy[genes])

    def excess(self, genes: Genes = ALL) -> Tensor:
        """Return relative expression less 1 without the finest band, (n, P)."""
        return torch.stack([rows_of(band, genes) for band in self.bands[1:]]).sum(dim=0)

    def draw(self, weight: Tensor, genes: Genes = ALL) -> DrawnPatterns:
        """Compute the patterns of clusters.

        A band's signal is estimated from products of *different* genes: its energy less the
        contributions of single genes.

        Parameters
        ----------
        weight
            (n, K) of genes in clusters, not negative; a cluster without weight is flat.
        genes
            Positions (n,) of the genes to use; all by default.
        """
        share = weight / weight.sum(dim=0).clamp_min(1e-12)
        if self.detail is None:
            mean, squares = self._mean(share, genes), share.square()
            alone = (squares.T @ self._energy[genes]).T
            others = (1.0 - squares.sum(dim=0)).clamp_min(1e-6)
            kept = share_agreed(mean.square().sum(dim=2), alone, others)[:, :, None]
            return DrawnPatterns(_assemble(kept, mean), share, kept, genes)
        agreement = self._agreement(share, genes)
        kept = self.detail(agreement)
        return DrawnPatterns(_assemble(kept, agreement.mean), share, kept, genes, agreement)

    def without(
        self, drawn: DrawnPatterns, rows: Tensor, clusters: Tensor, genes: Tensor
    ) -> Tensor:
        """Return patterns (m, P), each without one gene.

        A gene leaves the bands' means. What is kept of them stays as it is, but for a gene with a
        notable share of a cluster whose filter is learnt: there the filter is asked again, unless a
        single gene is left, without agreement. The pattern of a gene that is alone in its cluster
        is flat.

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
        several = left > 1e-4
        rest = rows_of(drawn.pattern, clusters)
        part = torch.zeros_like(rest)
        for band, kept in zip(self.bands, drawn.kept, strict=True):
            part.addcmul_(rows_of(kept, clusters), rows_of(band, genes))
        rest.sub_(1.0).addcmul_(part, share[:, None], value=-1.0)
        rest.mul_(several / left.clamp_min(1e-6)).add_(1.0)
        if drawn.agreement is not None:
            notable = torch.nonzero(share > NOTABLE).flatten()
            if len(notable):
                own = self.bands.index_select(1, genes[notable])
                again = self._anew(drawn, rows[notable], clusters[notable], own)
                rest[notable] = again.where(several[notable], torch.ones_like(again))
        return rest

    def _anew(self, drawn: DrawnPatterns, rows: Tensor, clusters: Tensor, own: Tensor) -> Tensor:
        """Return patterns (m, P), each drawn without one gene by the learnt filter.

        Parameters
        ----------
        drawn, rows, clusters
            As in ``without``.
        own
            (S, m, P) bands of the genes.
        """
        assert self.detail is not None and drawn.agreement is not None
        share = drawn.share[rows, clusters]
        agreement = drawn.agreement.of(clusters).without(share.clamp_max(_DOMINANT), own)
        several = torch.nonzero(share > _DOMINANT).flatten()
        if len(several):
            others = drawn.share[:, clusters[several]]
            others[rows[several], torch.arange(len(several), device=rows.device)] = 0.0
            again = self._agreement(others / others.sum(dim=0).clamp_min(1e-12), drawn.genes)
            agreement.mean[:, several], agreement.alone[:, several] = again.mean, again.alone
            agreement.squares[several] = again.squares
        lonely = (agreement.squares > 1.0 - _LONELY)[:, None]
        kept = torch.where(lonely, drawn.kept[:, clusters], self.detail(agreement))
        return _assemble(kept, agreement.mean)

    def detailed(self, detail: DetailFilter) -> Bands:
        """Return the same bands with ``detail`` as their filter."""
        return Bands(self.bands, detail, self._energy)

    def _mean(self, share: Tensor, genes: Genes) -> Tensor:
        """Return the mean of every band (S, K, P) over genes at shares (n, K)."""
        return torch.stack([share.T @ rows_of(band, genes) for band in self.bands])

    def _agreement(self, share: Tensor, genes: Genes) -> Agreement:
        """Return the agreement of genes on patterns, by their shares (n, K)."""
        squares = share.square()
        alone = torch.stack([squares.T @ rows_of(band, genes).square() for band in self.bands])
        return Agreement(self._mean(share, genes), alone, squares.sum(dim=0))


def _assemble(kept: Tensor, bands: Tensor) -> Tensor:
    """Return patterns (n, P), the sum of bands (S, n, P) times kept shares (S, n, 1 or P)."""
    return 1.0 + (kept * bands).sum(dim=0)


def smooth_ratio(
    counts: NDArray[np.float32], size: NDArray[np.float32], smoother: sparse.csr_array
) -> NDArray[np.float32]:
    """Smooth counts (G, P) and library (P,) alike and divide: expression per unit of library.

    Pixels with few molecules have less weight than when ratios are smoothed.
    """
    smooth = np.ascontiguousarray((smoother @ counts.T).T)
    smooth /= smoother @ size
    return smooth
