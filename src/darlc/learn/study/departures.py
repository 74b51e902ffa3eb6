"""Which genes keep their cluster in which sections.

Ours, beyond the paper. Most genes follow one cluster in all sections; a share of the genes changes:
such a gene follows a second cluster in some of the sections. The share is estimated, and so is
which pairs of clusters occur, so that a section with few molecules of a gene says nothing, rather
than that the gene changed there; and a gene that changes does not spoil its cluster's patterns. Nor
does a gene keep its pattern in a section where its cluster has none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from darlc.learn.cluster.choose_k import PRICE, PRICE_SHARE
from darlc.learn.cluster.count_model import CountModel
from darlc.learn.cluster.section_counts import SectionCounts
from darlc.learn.cluster.split_merge import CountClusters, State
from darlc.learn.study.presence import AMPLITUDE, presence, shown, where_present

#: EM iterations with new patterns, and those on the prior for given scores.
_STEPS, _INNER = 7, 12
#: Prior on constancy: constant and changing genes, as if they were seen.
_CONSTANT, _CHANGING = 9.0, 1.0
_START = 0.9
#: Genes that stand for pairs of clusters by the clusters' weights, beside those that were seen.
_PAIRS = 10.0
_TINY = 1e-12
#: Additional weight of the first section in the choice of a gene's cluster: more than what sections
#: are unsure of, less than a section.
_FIRST_DECIDES = 0.5
#: Rounding error of shares of possibilities.
_ROUNDED = 1e-7
#: Values of all pairs of clusters that are computed at a time.
_AT_ONCE = 1 << 22


@dataclass(frozen=True)
class Prior:
    """What is known of a gene before its counts.

    Parameters
    ----------
    log_weight
        (K,) log mixing weights.
    log_pair
        (K, K) log probability of a changing gene's first and second cluster.
    constancy
        Share of the genes that follow one cluster in all sections.
    present
        (S, K) probability that a cluster has a pattern in a section; see `presence`. Or (1, K),
        where it is the same in all.
    """

    log_weight: Tensor
    log_pair: Tensor
    constancy: float
    present: Tensor

    @classmethod
    def of(cls, log_weight: Tensor, constancy: float = _START) -> Prior:
        """Return the prior by mixing weights alone, with all patterns in all sections."""
        everywhere = torch.ones_like(log_weight)[None]
        return cls(log_weight, _pairs(log_weight, None), constancy, everywhere)

    def without(self, cluster: int) -> Prior:
        """Return the prior without a cluster."""
        kept = torch.arange(len(self.log_weight), device=self.log_weight.device) != cluster
        weight = torch.log_softmax(self.log_weight[kept], dim=0)
        pair = self.log_pair[kept][:, kept]
        pair = pair - torch.logsumexp(pair.flatten(), dim=0)
        return Prior(weight, pair, self.constancy, self.present[:, kept])


@dataclass(frozen=True)
class Departures:
    """What is known of genes in sections.

    Parameters
    ----------
    membership
        (G, K) posterior of a gene's cluster in the study: that which it follows in all sections, or
        in most.
    follows
        (S, G, K) posterior of the cluster that it follows in a section, given all sections.
    in_section
        (S, G, K) the same, but the last one, without a pattern, where a cluster has none there.
    keeps
        (G, S) probability that a gene follows its likeliest cluster of the study in a section, and
        that it has a pattern there, given that the gene follows it in some.
    log_evidence
        (G,) log-likelihood, over all clusters.
    scores
        (S, G, K) from which all of it was computed.
    """

    membership: Tensor
    follows: Tensor
    in_section: Tensor
    keeps: Tensor
    log_evidence: Tensor
    scores: Tensor


def departures(scores: Tensor, prior: Prior) -> Departures:
    """Return the posterior of genes' clusters in the study and in sections.

    Parameters
    ----------
    scores
        (S, G, K) log-likelihood of a gene's counts in a section under every cluster, the last of
        which has no pattern; constant over clusters where the section does not say.
    prior
        What is known before.
    """
    parts = [_posterior(part, prior) for part in _chunks(scores)]
    membership, follows, in_section, keeps, evidence = zip(
        *(part[:5] for part in parts), strict=True
    )
    return Departures(
        torch.cat(membership),
        torch.cat(follows, dim=1),
        torch.cat(in_section, dim=1),
        torch.cat(keeps),
        torch.cat(evidence),
        scores,
    )


def estimate(scores: Tensor, prior: Prior, iterations: int = _INNER) -> Prior:
    """Return the prior after EM iterations for given scores (S, G, K)."""
    for _ in range(iterations):
        constant = torch.zeros_like(prior.log_weight)
        pair = torch.zeros_like(prior.log_pair)
        for part in _chunks(scores):
            *_, own, both = _posterior(part, prior)
            constant += own.sum(dim=0)
            pair += both.sum(dim=0)
        n, stay = float(scores.shape[1]), float(constant.sum())
        weight = torch.log((constant + 0.1) / (constant + 0.1).sum())
        share = (stay + _CONSTANT) / (n + _CONSTANT + _CHANGING)
        prior = Prior(weight, _pairs(weight, pair), share, prior.present)
    return prior


def _posterior(scores: Tensor, prior: Prior) -> tuple[Tensor, ...]:
    """Return what `Departures` holds, and the posteriors (G, K) of constant and (G, K, K) pairs."""
    found = where_present(scores, prior.present)
    visible, scores = shown(scores, prior.present, found), found
    first, second = scores[..., None], scores[..., None, :]
    n = len(scores)
    either = torch.logaddexp(first, second).sum(dim=0)
    # A changing gene follows both of its clusters, each at least once: the shares of the
    # possibilities in which all sections follow the first, or the second, are taken out.
    all_first, all_second = (torch.exp(each.sum(dim=0) - either) for each in (first, second))
    mixed = (1.0 - all_first - all_second).clamp_min(_ROUNDED)
    possibilities = torch.log(torch.tensor(2.0**n - 2.0))
    share = torch.tensor(prior.constancy)
    constant = scores.sum(dim=0) + prior.log_weight + torch.log(share)
    changing = either + torch.log(mixed) - possibilities + prior.log_pair + torch.log1p(-share)
    evidence = torch.logsumexp(torch.cat([constant, changing.flatten(1)], dim=1), dim=1)
    constant = torch.exp(constant - evidence[:, None])
    changing = torch.exp(changing - evidence[:, None, None])
    # (S, G, K, K): whether a section follows the first of two clusters.
    stays = ((torch.sigmoid(first - second) - all_first) / mixed).clamp(0.0, 1.0)
    follows = constant + (changing * stays).sum(dim=3) + (changing * (1.0 - stays)).sum(dim=2)
    # Where as many sections follow the one as the other, the first section decides.
    weight = torch.ones(n, device=scores.device)
    weight[0] += _FIRST_DECIDES
    membership = torch.tensordot(weight / weight.sum(), follows, dims=1)
    in_section = follows * visible
    in_section[..., -1] += (follows - in_section).sum(dim=2)
    best = membership.argmax(dim=1, keepdim=True)
    somewhere = (constant + changing.sum(dim=2) + changing.sum(dim=1)).gather(1, best)[:, 0]
    kept = in_section.gather(2, best.expand(n, -1, -1))[..., 0]
    keeps = (kept / somewhere.clamp_min(_TINY)).clamp(0.0, 1.0).T
    return membership, follows, in_section, keeps, evidence, constant, changing


def _chunks(scores: Tensor) -> tuple[Tensor, ...]:
    sections, _, clusters = scores.shape
    return scores.split(max(1, _AT_ONCE // (sections * clusters**2)), dim=1)


def _pairs(log_weight: Tensor, seen: Tensor | None) -> Tensor:
    """Return log probabilities (K, K) of pairs, by weights (K,) and the genes that were seen."""
    weight = log_weight.exp()
    expected = weight[:, None] * weight
    expected = expected.fill_diagonal_(0.0)
    genes = _PAIRS * expected / expected.sum().clamp_min(_TINY)
    genes = genes if seen is None else genes + seen
    return torch.log(genes / genes.sum().clamp_min(_TINY))


@dataclass(frozen=True)
class Followed:
    """Where the clusters of several sections ended.

    Parameters
    ----------
    genes
        What is known of the genes.
    prior
        As it was estimated.
    kept
        (K,) which of the clusters of the search these are.
    """

    genes: Departures
    prior: Prior
    kept: Tensor


def follow_sections(
    counts: SectionCounts,
    weight: float,
    state: State,
    temperatures: Tensor,
    stop: Callable[[], bool] = lambda: False,
    *,
    remove: bool = True,
) -> Followed:
    """Let genes change between sections, from the clusters found for all sections together.

    A cluster whose genes follow one of the others in each section is no cluster: it is removed
    where the other clusters explain its genes about as well.

    Parameters
    ----------
    counts
        The counts of the sections.
    weight
        Weight β of the counts.
    state
        Where the search for clusters ended.
    temperatures
        (S,) by which the log-likelihoods of each section are divided: see `calibrate`.
    stop
        Called after every step; once it returns True no more are made.
    remove
        Whether clusters may be removed; else there are as many as were searched for.
    """
    membership = state.membership.expand(len(counts.sections), -1, -1)
    kept = torch.arange(state.membership.shape[1], device=membership.device)
    prior = Prior.of(_with_room(state.log_weight))
    least = 0.5 * AMPLITUDE**2 * weight * torch.tensor(counts.pixels) / temperatures
    least = least.to(membership)
    for step in range(_STEPS):
        scores = _scores(counts, weight, state, membership, temperatures)
        present = presence(scores, membership, counts.section_information, least)
        prior = replace(prior, present=present)
        if step == 0:
            # Genes without a pattern are in clusters that most sections have not: hard memberships
            # take them out, where weights by EM would keep what the search found.
            best = departures(scores, prior).follows.argmax(dim=2)
            membership = torch.nn.functional.one_hot(best, scores.shape[2]).to(scores)
            continue
        prior = estimate(scores, prior)
        if step > 1 and remove:
            left, prior = unexplained(scores, prior)
            kept, scores = kept[left], scores[:, :, left]
            prior = estimate(scores, prior)
        membership = departures(scores, prior).follows
        if stop():
            break
    return Followed(departures(scores, prior), prior, kept)


def without_weakest(state: State) -> State:
    """Return a state in whose prior the least strength is no likelier than the next.

    Genes without a pattern that are in clusters are scored at the least strength there is, and make
    it likely for all genes: a flat pattern would not explain them better.
    """
    log = state.log_strength.clone()
    log[0] = torch.minimum(log[0], log[1])
    return replace(state, log_strength=torch.log_softmax(log, dim=0))


def _with_room(log_weight: Tensor) -> Tensor:
    """Return weights (K,) of which the last, of genes without a pattern, is none of the smaller."""
    weight = log_weight.exp()
    weight[-1] = weight.max()
    return torch.log(weight / weight.sum())


def _scores(
    counts: SectionCounts, weight: float, state: State, membership: Tensor, temperatures: Tensor
) -> Tensor:
    """Return the scores (S, G, K) of memberships (S, G, K), each without the gene itself."""
    nothing = torch.zeros(membership.shape[2], device=membership.device)
    states = [State(own, nothing, state.log_strength) for own in membership.clone()]
    weights = [weight] * len(states)
    scores = counts.tasks.get(_evidence, counts.sections, states, weights)
    return torch.stack(scores) / temperatures.to(membership)[:, None, None]


def _evidence(model: CountModel, state: State, weight: float) -> Tensor:
    return CountClusters(model, weight).evidence(state)


def unexplained(scores: Tensor, prior: Prior) -> tuple[Tensor, Prior]:
    """Return which clusters (k,) the others do not explain, and the prior of these.

    Clusters are taken away one after the other; the last one always stays.
    """
    left = torch.arange(scores.shape[2], device=scores.device)
    flat = scores[:, :, -1].sum()
    while len(left) > 2:
        now = departures(scores[:, :, left], prior)
        total = now.log_evidence.sum()
        price = max(PRICE, PRICE_SHARE * float(total - flat))
        size = torch.bincount(now.membership.argmax(dim=1), minlength=len(left))[:-1]
        tried: list[tuple[float, Tensor, Prior]] = []
        for cluster in torch.argsort(size).tolist():
            rest, without = left[left != left[cluster]], prior.without(cluster)
            some = scores[:, :, rest]
            # Which of two clusters a section follows is no loss: it is what is to be found.
            genes = now.membership[:, cluster].sum()
            chosen = genes * torch.log(torch.tensor(2.0 ** len(scores) - 2.0))
            if total - departures(some, without).log_evidence.sum() - chosen > 20 * price:
                continue
            without = estimate(some, without)
            loss = total - departures(some, without).log_evidence.sum() - chosen
            tried.append((float(loss), rest, without))
        if not tried:
            break
        least, rest, without = min(tried, key=lambda one: one[0])
        if least > price:
            break
        left, prior = rest, without
    return left, prior
