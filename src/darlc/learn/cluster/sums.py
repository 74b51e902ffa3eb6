"""Genes whose counts are a sum of two clusters' patterns, and the share of the second.

Ours, beyond the paper. Memberships ask which one pattern a gene follows; a gene of two cell types
follows both. Once clusters are final, each gene's counts are compared under its cluster's pattern
alone and under sums of it with another cluster's.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from darlc.learn.cluster.count_model import CountModel, Scores
from darlc.learn.cluster.patterns import DrawnPatterns
from darlc.learn.cluster.split_merge import CountClusters, State
from darlc.results.second_patterns import SecondPatterns

#: Shares of a gene's molecules that its second pattern may have, all equally likely before.
_SHARES = (0.1, 0.2, 0.3, 0.4, 0.5)
#: All second patterns are compared at this share and two strengths; the best ones of them are
#: compared at every share and strength.
_COMPARED_AT, _BEST = 0.3, 3
#: Flattening of the evidence: patterns are known less well than the likelihood assumes. Chosen on
#: simulated tissues that are not used for reported results.
_LEAST_TEMPERATURE = 1.25
#: Temperature of memberships (`confidence`) on tissue that follows the model.
_USUAL_TEMPERATURE = 1.625
_ROUNDS = 100
_LEAST_SUMS, _MOST_SUMS = 1e-3, 0.9
#: Most numbers of a chunk of genes; its arrays are then about as small as a processor's cache.
_CHUNK = 300_000


@dataclass
class _Evidence:
    """Of n genes: log ratio of a sum's likelihood to that of one pattern, and the likeliest sum."""

    ratio: Tensor
    cluster: Tensor
    share: Tensor


