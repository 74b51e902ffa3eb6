"""Clusters of genes, by the mixture over embeddings together with the count model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from darlc.config import Config
from darlc.images.sgep_images import SGEPImages
from darlc.learn.cluster.confidence import Calibration, calibrate
from darlc.learn.cluster.count_model import CountModel
from darlc.learn.cluster.library import choose_library, estimate_dispersion, log_likelihood
from darlc.learn.cluster.mixture.student_t import StudentMixture
from darlc.learn.cluster.mixture.t_density import Parameters
from darlc.learn.cluster.numbering import matched
from darlc.learn.cluster.pattern_learner import PatternLearner
from darlc.learn.cluster.patterns import DrawnPatterns
from darlc.learn.cluster.search import ClusterSearch
from darlc.learn.cluster.split_merge import CountClusters, State
from darlc.learn.cluster.sums import SumComparison
from darlc.results.second_patterns import SecondPatterns

#: Split–merge moves, at most, before starts are compared.
_SHORT = 3


class GeneClusters(ClusterSearch):
    """Memberships of the drawing genes, and the two models behind them.

    The score of a gene in a cluster is log π + log t(embedding | cluster) / D + β · leave-one-out
    log-likelihood of its counts under the cluster's pattern (the last term is ours; of values that
    are not counts, see `ValueClusters`). With β = 0 it is the published mixture,
    log π + log t(embedding | cluster).

    With counts, a last cluster gathers the genes that no pattern explains better than none.

    Parameters
    ----------
    images
        The drawing genes.
    config
        Number of clusters, mixture, β and seed.
    device
        Device on which counts are scored.
    """

    #: Values whose noise this knows.
    known: ClassVar[tuple[str, ...]] = ("counts",)

    def __init__(self, images: SGEPImages, config: Config, device: torch.device) -> None:
        counted = images.values in self.known and config.count_weight > 0
        super().__init__(images.n_genes, config, device, self._count_genes if counted else None)
        self.images = images
        #: Calibration of the final memberships, where there are counts.
        self.calibration: Calibration | None = None
        self._followed: State | None = None
        self._learner: PatternLearner | None = None
        #: What decides about genes that draw no patterns, once memberships are final.
        self._frozen: _Frozen | None = None
        self._sums: SumComparison | None = None

    def start(
        self,
        z: NDArray[np.float32],
        stop: Callable[[], bool] = lambda: False,
        others: Iterable[NDArray[np.float32]] = (),
    ) -> Iterator[int]:
        """Find clusters anew; see `ClusterSearch.start`."""
        self._followed, self._learner = None, None
        yield from super().start(z, stop, others)

    def state_dict(self) -> dict[str, Any]:
        """Return what was found so far; after ``start`` and before ``finish``."""
        state: dict[str, Any] = {
            "membership": torch.from_numpy(self.membership),
            "mixture": vars(self.mixture.parameters_),
            "curve": self.curve,
        }
        if self._counts is not None and self._found is not None:
            assert isinstance(self._counts.model, CountModel)
            state |= self._told(self._counts.model)
            state["found"] = vars(self._found)
        if self._learner is not None:
            state["learner"] = self._learner.state_dict()
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from what ``state_dict`` returned, in the place of ``start``."""
        self.membership = state["membership"].numpy()
        parameters = Parameters(**state["mixture"])
        self.mixture = self._mixture(len(parameters.mean), self.config.mixture.restarts)
        self.mixture.parameters_ = parameters
        self.curve = dict(state["curve"])
        if "found" in state:
            self._counts = CountClusters(self._model(state), self.config.count_weight)
            found = dict(state["found"])
            objective = float(found.pop("objective"))
            on_device = {name: tensor.to(self.device) for name, tensor in found.items()}
            self._found = State(**on_device, objective=objective)
            if "learner" in state:
                self._learner = self._pattern_learner(self._counts)
                self._learner.load_state_dict(state["learner"])

    def _told(self, model: CountModel) -> dict[str, Any]:
        """Return what clusters told of the noise, by which ``_model`` builds the model again."""
        return {"library": torch.from_numpy(model.library), "dispersion": model.dispersion}

    def _model(self, told: Mapping[str, Any]) -> CountModel:
        library, grid = told["library"].numpy(), self.images.grid
        return CountModel(
            self._measured(self.images), library, grid, told["dispersion"], self.device
        )

    def _measured(self, images: SGEPImages) -> NDArray[np.float32]:
        """Return what the model explains of genes, (g, P)."""
        return images.measured()

    def follow(self, z: NDArray[np.float32]) -> None:
        """Update both models for changed embeddings (G, D) by one EM iteration."""
        for _ in self.settle(z, 1):
            pass

    def settle(self, z: NDArray[np.float32], iterations: int) -> Iterator[int]:
        """Update for embeddings (G, D) by several EM iterations; yields after each."""
        # Always start from the counts' own state, so that embedding terms of epochs do not
        # accumulate.
        state = self._found
        for i in range(iterations):
            if self._counts is None or state is None:
                self.mixture.refine(z, 3)
                self.membership = self.mixture.predict_proba(z).astype(np.float32)
            else:
                state = self._vote(self._counts, state, z)
                self._followed, self.membership = state, state.membership.cpu().numpy()
            yield i

    def learn(self, stop: Callable[[], bool] = lambda: False) -> dict[str, float]:
        """Train the detail filter for an epoch; return its loss by name, if there is one.

        Parameters
        ----------
        stop
            Called often; once it returns True the epoch ends. Call ``follow`` before.
        """
        counts, settings = self._counts, self.config.train
        if counts is None or self._followed is None or not PatternLearner.wanted(counts, settings):
            return {}
        if self._learner is None:
            self._learner = self._pattern_learner(counts)
        return {"counts": self._learner.epoch(self._followed, stop)}

    def _pattern_learner(self, counts: CountClusters) -> PatternLearner:
        return PatternLearner(counts, self.images.grid, self.config.train, self.config.seed)

    @torch.no_grad()
    def finish(self) -> int:
        """Calibrate memberships and remove clusters without genes; return how many were removed.

        The group of genes without a pattern does not count.
        """
        state = self._found if self._followed is None else self._followed
        everything = self.mixture
        if self._counts is not None and state is not None:
            self.calibration = calibrate(self._counts, state, self.config.seed)
            self.membership = self.calibration.apply(self.membership)
        n = self.membership.shape[1]
        taken = np.bincount(self.membership.argmax(axis=1), minlength=n) > 0
        dropped, kept = int((~taken).sum()), np.arange(n)
        if dropped:
            if self.patternless and not taken[-1]:
                self.patternless = False
                dropped -= 1
            kept, ours = np.flatnonzero(taken), slice(-1 if self.patternless else None)
            # Free numbers are filled from the end, so that other clusters keep theirs.
            some = self.membership[:, kept[ours]]
            kept[ours] = kept[ours][matched(self.membership, some)]
            self.membership = _only(self.membership, kept)
            self.mixture = self.mixture.keep(kept)
        if self._counts is not None and state is not None and self.calibration is not None:
            assert isinstance(self._counts.model, CountModel)
            drawn = self._counts.model.draw(state.membership[:, :-1])
            self._frozen = _Frozen(state, drawn, everything, self.calibration, kept)
        return dropped

    def compare_sums(self) -> Iterator[int]:
        """Compare the drawing genes' counts under one pattern and under sums of two.

        Yields after each chunk of genes how many are done; call ``finish`` before.
        """
        if self._counts is None or self._frozen is None:
            return
        frozen = self._frozen
        first, temperature = self._first(self.membership), frozen.calibration.temperature
        self._sums = SumComparison(self._counts, frozen.state, frozen.drawn, first, temperature)
        yield from self._sums.compare()

    def second_patterns(
        self, membership: NDArray[np.float32], images: SGEPImages | None = None
    ) -> SecondPatterns | None:
        """Return second patterns of genes; call ``compare_sums`` before. None without counts.

        Parameters
        ----------
        membership
            (g, K) final memberships of the genes.
        images
            The genes, where they draw no patterns; the drawing genes where it is None.
        """
        if self._sums is None or self._frozen is None:
            return None
        if images is None:
            found = self._sums.of_drawing()
        else:
            others = self._sums.model.of_others(self._measured(images))
            found = self._sums.of_others(others, self._first(membership))
        column = np.full(self._sums.n_clusters, -1, dtype=np.int64)
        ours = self._frozen.kept[: self.membership.shape[1] - self.patternless]
        column[ours] = np.arange(len(ours))
        return replace(found, cluster=np.where(found.cluster < 0, -1, column[found.cluster]))

    def _first(self, membership: NDArray[np.float32]) -> Tensor:
        """Return the clusters of the search (g,) of genes with memberships; -1 for no pattern."""
        assert self._frozen is not None
        first = self._frozen.kept[membership.argmax(axis=1)]
        last = self._frozen.state.membership.shape[1] - 1
        return torch.from_numpy(np.where(first == last, -1, first))

    @torch.no_grad()
    def assign(self, images: SGEPImages, z: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return memberships (g, K) of genes that drew no patterns; call ``finish`` before.

        They are scored like the others, which are left out of the patterns that they are scored
        by, and calibrated with them.

        Parameters
        ----------
        images
            The genes, over the same pixels.
        z
            (g, D) their embeddings.
        """
        if self._counts is None or self._frozen is None:
            return self.mixture.predict_proba(z).astype(np.float32)
        frozen, model = self._frozen, self._counts.model
        assert isinstance(model, CountModel)
        others = model.of_others(self._measured(images))
        clusters = CountClusters(others, self.config.count_weight)
        total = clusters.explained(frozen.state, frozen.drawn.pattern)
        total += _vote(frozen.mixture, frozen.state, z).to(total)
        membership = torch.softmax(total, dim=1).cpu().numpy()
        return _only(frozen.calibration.apply(membership), frozen.kept)

    def _vote(self, counts: CountClusters, state: State, z: NDArray[np.float32]) -> State:
        """Return the state after an EM iteration that includes the embedding's score."""
        self.mixture.fit_memberships(z, state.membership.cpu().numpy())
        return counts.step(state, _vote(self.mixture, state, z).to(self.device))

    def _count_genes(self, soft: NDArray[np.float32]) -> CountClusters:
        return CountClusters(count_model(self.images, soft, self.device), self.config.count_weight)

    def _begin(
        self, starts: Iterable[NDArray[np.float32]], stop: Callable[[], bool]
    ) -> Iterator[tuple[CountClusters, State]]:
        """Search a little from each start, with a library of its own; yield ever likelier ones.

        Wrong clusters correct the library wrongly, under which they then are likelier: so no single
        start decides about it. Where one start is asked for, the two cheapest share a library.
        """
        if self.config.mixture.starts == 1:
            yield from super()._begin(starts, stop)
            return
        highest = float("-inf")
        for start in starts:
            counts = self._count_genes(start)
            if highest == float("-inf"):
                yield counts, counts.start(torch.from_numpy(start))
            state = counts.best([torch.from_numpy(start)])
            for better in counts.search(state, min(_SHORT, self.config.mixture.moves)):
                state = better
                if stop():
                    break
            likelihood = log_likelihood(counts, state)
            if likelihood > highest:
                highest = likelihood
                yield counts, state
            if stop():
                break


def count_model(
    images: SGEPImages, soft: NDArray[np.float32], device: torch.device | str
) -> CountModel:
    """Return the model of genes' counts; library and dispersion are estimated.

    Parameters
    ----------
    images
        The drawing genes.
    soft
        (G, K) initial memberships.
    device
        Where to compute.
    """
    device = torch.device(device)
    model = choose_library(images.measured(), images.library, soft, images.grid, device)
    return model.dispersed(estimate_dispersion(model, torch.from_numpy(soft).to(device)))


@dataclass(frozen=True, eq=False)
class _Frozen:
    """Final patterns and mixture, and which clusters are kept, in order."""

    state: State
    drawn: DrawnPatterns
    mixture: StudentMixture
    calibration: Calibration
    kept: NDArray[np.int64]


def _vote(mixture: StudentMixture, state: State, z: NDArray[np.float32]) -> Tensor:
    """Return the score (G, K + 1) of embeddings (G, D) in every cluster."""
    vote = torch.from_numpy(mixture.log_density(z)).float()
    # A gene without a pattern may have any embedding, so that group has a neutral score.
    weighted = vote[:, :-1] + torch.log_softmax(state.log_weight[:-1].cpu(), dim=0)
    vote[:, -1] = torch.logsumexp(weighted, dim=1)
    # The embedding was trained towards these memberships on the same molecules: with the weight of
    # all its dimensions it would confirm itself.
    return vote / z.shape[1]


def _only(membership: NDArray[np.float32], kept: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return memberships in some clusters; rows sum to 1."""
    rest = membership[:, kept]
    # A gene may have nothing left in clusters that are kept.
    total = rest.sum(axis=1, keepdims=True)
    return np.where(total > 0, rest / np.maximum(total, 1e-30), 1.0 / len(kept)).astype(np.float32)
