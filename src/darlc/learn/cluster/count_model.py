"""The count observation model: how well a cluster's pattern explains a gene's raw counts.

Ours, beyond the paper. A gene's counts are explained by its cluster's consensus pattern at a
strength of its own; a gene is never scored by a pattern that includes its own counts.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from torch import Tensor

from darlc.images.grid import Grid
from darlc.learn.cluster.detail import DetailFilter
from darlc.learn.cluster.patterns import ALL, NOTABLE, Bands, DrawnPatterns, Genes, rows_of

#: Strengths at which a gene may follow its cluster's pattern. Scores are computed at a few and
#: interpolated at many, which are summed out under a learnt prior: with coarse strengths only,
#: genes with many counts would form clusters by strength.
STRENGTHS = (0.25, 0.5, 0.8, 1.15, 1.6, 2.3)
FINE = np.geomspace(STRENGTHS[0], STRENGTHS[-1], 24)
_REFINE = CubicSpline(STRENGTHS, np.eye(len(STRENGTHS)))(FINE).astype(np.float32)
#: A gene with a smaller share of its cluster is not left out, as no score would change by .1 nats.
_LEFT_OUT = 3e-4
#: Smallest rate, as a share of the mean, so that no count is impossible.
FLOOR = 0.05
#: Default size of the negative binomial.
DISPERSION = 2.5
_CHUNK = 64


@dataclass(frozen=True)
class Scores:
    """Leave-one-out log-likelihoods of every gene in every cluster.

    Parameters
    ----------
    by_strength
        (A, G, K) at ``STRENGTHS``, up to a constant of the gene. For ``total`` there may be other
        dimensions after the first.
    """

    by_strength: Tensor

    @cached_property
    def fine(self) -> Tensor:
        """Scores at the strengths ``FINE``, (F, G, K)."""
        refine = torch.from_numpy(_REFINE).to(self.by_strength)
        return torch.tensordot(refine, self.by_strength, dims=1)

    @cached_property
    def _likelihood(self) -> tuple[Tensor, Tensor]:
        """The highest score (G, K), and likelihoods as shares of its own, (F, G, K)."""
        highest = self.fine.amax(dim=0)
        # Priors change and scores do not: exponentials are computed once for all priors.
        return highest, (self.fine - highest).exp_()

    def total(self, log_prior: Tensor) -> Tensor:
        """Sum out the strength under a prior (F,) log; (G, K)."""
        return self._likelihood[0] + self._summed(log_prior).log()

    def strengths(self, log_prior: Tensor, membership: Tensor) -> Tensor:
        """Return the genes expected at each strength (F,), by their memberships (G, K)."""
        share = membership / self._summed(log_prior)
        return log_prior.exp() * (self._likelihood[1].flatten(1) @ share.flatten())

    def _summed(self, log_prior: Tensor) -> Tensor:
        likelihood = torch.tensordot(log_prior.exp(), self._likelihood[1], dims=1)
        return likelihood.clamp_min(torch.finfo(likelihood.dtype).tiny)


class CountModel:
    """Raw counts of the drawing genes, and scores of patterns given them.

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
    """

    def __init__(
        self,
        counts: NDArray[np.float32],
        library: NDArray[np.float32],
        grid: Grid,
        dispersion: float = DISPERSION,
        device: torch.device | str = "cpu",
    ) -> None:
        self.device = torch.device(device)
        #: As given, from which the same model can be built again.
        self.library, self.grid = library, grid
        size = (library / library.mean()).astype(np.float32)
        mean = counts.sum(axis=1, dtype=np.float64) / size.sum(dtype=np.float64)
        self.size = torch.from_numpy(size).to(self.device)
        self.counts = torch.from_numpy(counts).to(self.device)
        self.mean = torch.from_numpy(mean.astype(np.float32)).to(self.device)
        self.bands = Bands.of(counts, size, grid, self.device)
        self.strengths = STRENGTHS
        self._set_dispersion(dispersion)

    def _set_dispersion(self, dispersion: float) -> None:
        self.dispersion = dispersion
        expected = self.mean[:, None] * self.size
        weight = 1.0 / (1.0 + expected / dispersion)
        self.seen = weight * self.counts
        self.expected = weight * expected
        # Weight of a gene in its cluster's pattern: its Fisher information.
        self.information = self.mean / (1.0 + self.mean / dispersion)
        self.__dict__.pop("flat", None)

    def dispersed(self, dispersion: float) -> CountModel:
        """Return the model of the same counts with another size φ."""
        model = copy.copy(self)
        model._set_dispersion(dispersion)
        return model

    def detailed(self, detail: DetailFilter) -> CountModel:
        """Return the model of the same counts whose patterns keep what ``detail`` decides."""
        model = copy.copy(self)
        model.bands = self.bands.detailed(detail)
        return model

    def subset(self, genes: Tensor) -> CountModel:
        """Return the model of some genes, at positions (n,)."""
        model = copy.copy(self)
        model.counts, model.mean = rows_of(self.counts, genes), self.mean[genes]
        model.bands = self.bands.subset(genes)
        model.seen, model.expected = rows_of(self.seen, genes), rows_of(self.expected, genes)
        model.information = self.information[genes]
        model.__dict__.pop("flat", None)
        return model

    def of_others(self, counts: NDArray[np.float32]) -> CountModel:
        """Return the model of other genes' counts (g, P), which draw no patterns."""
        model = copy.copy(self)
        del model.bands
        model.counts = torch.from_numpy(counts).to(self.device)
        model.mean = model.counts.sum(dim=1) / self.size.sum()
        model._set_dispersion(self.dispersion)
        return model

    def halves(self, seed: int) -> tuple[CountModel, CountModel]:
        """Return the models of two halves of the molecules, split at random.

        The detail filter was learnt from all molecules, so it is not used on halves.
        """
        whole = self.counts.cpu().numpy().astype(np.int64)
        first = np.random.default_rng(seed).binomial(whole, 0.5)
        one, other = (
            CountModel(
                half.astype(np.float32),
                self.size.cpu().numpy(),
                self.grid,
                self.dispersion,
                self.device,
            )
            for half in (first, whole - first)
        )
        return one, other

    @property
    def n_genes(self) -> int:
        """Number G of genes."""
        return int(self.counts.shape[0])

    @property
    def n_pixels(self) -> int:
        """Number P of tissue pixels."""
        return len(self.size)

    @cached_property
    def flat(self) -> Tensor:
        """Score of every gene without any pattern, (G,); comparable with ``score``."""
        return -self.expected.sum(dim=1)

    def draw(self, membership: Tensor, genes: Genes = ALL) -> DrawnPatterns:
        """Return every cluster's pattern, the mean of its genes weighted by their information.

        Parameters
        ----------
        membership
            (n, K).
        genes
            Positions (n,) of the genes to use; all by default.
        """
        return self.bands.draw(membership * self.information[genes][:, None], genes)

    def alike(self, genes: Genes) -> Tensor:
        """Return products (n, n) of how genes differ from their mean, weighted by information."""
        information = self.information[genes]
        excess = self.bands.excess(genes)
        differences = (excess - excess.mean(dim=0)) * information.sqrt()[:, None]
        return differences @ differences.T

    def explain(self, pattern: Tensor, genes: Genes = ALL) -> Scores:
        """Score every gene by given patterns (K, P), which should not include its own counts.

        Parameters
        ----------
        pattern
            (K, P).
        genes
            Positions (n,) of the genes to score; all by default.
        """
        seen, expected = rows_of(self.seen, genes), rows_of(self.expected, genes)
        log = _log(pattern)
        rate = torch.stack(list(self._powers(log)))
        log_norm = torch.log(rate @ self.size / self.size.sum())
        rate = (rate / torch.exp(log_norm)[..., None]).flatten(0, 1)
        strength = torch.tensor(self.strengths, device=self.device)[:, None, None]
        by_strength = strength * (seen @ log.T) - (expected @ rate.T).unflatten(
            1, log_norm.shape
        ).movedim(1, 0)
        return Scores(by_strength - seen.sum(dim=1)[:, None] * log_norm[:, None])

    def rates(self, pattern: Tensor) -> Tensor:
        """Return rates of patterns (n, P) at every strength, of weighted mean 1; (n, A, P)."""
        rate = torch.stack(list(self._powers(_log(pattern))), dim=1)
        return rate / (rate @ self.size / self.size.sum())[..., None]

    def seen_at(self, rate: Tensor, genes: Tensor) -> Tensor:
        """Return the part of log-likelihoods (n, …) that counts of genes (n,) have in them.

        At rates (n, …, P) of weighted mean 1. Less ``expected_at``, it is the log-likelihood up to
        a constant of the gene, comparable with ``score``.
        """
        return torch.linalg.vecdot(_beside(rows_of(self.seen, genes), rate), rate.log())

    def expected_at(self, rate: Tensor, genes: Tensor) -> Tensor:
        """Return the expected part of log-likelihoods (n, …), which is linear in the rate."""
        return torch.linalg.vecdot(_beside(rows_of(self.expected, genes), rate), rate)

    @torch.no_grad()
    def score(self, membership: Tensor, genes: Genes = ALL) -> Scores:
        """Score every gene in every cluster by the pattern without the gene (leave-one-out).

        Parameters
        ----------
        membership
            (n, K).
        genes
            Positions (n,) of the genes to use; all by default.
        """
        drawn = self.draw(membership, genes)
        left_out = drawn.share > _LEFT_OUT
        if bool(left_out.all()):  # such as in a single cluster: each is scored below
            by_strength = drawn.share.new_empty(len(self.strengths), *drawn.share.shape)
        else:
            by_strength = self.explain(drawn.pattern, genes).by_strength
        everyone = torch.arange(self.n_genes, device=self.device)[genes]
        rows, clusters = torch.nonzero(left_out, as_tuple=True)
        # Those of a notable share share chunks, so that the filter is asked in few large products.
        order = (drawn.share[rows, clusters] <= NOTABLE).to(torch.uint8).argsort(stable=True)
        rows, clusters = rows[order], clusters[order]
        for start in range(0, len(rows), _CHUNK):
            g, k = rows[start : start + _CHUNK], clusters[start : start + _CHUNK]
            without = self.bands.without(drawn, g, k, everyone[g])
            by_strength[:, g, k] = self._score_each(without, everyone[g])
        return Scores(by_strength)

    def _score_each(self, pattern: Tensor, genes: Tensor) -> Tensor:
        """Score genes (m,) by a pattern each, (m, P), at every strength; (A, m)."""
        log = _log(pattern)
        seen, expected = rows_of(self.seen, genes), rows_of(self.expected, genes)
        molecules, explained = seen.sum(dim=1), torch.linalg.vecdot(seen, log)
        scores = []
        # One strength after the other, so that arrays are as small as the processor's cache.
        for strength, rate in zip(self.strengths, self._powers(log), strict=True):
            norm = rate @ self.size / self.size.sum()
            score = strength * explained - torch.linalg.vecdot(expected, rate) / norm
            scores.append(score - molecules * torch.log(norm))
        return torch.stack(scores)

    def _powers(self, log: Tensor) -> Iterator[Tensor]:
        """Yield rates (n, P) at every strength, by log patterns (n, P).

        A rate is a pattern to the power of the strength, so that it is positive at every strength.
        """
        halves: dict[float, Tensor] = {}
        for strength in self.strengths:
            half = halves.pop(strength / 2.0, None)  # a square takes less time than a power
            rate = torch.exp(strength * log) if half is None else half.square()
            if 2.0 * strength in self.strengths:
                halves[strength] = rate
            yield rate


def _beside(values: Tensor, rate: Tensor) -> Tensor:
    """Return values (n, P) with the dimensions of rates (n, …, P)."""
    return values.view(len(values), *[1] * (rate.dim() - 2), values.shape[1])


def _log(pattern: Tensor) -> Tensor:
    return torch.log(pattern.clamp_min(FLOOR))
