"""Genes that change between groups of sections: replicates have to agree."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from darlc.errors import InputError
from darlc.explore.sections.groups import group_changes
from darlc.results.study import StudyResult


def widened(study: StudyResult, keeps: list[list[float]]) -> StudyResult:
    """Return a study of as many sections as there are columns; its genes are in cluster 0 of 3.

    A gene that does not keep its cluster in a section follows cluster 2 there.
    """
    kept = np.array(keeps, dtype=np.float32)
    genes, sections = kept.shape
    known = np.nan_to_num(kept, nan=1.0).T
    followed = np.stack([known, np.zeros_like(known), 1 - known], axis=2)
    return replace(
        study,
        section_names=tuple("abcdef"[:sections]),
        gene_names=np.arange(genes).astype(str),
        membership=np.tile(np.float32([0.9, 0.05, 0.05]), (genes, 1)),
        section_membership=followed.astype(np.float32),
        evidence=np.empty(0),
        keeps=kept,
        molecules=np.ones((genes, sections), dtype=np.int64),
        drawing=np.ones(genes, dtype=bool),
        sections=(study.sections[0],) * sections,
    )


def test_the_gene_that_changes_is_found(study) -> None:
    found = group_changes(study, ["ctrl 1"], ["treated"])
    assert found.genes.tolist() == [11]
    assert (found.first.tolist(), found.second.tolist()) == ([2], [0])
    assert found.probability == pytest.approx([0.99 * 0.98 + 0.01 * 0.02])
    assert found.fdr == pytest.approx(1 - found.probability)
    assert found.judged == 11  # one gene has too few molecules in the second
    turned = group_changes(study, ["treated"], ["ctrl 1"])
    assert (turned.first.tolist(), turned.second.tolist()) == ([0], [2])


def test_replicates_have_to_agree(study) -> None:
    several = widened(
        study,
        [
            [0.99, 0.99, 0.02, 0.02],  # changes with the group
            [0.02, 0.02, 0.99, 0.99],  # and so does this one, by its other cluster
            [0.99, 0.99, 0.99, 0.02],  # differs in one section
            [0.99, 0.02, 0.99, 0.02],  # differs within both groups
            [0.95, 0.95, 0.95, 0.95],  # nowhere
        ],
    )
    found = group_changes(several, ["a", "b"], ["c", "d"])
    assert sorted(found.genes.tolist()) == [0, 1] and found.judged == 5
    second = dict(zip(found.genes.tolist(), found.second.tolist(), strict=True))
    assert second == {0: 2, 1: 0}
    assert (found.probability > 0.9).all()


def test_sections_with_too_few_molecules_do_not_count(study) -> None:
    nan = float("nan")
    several = widened(study, [[0.99, nan, 0.02, nan], [0.99, 0.99, nan, nan]])
    found = group_changes(several, ["a", "b"], ["c", "d"])
    assert found.genes.tolist() == [0] and found.judged == 1


def test_the_list_is_as_long_as_the_rate_allows(study) -> None:
    several = widened(study, [[0.99, keeps] for keeps in (0.01, 0.1, 0.3, 0.6, 0.9)])
    lengths = [len(group_changes(several, ["a"], ["b"], fdr).genes) for fdr in (0, 0.1, 0.2, 1)]
    assert lengths == [0, 2, 3, 5]


@pytest.mark.parametrize(
    ("first", "second", "sentence"),
    [
        (["ctrl 1"], [], "group of sections is empty"),
        (["ctrl 1"], ["nowhere"], "no section nowhere: choose among ctrl 1, treated"),
        (["ctrl 1", "treated"], ["treated"], "section treated is in both groups"),
    ],
)
def test_groups_that_are_none_are_refused(study, first, second, sentence) -> None:
    with pytest.raises(InputError, match=sentence):
        group_changes(study, first, second)
