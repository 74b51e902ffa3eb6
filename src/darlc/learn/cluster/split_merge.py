"""Clusters of genes by their counts: EM on leave-one-out scores, with split–merge moves.

Inertia prefers wrong solutions: k-means that starts from the truth ends at a worse inertia than
other starts. The leave-one-out likelihood of the counts does not, so it decides about moves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from darlc.learn.cluster.count_model import FINE, CountModel, Scores
from darlc.learn.cluster.patterns import ALL, Genes
from darlc.learn.cluster.section_counts import (
    SectionCounts,
    SectionScores,
    background,
    bounded_sum,
)

_NEIGHBOURS = 4
_TRIALS = 10
_FIRST = 12
_SETTLE = 3
_LAST = 8
_SPLIT_STEPS = 6
_INNER = 5


@dataclass(frozen=True)
class State:
    """A state of the search.

    Parameters
    ----------
    membership
        (G, K + 1) posterior over clusters; the last column is the group without a pattern.
    log_weight
        (K + 1,) log mixing weights.
    log_strength
        (F,) log prior of the strengths.
    objective
        Leave-one-out log-likelihood of the previous memberships.
    """

    membership: Tensor
    log_weight: Tensor
    log_strength: Tensor
    objective: float = float("-inf")


class CountClusters:
    """Clusters whose patterns explain their genes' counts, with an optional score of embeddings.

    A further group with a flat pattern holds the genes that no pattern explains better than none.

    Parameters
    ----------
    model
        The counts, of one section or of several.
    weight
        Weight β of the counts.
    """

    def __init__(self, model: CountModel | SectionCounts, weight: float = 1.0) -> None:
        self.model = model
        self.weight = weight

    def start(self, membership: Tensor) -> State:
        """Return the state of given memberships (G, K), with flat priors; none is patternless."""
        membership = membership.to(self.model.device, torch.float32)
        membership = torch.cat([membership, torch.zeros_like(membership[:, :1])], dim=1)
        k = membership.shape[1]
        return State(
            membership=membership,
            log_weight=torch.full((k,), -float(torch.log(torch.tensor(float(k))))).to(membership),
            log_strength=torch.full((len(FINE),), 1.0 / len(FINE)).log().to(membership),
        )

    def step(self, state: State, embedding_score: Tensor | None = None) -> State:
        """One EM iteration; the new state's objective is that of the old memberships.

        Parameters
        ----------
        state
            The current state.
        embedding_score
            (G, K + 1) log density of each gene's embedding in each cluster, where there is one.
        """
        scores = self.model.score(state.membership[:, :-1])
        fixed = 0.0 if embedding_score is None else embedding_score
        total = self._total(scores, state) + state.log_weight + fixed
        objective = float(torch.logsumexp(total, dim=1).cpu().double().sum())
        # Weights and strengths are updated several times, as that is cheap for given scores.
        for _ in range(_INNER):
            membership = torch.softmax(total, dim=1)
            strength = scores.strengths(state.log_strength, membership[:, :-1]) + 1.0
            state = replace(
                state,
                log_weight=_log_weight(membership),
                log_strength=torch.log(strength / strength.sum()),
            )
            total = self._total(scores, state) + state.log_weight + fixed
        return replace(state, membership=torch.softmax(total, dim=1), objective=objective)

    def evidence(self, state: State) -> Tensor:
        """Return the log density of each gene's counts and each cluster, (G, K + 1).

        Patterns are those of the memberships of ``state`` on these counts, without the gene itself.
        """
        scores = self.model.score(state.membership[:, :-1])
        return self._total(scores, state) + state.log_weight

    def explained(self, state: State, pattern: Tensor) -> Tensor:
        """Return the log density of counts and each cluster by given patterns, (G, K + 1).

        Parameters
        ----------
        state
            Source of mixing weights and of the prior on strengths.
        pattern
            (K, P), without these genes.
        """
        return self._total(self.model.explain(pattern), state) + state.log_weight

    def extend(self, state: State, genes: Tensor) -> State:
        """Return the state of all genes by the patterns of some, at (n,) positions."""
        membership = state.membership.new_zeros(self.model.n_genes, state.membership.shape[1])
        membership[genes] = state.membership
        return self.step(replace(state, membership=membership))

    def gain_over_flat(self, state: State, pattern: Tensor, genes: Tensor) -> Tensor:
        """Return the gain (n,) of patterns over a flat one for genes, in weighted nats.

        Parameters
        ----------
        state
            Source of mixing weights and of the prior on strengths.
        pattern
            (K, P) patterns that do not include the genes.
        genes
            Positions (n,).
        """
        total = self._total(self.model.explain(pattern, genes), state, genes)
        flat = self.weight * self.model.flat[genes]
        return torch.logsumexp(total + state.log_weight, dim=1) - flat

    def _total(self, scores: Scores | SectionScores, state: State, genes: Genes = ALL) -> Tensor:
        """Weighted scores (n, K + 1) under the state's prior on strengths, the flat pattern's last.

        Of several sections, summed with a bound.
        """
        if isinstance(scores, SectionScores):
            each = self.weight * scores.each(state.log_strength)
            return bounded_sum(each, background(each, state.log_weight))
        total = [scores.total(state.log_strength), self.model.flat[genes, None]]
        return self.weight * torch.cat(total, dim=1)

    def run(self, state: State, iterations: int) -> State:
        """Run EM for some iterations, or until memberships hardly change."""
        for _ in range(iterations):
            before = state
            state = self.step(state)
            if float((state.membership - before.membership).abs().sum(dim=1).mean()) < 1e-3:
                break
        return state

    def best(self, starts: Iterable[Tensor]) -> State:
        """Run EM from several memberships (G, K); return the state with the highest objective."""
        states = [self.run(self.start(membership), _FIRST) for membership in starts]
        return max(states, key=self.evaluate)

    def search(self, state: State, moves: int) -> Iterator[State]:
        """Make split–merge moves while they raise the objective; yields every gain."""
        state, now = self._settle(state)
        for _ in range(moves):
            better = self._round(state, now)
            if better is None:
                break
            state, now = better
            yield state
        yield self.run(state, _LAST)

    def _round(self, state: State, now: float) -> tuple[State, float] | None:
        """Try the most promising moves; return the first better state with its objective."""
        for split, merge, halves in self._moves(state):
            tried, objective = self._settle(self._apply(state, split, merge, halves))
            if objective > now + 1.0:
                return tried, objective
        return None

    def _settle(self, state: State) -> tuple[State, float]:
        """Run a few EM steps; return the best state among them, and its objective.

        EM on leave-one-out scores may lower the objective, mostly on real tissue that does not
        follow the model.
        """
        tried = []
        for _ in range(_SETTLE):
            after = self.step(state)
            tried.append((state, after.objective))
            state = after
        return max(tried, key=lambda one: one[1])

    def evaluate(self, state: State) -> float:
        """Return the objective of the memberships of a state."""
        return self.step(state).objective

    def _moves(self, state: State) -> list[tuple[int, tuple[int, int], Tensor]]:
        """Return moves (split, (kept, emptied), parts), the largest estimated gain first."""
        label = state.membership.argmax(dim=1)
        k = state.membership.shape[1]
        hard = torch.nn.functional.one_hot(label, k).to(state.membership)[:, :-1]
        size = hard.sum(dim=0)
        scores = self.model.score(hard)
        total = self._total(scores, state)
        own = total.gather(1, label[:, None]).flatten()
        elsewhere = self._elsewhere(scores, state)

        losses = self._merge_losses(hard, label, total, state, elsewhere)
        gains: list[tuple[float, int, Tensor]] = []
        for cluster in torch.nonzero(size >= 4).flatten().tolist():
            genes = torch.nonzero(label == cluster).flatten()
            gain, half = self._split(genes, own[genes], state, elsewhere)
            gains.append((gain, cluster, genes[half]))
        moves = [
            (gain - loss, split, pair, halves)
            for gain, split, halves in gains
            for loss, pair in losses
            if split not in pair
        ]
        moves.sort(key=lambda move: -move[0])
        return [(split, pair, halves) for _, split, pair, halves in moves[:_TRIALS]]

    def _left_out(
        self, membership: Tensor, state: State, genes: Tensor, elsewhere: Tensor | None
    ) -> Tensor:
        """Return weighted leave-one-out scores (n, K) under the state's prior on strengths."""
        return self._weighted(self.model.score(membership, genes), state, genes, elsewhere)

    def _weighted(
        self,
        scores: Scores | SectionScores,
        state: State,
        genes: Tensor,
        elsewhere: Tensor | None,
    ) -> Tensor:
        if isinstance(scores, SectionScores):
            assert elsewhere is not None
            each = self.weight * scores.each(state.log_strength)[..., :-1]
            return bounded_sum(each, elsewhere[:, genes])
        return self.weight * scores.total(state.log_strength)

    def _elsewhere(self, scores: Scores | SectionScores, state: State) -> Tensor | None:
        """Return the scores (S, G, 1) of genes that follow any cluster; None of one section."""
        if not isinstance(scores, SectionScores):
            return None
        return background(self.weight * scores.each(state.log_strength), state.log_weight)

    def _merge_losses(
        self,
        hard: Tensor,
        label: Tensor,
        total: Tensor,
        state: State,
        elsewhere: Tensor | None,
    ) -> list[tuple[float, tuple[int, int]]]:
        """Return what merging each cluster with its most similar ones would cost, least first."""
        size = hard.sum(dim=0)
        own = total.gather(1, label[:, None]).flatten()
        alive = torch.nonzero(size > 0).flatten()
        empty = torch.nonzero(size == 0).flatten().tolist()
        losses = [(0.0, (cluster, cluster)) for cluster in empty[:1]]
        for a, b in self._alike(hard, alive):
            genes = torch.nonzero((label == a) | (label == b)).flatten()
            one = torch.ones(len(genes), 1, device=genes.device)
            together = self._left_out(one, state, genes, elsewhere).flatten()
            n_a, n_b = size[a], size[b]
            mixing = (n_a + n_b) * torch.log(n_a + n_b) - n_a * n_a.log() - n_b * n_b.log()
            loss = float((own[genes] - together).sum()) - float(mixing)
            losses.append((loss, (a, b)))
        return sorted(losses + self._flat_losses(size, label, own - total[:, -1]))

    def _alike(self, hard: Tensor, alive: Tensor) -> list[tuple[int, int]]:
        """Return pairs of clusters, of those that have genes, whose patterns are most similar."""
        if len(alive) < 2:
            return []
        likeness = torch.corrcoef(self.model.draw(hard).pattern[alive]).nan_to_num(nan=0.0)
        likeness.fill_diagonal_(-2.0)
        nearest = likeness.topk(min(_NEIGHBOURS, len(alive) - 1), dim=1).indices
        return sorted(
            {
                (min(a, b), max(a, b))
                for a, row in zip(alive.tolist(), alive[nearest].tolist(), strict=True)
                for b in row
            }
        )

    def _flat_losses(
        self, size: Tensor, label: Tensor, excess: Tensor
    ) -> list[tuple[float, tuple[int, int]]]:
        """Return the cost of removing a pattern, so that its genes join the group without one."""
        flat = len(size)
        n_flat = (label == flat).sum()
        # (A product, because `index_add_` is not deterministic on a GPU.)
        cost = torch.nn.functional.one_hot(label, flat + 1).to(excess).T[:flat] @ excess
        mixing = torch.xlogy(size + n_flat, size + n_flat) - torch.xlogy(size, size)
        cost -= mixing - torch.xlogy(n_flat, n_flat)
        return [
            (loss, (flat, cluster))
            for cluster, loss in enumerate(cost.tolist())
            if size[cluster] > 0
        ]

    def _split(
        self, genes: Tensor, own: Tensor, state: State, elsewhere: Tensor | None
    ) -> tuple[float, Tensor]:
        """Split a cluster by 2-means in likelihood space; return the gain, and the second part."""
        # Counts at hand are copied once, and not for every step.
        model: CountModel | SectionCounts = self.model
        some: Genes = genes
        if isinstance(model, CountModel):
            model, some = model.subset(genes), ALL
        # Start along the leading direction of the genes' differences.
        # (On the CPU: small matrices are faster there, and not every device has eigh.)
        leading = torch.linalg.eigh(model.alike(some).cpu()).eigenvectors[:, -1]
        second = (leading > leading.median()).to(genes.device)
        scores = torch.zeros(len(genes), 2, device=genes.device)
        for _ in range(_SPLIT_STEPS):
            halves = torch.stack([~second, second], dim=1).to(own)
            scores = self._weighted(model.score(halves, some), state, genes, elsewhere)
            moved = scores[:, 1] > scores[:, 0]
            if bool((moved == second).all()):
                break
            second = moved
        n, n_second = float(len(genes)), float(second.sum())
        if n_second < 2 or n - n_second < 2:
            return float("-inf"), second
        parts = torch.tensor([n - n_second, n_second])
        mixing = n * torch.log(torch.tensor(n)) - (parts * parts.log()).sum()
        gain = float((torch.where(second, scores[:, 1], scores[:, 0]) - own).sum())
        return gain - float(mixing), second

    def _apply(self, state: State, split: int, merge: tuple[int, int], halves: Tensor) -> State:
        """Merge two clusters into the first, and move part of a third into the freed one."""
        kept, freed = merge
        membership = state.membership.clone()
        if kept != freed:
            membership[:, kept] += membership[:, freed]
        membership[:, freed] = 0.0
        membership[halves, freed] = membership[halves, split]
        membership[halves, split] = 0.0
        return replace(state, membership=membership, log_weight=_log_weight(membership))


def _log_weight(membership: Tensor) -> Tensor:
    """Return the log mixing weights (K,) of memberships (G, K)."""
    mass = membership.sum(dim=0) + 0.1
    return torch.log(mass / mass.sum())
