"""The genes that draw the patterns of a study."""

from __future__ import annotations

import numpy as np

from darlc.images.selection import LESS_VARIABLE, Selection
from darlc.learn.study.choice import choose_together


def selection(variability: list[float]) -> Selection:
    values = np.array(variability)
    reason = np.where(np.isfinite(values), LESS_VARIABLE, "without any expression").astype("<U64")
    return Selection(np.empty(0, dtype=np.int64), values, reason)


def test_genes_that_vary_in_all_sections_come_first() -> None:
    nan = float("nan")
    sections = [selection([0.9, 0.5, 0.1, nan, 0.2]), selection([nan, 0.5, 0.1, nan, 0.4])]
    drawing, chosen = choose_together(sections, 2, np.empty(0, dtype=np.int64))
    assert drawing.tolist() == [0, 1]
    assert [each.genes.tolist() for each in chosen] == [[0, 1], [1]]
    assert [each.others.tolist() for each in chosen] == [[2, 4], [2, 4]]
    assert chosen[1].reason[0] == "without any expression"


def test_wanted_genes_are_taken_within_the_number() -> None:
    sections = [selection([0.9, 0.5, 0.1]), selection([0.9, 0.5, 0.1])]
    drawing, _ = choose_together(sections, 2, np.array([2]))
    assert drawing.tolist() == [0, 2]


def test_a_gene_that_no_section_can_use_is_never_chosen() -> None:
    sections = [selection([0.9, float("nan")]), selection([0.8, float("nan")])]
    drawing, _ = choose_together(sections, 5, np.empty(0, dtype=np.int64))
    assert drawing.tolist() == [0]
