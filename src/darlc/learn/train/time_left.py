"""Time left of a run, from the expected cost of each stage and the measured time so far."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from darlc.config import Config
from darlc.events import STAGES, Stage

#: The estimate only rises if the last one was wrong by this factor.
_WRONG = 2.0
#: Weight of expected costs against measured times, in seconds.
_PRIOR = 0.5
#: The share of denoising that tells how fast the machine is; before it nothing is said.
_TOLD = 0.5
#: About how many numbers of clusters a search compares, and the equivalent of a fixed number.
_COMPARED, _FIXED = 30, 4


def stage_costs(config: Config, genes: int, pixels: int, others: int = 0) -> dict[Stage, float]:
    """Return about how many seconds each stage takes on a slow core.

    Measured on fits of 150 to 800 genes over 260 to 4,600 pixels, with and without a known number
    of clusters; only proportions matter once the first stage has run.

    Parameters
    ----------
    config
        Epochs, and whether the number of clusters is known.
    genes, pixels
        G and P, on the model grid.
    others
        Genes that draw no patterns and are answered at the end.
    """
    cells = genes * pixels / 1e6
    compared = _COMPARED if config.clusters == "auto" else _FIXED
    gene_epochs = genes / 1000 * (1 + pixels / 5000)
    return {
        "rasterize": 0.1,
        "denoise": 0.4 + 1.6e-3 * pixels * config.denoise.epochs / 40 + 0.5 * cells,
        "pretrain": 0.1 + 0.3 * config.train.pretrain_epochs * gene_epochs,
        "search": 0.5 + compared * (0.12 + 0.7 * cells + 0.25 * genes / 1000),
        "joint": 0.3 + config.train.joint_epochs * (0.6 * gene_epochs + 1.2 * cells),
        "assign": 0.2 + 2.0 * cells + 0.5 * genes / 1000 + others / 1000 * (1 + pixels / 2500),
    }


class TimeLeft:
    """Estimates the seconds that are left.

    Parameters
    ----------
    costs
        Approximate cost of each stage, in any unit.
    clock
        Returns seconds.
    spent
        Seconds that the stages took that ran before, where a training is continued.
    """

    def __init__(
        self,
        costs: Mapping[Stage, float],
        clock: Callable[[], float] = time.perf_counter,
        spent: float = 0.0,
    ) -> None:
        self._costs, self._clock = costs, clock
        self._created = clock()
        self._first = self._created - spent
        self._began: dict[Stage, float] = {}
        self._last = float("inf")

    def at(self, stage: Stage, step: int, total: int) -> float:
        """Return the seconds left when ``step`` of ``total`` steps of a stage are done.

        NaN until enough has run to tell how fast the machine is.
        """
        now = self._clock()
        start = self._began.setdefault(stage, now if self._began else self._created)
        share = min(step / max(total, 1), 1.0)
        before = sum(self._costs[each] for each in STAGES[: STAGES.index(stage)])
        done = before + share * self._costs[stage]
        # The speed of the machine is estimated from the stages that have run.
        pace = (now - self._first + _PRIOR) / (done + _PRIOR)
        expected = pace * self._costs[stage]
        elapsed = now - start
        if share > 0:
            expected = share * (elapsed / share) + (1 - share) * max(expected, elapsed)
        rest = max(expected - elapsed, 0.0)
        after = sum(self._costs[each] for each in STAGES[STAGES.index(stage) + 1 :])
        if (STAGES.index(stage), share) < (STAGES.index("denoise"), _TOLD):
            return float("nan")
        left = rest + pace * after
        if left > self._last and left < _WRONG * self._last:
            left = self._last
        self._last = left
        return left
