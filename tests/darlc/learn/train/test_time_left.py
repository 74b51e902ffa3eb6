"""The time left falls while a run goes on, and is about right whatever the machine."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darlc.config import Config
from darlc.estimate import Sizes, stage_costs
from darlc.events import STAGES
from darlc.learn.train.time_left import TimeLeft

#: The step of `told` at which half of denoising is done, after rasterizing.
HALF_DENOISED = 20 + 9
AUTO, KNOWN = Config.from_preset("quick"), Config.from_preset("quick", clusters=8)


def told(costs, pace, wrong, steps: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """Return what is told, and what is true, at every step of a run on a machine of this pace."""
    took = {stage: pace * wrong[stage] * costs[stage] for stage in STAGES}
    now, said, true = 0.0, [], []
    left = TimeLeft(costs, lambda: now)
    for stage in STAGES:
        start = now
        for step in range(1, steps + 1):
            now = start + took[stage] * step / steps
            said.append(left.at(stage, step, steps))
            true.append(sum(took.values()) - now)
    return np.array(said), np.array(true)


def rises(said: np.ndarray) -> int:
    """Return how often more is said than just before."""
    return int((np.diff(said[np.isfinite(said)]) > 1e-9).sum())


@settings(deadline=None)
@given(st.floats(0.1, 30.0), st.sampled_from([AUTO, KNOWN]))
def test_a_machine_of_any_pace_is_foretold(pace: float, config: Config) -> None:
    costs = stage_costs(Sizes(800, 3000), config)
    said, true = told(costs, pace, dict.fromkeys(STAGES, 1.0))
    denoised = 2 * 20
    wrong = np.abs(said - true)[denoised:] / (true[denoised:] + 2 * pace)
    assert wrong.max() < 1.0
    assert not rises(said)


@settings(deadline=None)
@given(st.floats(0.3, 5.0), st.integers(0, 2**16))
def test_it_hardly_ever_rises_though_stages_take_other_shares(pace: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    wrong = dict(zip(STAGES, random.uniform(0.6, 1.6, len(STAGES)), strict=True))
    said, _ = told(stage_costs(Sizes(500, 2000), AUTO), pace, wrong)
    assert rises(said) <= 1 and (said[HALF_DENOISED:] >= 0).all() and said[-1] < 1e-6


def test_nothing_is_said_before_it_is_known_how_fast_the_machine_is() -> None:
    said, _ = told(stage_costs(Sizes(500, 2000), AUTO), 3.0, dict.fromkeys(STAGES, 1.0))
    assert np.isnan(said[:HALF_DENOISED]).all() and np.isfinite(said[HALF_DENOISED:]).all()


def test_the_search_weighs_what_it_compares_and_all_weighs_more_on_more_data() -> None:
    auto, known = stage_costs(Sizes(500, 2000), AUTO), stage_costs(Sizes(500, 2000, 8), KNOWN)
    assert auto["search"] > 4 * known["search"] and auto["pretrain"] == known["pretrain"]
    more = stage_costs(Sizes(1000, 4000), AUTO)
    assert all(more[stage] >= auto[stage] for stage in STAGES)


@pytest.mark.parametrize("config", [AUTO, KNOWN])
def test_every_stage_costs_something(config: Config) -> None:
    assert set(stage_costs(Sizes(2, 8), config)) == set(STAGES)
    assert min(stage_costs(Sizes(2, 8), config).values()) > 0
