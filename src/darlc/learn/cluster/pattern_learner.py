"""Training of the detail filter, on the likelihood of genes that are left out of the patterns.

Ours, beyond the paper. The objective is that of the search for clusters: no gene is scored by a
pattern that includes its own counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from darlc.config import TrainConfig
from darlc.errors import TrainingError
from darlc.images.grid import Grid
from darlc.learn.cluster.count_model import CountModel
from darlc.learn.cluster.detail import DetailFilter
from darlc.learn.cluster.split_merge import CountClusters, State
from darlc.learn.random_state import WeightStream

#: Parts of the genes that are left out in turn, and rounds of an epoch.
_FOLDS, _PASSES = 5, 3
_FEWEST_GENES = 4 * _FOLDS
_DECAY = 1e-3
_CLIP = 1.0


class PatternLearner:
    """The detail filter of a tissue's patterns, and its optimiser.

    Parameters
    ----------
    clusters
        Clusters, whose patterns use the filter from now on.
    grid
        Where the pixels lie.
    config
        Its ``pattern_rate`` and number of joint epochs.
    seed
        Seed of the filter and of the order in which genes are left out.
    """

    def __init__(self, clusters: CountClusters, grid: Grid, config: TrainConfig, seed: int) -> None:
        self.clusters = clusters
        model = self._model
        with WeightStream(seed).active():
            self.filter = DetailFilter(grid, model.size, len(model.bands.bands))
        clusters.model = model.detailed(self.filter)
        self._random = torch.Generator().manual_seed(seed)
        self._optimiser = torch.optim.AdamW(
            self.filter.parameters(), lr=config.pattern_rate, weight_decay=_DECAY
        )
        self._schedule = torch.optim.lr_scheduler.OneCycleLR(
            self._optimiser,
            config.pattern_rate,
            total_steps=config.joint_epochs * _PASSES * _FOLDS + 1,
        )

    @property
    def _model(self) -> CountModel:
        assert isinstance(self.clusters.model, CountModel)
        return self.clusters.model

    def state_dict(self) -> dict[str, Any]:
        """Return what was learnt so far, and where learning is."""
        return {
            "layers": self.filter.layers.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "schedule": self._schedule.state_dict(),
            "random": self._random.get_state(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from what ``state_dict`` returned."""
        self.filter.layers.load_state_dict(state["layers"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._schedule.load_state_dict(state["schedule"])
        self._random.set_state(state["random"])

    @staticmethod
    def wanted(clusters: CountClusters, config: TrainConfig) -> bool:
        """Return whether training is enabled, and whether there are enough genes.

        Not of several sections, whose filters would have to be learnt together.
        """
        one = isinstance(clusters.model, CountModel)
        return one and config.pattern_rate > 0 and clusters.model.n_genes >= _FEWEST_GENES

    def epoch(self, state: State, stop: Callable[[], bool] = lambda: False) -> float:
        """Train on the current clusters; return the mean loss, in nats a weighted molecule.

        Parameters
        ----------
        state
            The clusters.
        stop
            Called after every step; once it returns True the epoch ends.

        Raises
        ------
        TrainingError
            The loss is not finite.
        """
        model = self._model
        losses: list[float] = []
        for _ in range(_PASSES):
            order = torch.randperm(model.n_genes, generator=self._random).to(model.device)
            parts = order.tensor_split(_FOLDS)
            for i, left_out in enumerate(parts):
                drawing = torch.cat([*parts[:i], *parts[i + 1 :]])
                pattern = model.draw(state.membership[drawing, :-1], drawing).pattern
                gain = self.clusters.gain_over_flat(state, pattern, left_out)
                loss = -gain.sum() / model.seen[left_out].sum().clamp_min(1.0)
                if not torch.isfinite(loss):
                    raise TrainingError("joint", "the counts loss is not finite.")
                self._optimiser.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(self.filter.parameters(), _CLIP)
                self._optimiser.step()
                self._schedule.step()
                losses.append(float(loss.detach()))
                if stop():
                    return sum(losses) / len(losses)
        return sum(losses) / len(losses)
