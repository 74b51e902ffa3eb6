"""One epoch over the genes: losses and optimiser steps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from darlc.config import TrainConfig
from darlc.errors import TrainingError
from darlc.learn.cluster.mixture.t_density import Parameters, log_joint
from darlc.learn.denoise.views import Views
from darlc.learn.encode import losses
from darlc.learn.encode.network import MaskedAutoencoder, Target

_CLIP = 1.0
#: Factor of the learning rate for clean images: their initial embedding holds details that separate
#: genes, which training at the full rate loses.
_GENTLE = 0.1
#: Warm-up of the learning rate's schedule.
_FEWEST_STEPS = 6


@dataclass(frozen=True)
class Goal:
    """Targets of an epoch of the joint stage.

    Parameters
    ----------
    mixture
        The mixture's parameters, fixed for the epoch.
    membership
        (G, K) target memberships.
    progress
        Share of the joint stage that is done, for self-pacing.
    """

    mixture: Parameters
    membership: Tensor
    progress: float


class Learner:
    """The networks, their optimiser and the genes that they learn from.

    Parameters
    ----------
    network
        The online network, on its device.
    views
        Both views of the drawing genes.
    config
        Losses and steps.
    seed
        Seed of masks and batches.
    epochs
        Passes over the genes in all stages together, for the learning rate's schedule.
    precision
        ``torch.bfloat16`` for autocast, or None.
    """

    def __init__(
        self,
        network: MaskedAutoencoder,
        views: Views,
        config: TrainConfig,
        seed: int,
        epochs: int,
        precision: torch.dtype | None = None,
    ) -> None:
        self.network = network
        self.target = Target(network, config.momentum)
        self.config = config
        self.device = network.basis.device
        self.raw = torch.from_numpy(views.raw)
        self.denoised = torch.from_numpy(views.denoised)
        self.precision = precision
        self._random = torch.Generator().manual_seed(seed)
        self.n_batches = max(1, -(-len(views.raw) // config.batch))
        # Weight decay keeps corrections, which start at zero, small.
        self.optimiser = torch.optim.AdamW(
            network.parameters(), lr=config.learning_rate, weight_decay=0.01
        )
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser,
            config.learning_rate,
            # The schedule needs at least these steps for its warm-up.
            total_steps=max(_FEWEST_STEPS, epochs * self.n_batches + 1),
            pct_start=0.2,
        )

    def state_dict(self) -> dict[str, Any]:
        """Return what was learnt so far, and where learning is; between epochs only."""
        return {
            "network": dict(self.network.named_parameters()),
            "target": dict(self.target.network.named_parameters()),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
            "random": self._random.get_state(),
        }

    @torch.no_grad()
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from what ``state_dict`` returned."""
        for name, network in (("network", self.network), ("target", self.target.network)):
            for key, parameter in network.named_parameters():
                parameter.copy_(state[name][key])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])
        self._random.set_state(state["random"])

    def epoch(self, stage: str, goal: Goal | None = None) -> Iterator[dict[str, float] | None]:
        """Train on all genes once; yields None after a step, and the mean losses at the end.

        Raises
        ------
        TrainingError
            A loss is not finite; the message names the stage and the loss.
        """
        self.network.train()
        order = torch.randperm(len(self.raw), generator=self._random)
        sums: dict[str, float] = defaultdict(float)
        # Batches of equal size, so that the last one is not a single gene.
        for batch in torch.tensor_split(order, self.n_batches):
            terms = self.terms(batch, goal)
            weighted = {name: getattr(self.config, name) * value for name, value in terms.items()}
            total = torch.stack(list(weighted.values())).sum()
            for name, value in terms.items():
                if not torch.isfinite(value):
                    raise TrainingError(stage, f"the {name} loss is not finite.")
                sums[name] += float(value.detach()) * len(batch) / len(order)
            self.optimiser.zero_grad()
            total.backward()
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), _CLIP)
            self.optimiser.step()
            self.schedule.step()
            self.target.update(self.network)
            sums["total"] += float(total.detach()) * len(batch) / len(order)
            yield None
        yield dict(sums)

    def terms(self, batch: Tensor, goal: Goal | None = None) -> dict[str, Tensor]:
        """Return the losses of some genes (B,) by name; those of the mixture only with ``goal``."""
        raw = self.raw[batch].to(self.device)
        denoised = self.denoised[batch].to(self.device)
        visible = self._visible(len(batch))
        with torch.autocast(self.device.type, self.precision, enabled=self.precision is not None):
            hidden, z = self.network.encode(raw, visible)
            output = self.network.decode(hidden, visible)
            online = self.network.project(z)
            positive = self.target(denoised)
            full = self.network(raw, denoised) if goal is not None else None
        membership = None if goal is None else goal.membership[batch.to(goal.membership.device)]
        # A gene whose denoised view is flat has no positive.
        paired = denoised.any(dim=1)
        terms = {
            "masked": losses.masked_modelling(
                output.float(), self.network.gather(raw), visible, self.network.tissue
            ),
            "contrastive": losses.contrastive(
                online.float()[paired],
                positive.float()[paired],
                self.config.temperature,
                None if membership is None else membership[paired],
            ),
        }
        if goal is None or full is None or membership is None:
            return terms
        joint = log_joint(full.float(), goal.mixture)
        log_membership = torch.log_softmax(joint, dim=1)
        weight = losses.pace(membership.max(dim=1).values, goal.progress)
        terms["kl"] = losses.membership_kl(log_membership, membership, weight)
        terms["likelihood"] = losses.mixture_likelihood(joint, full.shape[1])
        terms["balance"] = losses.balance(log_membership, goal.mixture.log_weight)
        return terms

    def _visible(self, n: int) -> Tensor:
        """Draw the visible tokens of ``n`` genes, (n, V)."""
        tokens = self.network.n_tokens
        shown = max(1, round(tokens * (1.0 - self.config.mask)))
        drawn = torch.rand(n, tokens, generator=self._random).argsort(dim=1)[:, :shown]
        return drawn.to(self.device)


def gentle_config(config: TrainConfig) -> TrainConfig:
    """Return the settings for clean images."""
    return replace(config, learning_rate=_GENTLE * config.learning_rate)


def sharpen(membership: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the sharpened target of deep embedded clustering, (G, K) (Xie et al. 2016, eq. 3).

    The target where memberships are not based on counts.
    """
    weight = np.square(membership) / np.maximum(membership.sum(axis=0), 1e-12)
    return (weight / weight.sum(axis=1, keepdims=True)).astype(np.float32)
