"""The benchmark without counts: fresh seeds, all kinds, and differences paired by tissue."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.quality.settings import Settings
from benchmarks.quality.tasks import without_counts
from darlc.simulation.without_counts import KINDS


def test_each_kind_is_reported_on_two_tissues_that_nothing_is_tuned_on() -> None:
    kinds = [tissue.kind for tissue in without_counts.REPORTING]
    assert sorted(kinds) == sorted([*KINDS, *KINDS])
    assert min(tissue.seed for tissue in without_counts.REPORTING) >= 200
    assert max(tissue.seed for tissue in without_counts.TUNING) < 100
    names = [tissue.name for tissue in without_counts.REPORTING]
    assert len(set(names)) == len(names) and "log: patchy, 10% patternless" in names


def test_differences_are_of_the_same_tissue(tmp_path: Path) -> None:
    def measured(name: str, ours: float, other: float) -> without_counts.Measured:
        one = without_counts.Measured(name, np.array(["a", "b"]))
        figures = {
            without_counts.OURS: [ours, ours + 0.02],
            without_counts.UNTRAINED_NAME: [other, other + 0.02],
            without_counts.PUBLISHED: [0.1],
            "best of the grid on this tissue": [other + 0.2],
        }
        one.ari, one.similar = figures, figures
        one.grid = {"good": other + 0.1, "bad": other}
        return one

    found = [measured("one", 0.7, 0.6), measured("two", 0.5, 0.45)]
    each, pooled = without_counts.summarise(found, Settings(out=tmp_path))
    assert each.numbers("ours") == pytest.approx([0.71, 0.51])
    assert each.numbers("baseline") == pytest.approx([0.7, 0.55])
    (row,) = [row for row in pooled.rows if row["measure"] == "ours − untrained, ARI"]
    assert (row["value"], row["error"]) == pytest.approx((0.075, 0.025))
    assert row["note"] == "lowest +0.050 on two"
