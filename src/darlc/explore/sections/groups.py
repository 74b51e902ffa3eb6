"""Which genes follow one cluster in some sections, and another in others: replicates respected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darlc.errors import InputError
from darlc.explore.sections.changes import within_rate
from darlc.results.clusters import Clusters
from darlc.results.study import StudyResult
from darlc.wording import listed


@dataclass(frozen=True, eq=False)
class GroupChanges:
    """Genes that follow different clusters in two groups of sections, the surest first.

    Parameters
    ----------
    genes
        (n,) rows of the genes in the study.
    first, second
        (n,) the cluster that the gene follows in each group.
    probability
        (n,) that it follows one cluster in every section of the first group in which it can be
        judged, and another in every such section of the second.
    fdr
        (n,) expected share of false ones among the gene and all before it.
    judged
        Number of genes that could be judged, in a section of each group at least.
    """

    genes: NDArray[np.int64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    probability: NDArray[np.float64]
    fdr: NDArray[np.float64]
    judged: int


def group_changes(
    study: StudyResult, first: Sequence[str], second: Sequence[str], fdr: float = 0.1
) -> GroupChanges:
    """Return the genes that follow different clusters in two groups of sections.

    A gene that differs within a group, as by the chance of one tissue, is not among them. The
    sections of a gene are taken as independent, given its cluster in the study.

    Parameters
    ----------
    study
        Of two sections or more.
    first, second
        Names of the sections of each group.
    fdr
        Highest expected share of false ones; see `darlc.explore.sections.changes.changes`.

    Raises
    ------
    InputError
        A section is not known, is in both groups, or a group is empty.
    """
    groups = [_numbers(study, names) for names in (first, second)]
    if both := set(groups[0]) & set(groups[1]):
        raise InputError(
            f"the section {study.section_names[min(both)]} is in both groups: name it once."
        )
    kept, left = zip(*(_all(study.keeps[:, group]) for group in groups), strict=True)
    known = np.flatnonzero(
        np.all([np.isfinite(study.keeps[:, group]).any(axis=1) for group in groups], axis=0)
    )
    probability = kept[0] * left[1] + left[0] * kept[1]
    order, share = within_rate(1.0 - probability[known], fdr)
    genes = known[order]
    one, other = (_followed(study, group)[genes] for group in groups)
    return GroupChanges(genes, one, other, probability[genes], share, len(known))


def _numbers(study: StudyResult, names: Sequence[str]) -> list[int]:
    if not names:
        raise InputError("a group of sections is empty: name one section at least in each.")
    if unknown := [name for name in names if name not in study.section_names]:
        raise InputError(
            f"there is no section {listed(unknown)}: choose among {listed(study.section_names)}."
        )
    return [study.section_names.index(name) for name in dict.fromkeys(names)]


def _all(keeps: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the probabilities (G,) that a gene keeps its cluster in all sections, and in none.

    Sections in which it cannot be judged do not count.
    """
    kept = np.where(np.isfinite(keeps), keeps, 1.0).astype(np.float64).prod(axis=1)
    left = np.where(np.isfinite(keeps), 1.0 - keeps, 1.0).astype(np.float64).prod(axis=1)
    return kept, left


def _followed(study: StudyResult, group: list[int]) -> NDArray[np.int64]:
    """Return the cluster (G,) that a gene most probably follows in the sections of a group."""
    judged = np.isfinite(study.keeps[:, group])
    share = np.einsum("sgk,gs->gk", study.section_membership[group], judged.astype(np.float32))
    return Clusters(share).cluster
