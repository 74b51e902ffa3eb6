"""How much sections agree, and which clusters are where."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from darlc.results.study import StudyResult


def genes_in_sections(study: StudyResult) -> NDArray[np.float64]:
    """Return how many genes are expected to follow every cluster in every section, (K, S).

    Genes count in the sections in which they can be judged. A cluster with nearly none in a section
    is not there.
    """
    judged = np.isfinite(study.keeps).astype(np.float64)
    return np.einsum("sgk,gs->ks", study.section_membership, judged)


def agreement(study: StudyResult) -> NDArray[np.float64]:
    """Return the share of genes that follow the same cluster in two sections, (S, S), as expected.

    Of the genes that can be judged in both; NaN where there are none. A gene's sections are taken
    as independent, given its cluster in the study, and as following one other cluster at most.
    """
    judged = np.isfinite(study.keeps).astype(np.float64)
    kept = np.nan_to_num(study.keeps).astype(np.float64) * judged
    left = judged - kept
    both = judged.T @ judged
    same = np.divide(
        kept.T @ kept + left.T @ left, both, out=np.full_like(both, np.nan), where=both > 0
    )
    np.fill_diagonal(same, np.where(np.diag(both) > 0, 1.0, np.nan))
    return same
