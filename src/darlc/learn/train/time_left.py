"""Time left of a run, from the expected cost of each stage and the measured time so far."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from darlc.events import STAGES, Stage

#: The estimate only rises if the last one was wrong by this factor.
_WRONG = 2.0
#: Weight of expected costs against measured times, in seconds.
_PRIOR = 0.5
#: The share of denoising that tells how fast the machine is; before it nothing is said.
_TOLD = 0.5


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
