"""The count observation model: how well a cluster's pattern explains a gene's raw counts.

Ours, beyond the paper. A gene's counts are explained by its cluster's consensus pattern at a
strength of its own; a gene is never scored by a pattern that it helped to draw.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from scipy.interpolate import CubicSpline
from torch import Tensor

from darlc.data.grid import Grid

#: How strongly a gene may follow its cluster's pattern. Scores are computed at a few strengths and
#: interpolated at many, which are summed out under a learnt prior: the counts of a well measured
#: gene would tell coarse strengths from its own, and call it a cluster.
STRENGTHS = (0.25, 0.5, 0.8, 1.15, 1.6, 2.3)
FINE = np.geomspace(STRENGTHS[0], STRENGTHS[-1], 24)
_REFINE = CubicSpline(STRENGTHS, np.eye(len(STRENGTHS)))(FINE).astype(np.float32)
#: Above this share of its cluster a gene's leave-one-out score is computed exactly.
_EXACT_SHARE = 0.04
#: Smallest rate, as a share of the mean: no pixel forbids a molecule.
_FLOOR = 0.05
#: Where nothing tells how far patterns reach.
SIGMA = 1.2
_CHUNK = 64

Genes = Tensor | slice
ALL = slice(None)


@dataclass(frozen=True)
class Scores:
    """Leave-one-out log-likelihoods of every gene in every cluster.

    Parameters
    ----------
    by_strength
        (A, G, K) at ``STRENGTHS``, up to a constant of the gene.
    """

    by_strength: Tensor

    @cached_property
    def fine(self) -> Tensor:
        """Scores at the strengths ``FINE``, (F, G, K)."""
        refine = torch.from_numpy(_REFINE).to(self.by_strength)
        return torch.tensordot(refine, self.by_strength, dims=1)

    def total(self, log_prior: Tensor) -> Tensor:
        """Sum out the strength under a prior (F,) log; (G, K)."""
        return torch.logsumexp(self.fine + log_prior[:, None, None], dim=0)


class CountModel:
    """Raw counts of the modelled genes and what is needed to score patterns against them.

    Parameters
    ----------
    counts
        (G, P) counts over tissue pixels.
    library
        (P,) library of every pixel.
    grid
        Where the pixels lie.
    dispersion
        Size φ of the quasi negative binomial; a count of mean m weighs 1 / (1 + m / φ).
    device
        Where to compute.
    sigma
        Standard deviation, in pixels, by which patterns are smoothed.
    """

    def __init__(
        self,
        counts: NDArray[np.float32],
        library: NDArray[np.float32],
        grid: Grid,
        dispersion: float = 2.5,
        device: torch.device | str = "cpu",
        sigma: float = SIGMA,
    ) -> None:
        self.device = torch.device(device)
        self.dispersion = dispersion
        self.sigma = sigma
        size = (library / library.mean()).astype(np.float32)
        smoother = grid.smoother(sigma)
        mean = counts.sum(axis=1, dtype=np.float64) / size.sum(dtype=np.float64)
        smooth = smooth_ratio(counts, size, smoother)
        self.size = torch.from_numpy(size).to(self.device)
        self.counts = torch.from_numpy(counts).to(self.device)
        self.mean = torch.from_numpy(mean.astype(np.float32)).to(self.device)
        self.excess = torch.from_numpy(smooth / mean[:, None].astype(np.float32) - 1.0).to(
            self.device
        )
        expected = self.mean[:, None] * self.size
        weight = 1.0 / (1.0 + expected / dispersion)
        self.seen = weight * self.counts
        self.expected = weight * expected
        self._seen_excess = self.seen * self.excess
        self._expected_excess = self.expected * self.excess
        self._strengths = torch.tensor(STRENGTHS, device=self.device)
        # How much a gene tells of its cluster's pattern: its Fisher information.
        self.information = self.mean / (1.0 + self.mean / dispersion)

    @property
    def n_genes(self) -> int:
        """Number G of genes."""
        return int(self.counts.shape[0])

    @cached_property
    def flat(self) -> Tensor:
        """Score of every gene without any pattern, (G,); comparable with ``score``."""
        return -self.expected.sum(dim=1)

    def patterns(self, membership: Tensor, genes: Genes = ALL) -> tuple[Tensor, Tensor]:
        """Return every cluster's pattern, (K, P) with mean near 1, and the genes' shares, (n, K).

        Information-weighted mean of the genes' smoothed relative expression.

        Parameters
        ----------
        membership
            (n, K).
        genes
            Positions (n,) of the genes that there are, all where not given.
        """
        weight = membership * self.information[genes][:, None]
        total = weight.sum(dim=0)
        safe = total.clamp_min(1e-12)
        pattern = 1.0 + (weight.T @ self.excess[genes]) / safe[:, None]
        return torch.where(total[:, None] > 0, pattern, 1.0), weight / safe

    def score(self, membership: Tensor, genes: Genes = ALL) -> Scores:
        """Score every gene in every cluster, leaving out what the gene itself contributed.

        First order in the gene's share by matrix products; exact where the share is large.

        Parameters
        ----------
        membership
            (n, K).
        genes
            Positions (n,) of the genes that there are, all where not given.
        """
        pattern, share = self.patterns(membership, genes)
        rates, slopes = self._rates(pattern)
        flat_rates, flat_slopes = rates.flatten(0, 1), slopes.flatten(0, 1)
        seen, expected = self.seen[genes], self.expected[genes]
        score = seen @ torch.log(flat_rates).T - expected @ flat_rates.T
        # d score / d pattern, along the direction in which the gene moves the pattern.
        relative = flat_slopes / flat_rates
        centred = (pattern - 1.0).repeat(len(self._strengths), 1)
        along = self._seen_excess[genes] @ relative.T - self._expected_excess[genes] @ flat_slopes.T
        along -= seen @ (relative * centred).T - expected @ (flat_slopes * centred).T
        shift = (share / (1.0 - share).clamp_min(1e-3)).repeat(1, len(self._strengths))
        by_strength = (score - shift * along).T.unflatten(0, rates.shape[:2]).transpose(1, 2)
        by_strength = by_strength.contiguous()
        rows, clusters = torch.nonzero(share > _EXACT_SHARE, as_tuple=True)
        everyone = torch.arange(self.n_genes, device=self.device)[genes]
        for start in range(0, len(rows), _CHUNK):
            g, k = rows[start : start + _CHUNK], clusters[start : start + _CHUNK]
            by_strength[:, g, k] = self._score_left_out(pattern[k], share[g, k], everyone[g])
        return Scores(by_strength)

    def _score_left_out(self, pattern: Tensor, share: Tensor, genes: Tensor) -> Tensor:
        """Score genes exactly by patterns (n, P) that hold a share (n,) of them; (A, n).

        A gene that is alone in its cluster is scored by the flat pattern.
        """
        left = (1.0 - share)[:, None]
        without = 1.0 + (pattern - 1.0 - share[:, None] * self.excess[genes]) / left.clamp_min(1e-6)
        without = torch.where(left > 1e-4, without, 1.0)
        rates, _ = self._rates(without)
        seen = torch.einsum("np,anp->an", self.seen[genes], torch.log(rates))
        return seen - torch.einsum("np,anp->an", self.expected[genes], rates)

    def _rates(self, pattern: Tensor) -> tuple[Tensor, Tensor]:
        """Relative rates (A, K, P) of mean 1 under the library, and their slopes in the pattern.

        A pattern to the power of the strength: no strength forbids a molecule anywhere.
        """
        strength = self._strengths[:, None, None]
        base = pattern.clamp_min(_FLOOR)
        rate = torch.exp(strength * torch.log(base))
        rate = rate / (rate @ self.size / self.size.sum())[..., None]
        return rate, rate * strength / base * (pattern > _FLOOR)


def smooth_ratio(
    counts: NDArray[np.float32], size: NDArray[np.float32], smoother: sparse.csr_array
) -> NDArray[np.float32]:
    """Smooth counts (G, P) and library (P,) alike and divide: expression per unit of library.

    Pixels with few molecules weigh less than in the smooth of a ratio.
    """
    smooth = np.ascontiguousarray((smoother @ counts.T).T)
    smooth /= smoother @ size
    return smooth
