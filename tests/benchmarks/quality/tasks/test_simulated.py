from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.quality.methods import Answer
from benchmarks.quality.settings import Settings
from benchmarks.quality.tables import Table
from benchmarks.quality.tasks.simulated import Case, summarise

TRUTH = np.repeat(["a", "b", "c", "none"], 20)
COLUMNS = ("dataset", "method", "seed", "ARI", "NMI", "mAP", "K", "K found", "flagged", "lost")


def case(name: str, grid: dict[str, float], wrong: int) -> Case:
    """Make a tissue on which ours errs in some genes, and the untrained start in twice as many."""
    made = Case(name, TRUTH, Table("t", (*COLUMNS, "seconds", "note"), quiet=True))
    made.grid = grid
    labels = np.repeat([0, 1, 2, -1], 20)
    for method, errors in (("ours", wrong), ("ours, untrained", 2 * wrong), ("oracle", 0)):
        given = labels.copy()
        given[:errors] = 1
        # Sure of all but the ones that are wrong.
        confidence = np.where(np.arange(80) < errors, 0.0, 1.0)
        # A gene that is wrong lies with those of its cluster; those without a pattern, anywhere.
        embedding = np.where(TRUTH[:, None] == "none", np.nan, np.eye(4)[given])
        answer = Answer(given, embedding, confidence) if method != "oracle" else Answer(given)
        made.score(method, 0, answer)
        if method == "ours":
            made.calibrate(answer)
    best = max(grid.values())
    made.ari["best of the grid on this tissue"] = [best]
    made.ari["K unknown: ours"], made.found["K unknown: ours"] = [0.5], [4]
    return made


@pytest.fixture
def tables(tmp_path: Path) -> dict[str, Table]:
    cases = [
        case("first", {"x": 0.5, "y": 0.6}, wrong=2),
        case("second", {"x": 0.4, "y": 0.1}, wrong=4),
    ]
    return {table.name: table for table in summarise(cases, Settings(out=tmp_path))}


def test_one_cell_is_the_baseline_of_all_tissues(tables: dict[str, Table]) -> None:
    gap = tables["simulated_gap"]
    assert gap.numbers("baseline") == [0.5, 0.4], "y is best on one tissue, x in the mean"
    assert gap.numbers("own best") == [0.6, 0.4]
    assert gap.numbers("oracle") == [1.0, 1.0]
    shares = (np.array(gap.numbers("ours")) - [0.5, 0.4]) / [0.5, 0.6]
    np.testing.assert_allclose(gap.numbers("gap closed"), shares)


def test_the_summary_pools(tables: dict[str, Table]) -> None:
    summary = {row["measure"]: row["value"] for row in tables["simulated_summary"].rows}
    gap = tables["simulated_gap"]
    gains = np.subtract(gap.numbers("ours"), gap.numbers("baseline"))
    assert summary["gap closed, pooled"] == pytest.approx(gains.sum() / 1.1)
    assert summary["tissues on which the baseline is beaten"] == 2
    difference = np.subtract(gap.numbers("ours"), gap.numbers("untrained"))
    assert summary["trained − untrained, ARI"] == pytest.approx(difference.mean())
    assert summary["K unknown: ours, error of K"] == pytest.approx(1 / 3), "4 where 3 are true"
    # Right at a confidence of 1, wrong at 0: calibrated, and 6 of 120 genes are not confident.
    assert summary["expected calibration error"] == 0
    assert summary["patterned genes at confidence ≥ .9"] == pytest.approx(114 / 120)
    assert summary["right among those"] == 1


def test_similar_genes_are_those_of_the_true_pattern(tables: dict[str, Table]) -> None:
    right = case("right", {"x": 0.0}, wrong=0)
    assert right.similar["ours"] == [1.0]
    assert np.isnan(right.similar["oracle"][0]), "the oracle has no embedding"
    some = case("some", {"x": 0.0}, wrong=2)
    assert some.similar["ours, untrained"][0] < some.similar["ours"][0] < 1.0
    summary = {row["measure"]: row["value"] for row in tables["simulated_summary"].rows}
    assert summary["trained − untrained, mAP of similar genes"] > 0


def test_patternless_genes_are_scored_apart() -> None:
    table = case("one", {"x": 0.0}, wrong=0).table
    assert table.values("flagged") == [1.0] * 3
    assert table.values("lost") == [0.0] * 3
    assert table.values("ARI") == [1.0] * 3
    assert table.values("K found") == [3] * 3
