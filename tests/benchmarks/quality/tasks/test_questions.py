"""The benchmark of questions: its tissues, its usual tests, and that planted genes are found."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.quality.settings import Settings
from benchmarks.quality.tasks import questions


def test_genes_are_smooth_or_flat_and_planted_ones_follow_the_target() -> None:
    target = np.repeat([-1.0, 1.0], questions.SIDE**2 // 2)
    found = questions.noise(0, 4.0, target)
    log = np.log(found.rates)
    planted = [np.corrcoef(row, target)[0, 1] for row in log[: questions.PLANTED]]
    np.testing.assert_allclose(planted, 1)
    rest = np.corrcoef(log[questions.PLANTED :], target)[-1, :-1]
    assert np.abs(rest).mean() < 0.4
    flat = questions.noise(0, 0.0)
    assert np.ptp(flat.rates, axis=1).max() < 1e-12
    assert np.median(flat.images.library) > 5000


@pytest.mark.parametrize("name", questions.QUESTIONS)
def test_planted_genes_are_found_and_others_rarely(name: str) -> None:
    ask = questions.QUESTIONS[name]
    target = questions.planted_target(name, 2)
    answer = ask(questions.noise(2, 0.0, target).images, target, 2)
    assert np.nanmean(answer.p[: questions.PLANTED] < 0.05) > 0.6
    assert np.nanmean(answer.p[questions.PLANTED :] < 0.05) < 0.12


def test_a_quick_look(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(
        questions, "QUESTIONS", {"pairs of genes": questions.QUESTIONS["pairs of genes"]}
    )
    monkeypatch.setattr(questions, "pattern_rows", lambda n: iter(()))
    tables = questions.run(Settings(subset=True, out=tmp_path))
    false, power, curves, _, sets = tables
    assert len(false.rows) == len(power.rows) == 4
    assert false.numbers("usual p ≤ .05")[-1] > 0.3 > 0.12 > false.numbers("p ≤ .05")[-1]
    assert len(curves.rows) == 4 and max(curves.numbers("outside")) < 0.15
    assert sets.numbers("p ≤ .05")[0] <= 0.05
