"""Correlations are those of numpy, and 0 for a constant view."""

from __future__ import annotations

import numpy as np
import pytest

from darlc.explore.parts.correlations import correlations
from darlc.results import denoised_views


@pytest.mark.parametrize("at_a_time", [1, 3, 100])
def test_they_are_those_of_numpy(monkeypatch: pytest.MonkeyPatch, at_a_time: int) -> None:
    random = np.random.default_rng(0)
    views, one = random.normal(size=(7, 40)), random.normal(size=40)
    views[3] = 2.0
    monkeypatch.setattr(denoised_views, "AT_ONCE", 40 * at_a_time)
    found = correlations(lambda part: views[part], 7, (one - one.mean()) / one.std())
    known = [0.0 if i == 3 else np.corrcoef(row, one)[0, 1] for i, row in enumerate(views)]
    np.testing.assert_allclose(found, known, atol=1e-6)


def test_none_have_none() -> None:
    assert correlations(lambda part: np.empty((0, 5)), 0, np.arange(5) - 2.0).shape == (0,)