class SumComparison:
    """Compares counts under one pattern and under sums of two.

    The rate of a sum is (1 - s) λ_k(a) + s λ_j(a): both rates have the same mean, so that s is the
    share of the gene's molecules that follow the second pattern. A gene is left out of the patterns
    that explain it.

    Parameters
    ----------
    counts
        The counts of the drawing genes, of one section.
    state
        Final state of the search for clusters.
    drawn
        Its patterns.
    first
        (G,) the clusters of the drawing genes, -1 for none.
    temperature
        Of the calibration of memberships.
    """

    def __init__(
        self,
        counts: CountClusters,
        state: State,
        drawn: DrawnPatterns,
        first: Tensor,
        temperature: float,
    ) -> None:
        assert isinstance(counts.model, CountModel)
        self.model, self.weight = counts.model, counts.weight
        self.first = first.to(self.model.device)
        self.temperature = max(_LEAST_TEMPERATURE, temperature / _USUAL_TEMPERATURE)
        #: Share of the genes that are sums; learnt by ``compare``.
        self.sums = _LEAST_SUMS
        self._log_strength = state.log_strength
        self._drawn = drawn
        # (K, A, P), and which clusters have genes.
        self._rates = self.model.rates(drawn.pattern)
        self._allowed = torch.zeros(len(self._rates), dtype=torch.bool, device=self.model.device)
        self._allowed[self.first[self.first >= 0]] = True
        self._evidence = _nothing(self.first)

    @property
    def n_clusters(self) -> int:
        """Number K of clusters, without the group of genes that follow no pattern."""
        return len(self._rates)

    def compare(self) -> Iterator[int]:
        """Compare the drawing genes; yields after each chunk of genes how many are done."""
        yield from self._fill(self._evidence, self.model, self.first, self._drawn)
        known = self._evidence.ratio[self._evidence.cluster >= 0]
        share = 0.1
        for _ in range(_ROUNDS if len(known) else 0):
            mean = float(torch.sigmoid(known + _log_odds(share)).mean())
            share = min(max(mean, _LEAST_SUMS), _MOST_SUMS)
        self.sums = share

    def of_drawing(self) -> SecondPatterns:
        """Return the second patterns of the drawing genes, as far as ``compare`` came."""
        return self._answer(self._evidence)

    def of_others(self, model: CountModel, first: Tensor) -> SecondPatterns:
        """Return second patterns of genes that draw no patterns; call ``compare`` before.

        Parameters
        ----------
        model
            Their counts; see `CountModel.of_others`.
        first
            (g,) their clusters, -1 for none.
        """
        first = first.to(model.device)
        evidence = _nothing(first)
        for _ in self._fill(evidence, model, first, None):
            pass
        return self._answer(evidence)

    def _answer(self, evidence: _Evidence) -> SecondPatterns:
        probability = torch.sigmoid(evidence.ratio + _log_odds(self.sums))
        return SecondPatterns(
            evidence.cluster.cpu().numpy().astype(np.int64),
            evidence.share.cpu().numpy(),
            probability.cpu().numpy(),
        )

    @torch.no_grad()
    def _fill(
        self, evidence: _Evidence, model: CountModel, first: Tensor, drawn: DrawnPatterns | None
    ) -> Iterator[int]:
        """Compare sums for genes of ``model``, which are those of ``drawn`` where it is given."""
        genes = torch.nonzero(first >= 0).flatten()
        if int(self._allowed.sum()) < 2:
            return
        size = max(1, _CHUNK // (len(self._rates) * model.n_pixels))
        done = 0
        for some in genes.split(size):
            found = self._compare(model, some, first[some], drawn)
            evidence.ratio[some], evidence.cluster[some] = found.ratio, found.cluster
            evidence.share[some] = found.share
            done += len(some)
            yield done

    def _compare(
        self, model: CountModel, genes: Tensor, first: Tensor, drawn: DrawnPatterns | None
    ) -> _Evidence:
        """Compare sums for some genes (n,)."""
        own = self._rates_for(model, genes, first, drawn)
        expected = model.expected_at(own, genes)
        alone = model.seen_at(own, genes) - expected
        # A sum seems weaker than its parts: so also at the strength after the likeliest.
        likeliest = alone.argmax(dim=1)
        gains = [
            self._fit_at(model, genes, own, expected, strength)
            for strength in (likeliest, (likeliest + 1).clamp_max(alone.shape[1] - 1))
        ]
        gain = torch.maximum(*gains) - alone.amax(dim=1, keepdim=True)
        gain = gain * self.weight / self.temperature
        possible = self._allowed.expand_as(gain).scatter(1, first[:, None], False)
        gain = gain.masked_fill(~possible, -math.inf)
        best = gain.topk(min(_BEST, int(self._allowed.sum()) - 1), dim=1).indices
        each = self._grid(model, genes, own, expected, best, drawn)
        each = (each - self._summed(alone)[:, None, None]) * (self.weight / self.temperature)
        over_shares = torch.logsumexp(each, dim=2) - math.log(len(_SHARES))
        # The others count as they were compared, at one share.
        rest = gain.scatter(1, best, -math.inf)
        ratio = torch.logsumexp(torch.cat([over_shares, rest], dim=1), dim=1)
        j = over_shares.argmax(dim=1, keepdim=True)
        weights = torch.softmax(each.gather(1, j[:, :, None].expand(-1, 1, len(_SHARES))), dim=2)
        share = weights[:, 0] @ torch.tensor(_SHARES).to(weights)
        number = torch.log(possible.sum(dim=1).to(ratio))
        return _Evidence(ratio - number, best.gather(1, j)[:, 0], share)

    def _fit_at(
        self, model: CountModel, genes: Tensor, own: Tensor, expected: Tensor, strength: Tensor
    ) -> Tensor:
        """Return the fit (n, K) of sums with every cluster, at the strengths (n,) of genes."""
        others = self._rates[:, strength].transpose(0, 1)
        everyone = torch.arange(len(genes), device=own.device)
        mixed = torch.lerp(own[everyone, strength][:, None], others, _COMPARED_AT)
        theirs = model.expected_at(others, genes)
        expected = torch.lerp(expected[everyone, strength][:, None], theirs, _COMPARED_AT)
        return model.seen_at(mixed, genes) - expected

    def _grid(
        self,
        model: CountModel,
        genes: Tensor,
        own: Tensor,
        expected: Tensor,
        second: Tensor,
        drawn: DrawnPatterns | None,
    ) -> Tensor:
        """Return the fit (n, J, S) of sums with second patterns (n, J), strengths summed out.

        Parameters
        ----------
        own, expected
            (n, A, P) rates of the genes' clusters, and what ``expected_at`` says of them.
        """
        n, j = second.shape
        repeated = genes.repeat_interleave(j)
        rates = self._rates_for(model, repeated, second.flatten(), drawn)
        rates = rates.unflatten(0, (n, j)).transpose(1, 2)
        mine, theirs = expected[:, :, None], model.expected_at(rates, genes)
        fits = [
            model.seen_at(torch.lerp(own[:, :, None], rates, share), genes)
            - torch.lerp(mine, theirs, share)
            for share in _SHARES
        ]
        return self._summed(torch.stack(fits, dim=-1))

    def _summed(self, by_strength: Tensor) -> Tensor:
        """Sum out the strengths of fits (n, A, …); (n, …)."""
        return Scores(by_strength.movedim(1, 0)).total(self._log_strength)

    def _rates_for(
        self, model: CountModel, genes: Tensor, clusters: Tensor, drawn: DrawnPatterns | None
    ) -> Tensor:
        """Return rates (m, A, P) of genes in clusters, each without the gene itself."""
        if drawn is None:
            return self._rates[clusters]
        return model.rates(model.bands.without(drawn, genes, clusters, genes))


def _nothing(first: Tensor) -> _Evidence:
    """Return the evidence of genes that have not been compared."""
    zero = torch.zeros(len(first), device=first.device)
    return _Evidence(zero - math.inf, torch.full_like(first, -1), zero)


def _log_odds(share: float) -> float:
    return math.log(share) - math.log1p(-share)
