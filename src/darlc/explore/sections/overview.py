"""How much sections agree, and which clusters are where."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax, logsumexp

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


def predicted_by_others(study: StudyResult) -> NDArray[np.float64]:
    """Return how much the other sections tell of the genes' counts in each section, (S,).

    In nats a gene: the mean, over the genes that can be judged in the section, of the
    log-likelihood of their counts there where their clusters are predicted by the other sections,
    less that where all genes have the same chances. 0 where the others say nothing; negative where
    they mislead. The patterns are those of the study, from which each gene itself was left out.
    """
    log_weight = np.log(study.membership.mean(axis=0, dtype=np.float64) + 1e-12)
    evidence = study.evidence.astype(np.float64)
    others = log_softmax(evidence.sum(axis=0) - evidence + log_weight, axis=2)
    gain = logsumexp(others + evidence, axis=2) - logsumexp(log_weight + evidence, axis=2)
    judged = np.isfinite(study.keeps.T)
    return np.divide(
        (gain * judged).sum(axis=1),
        judged.sum(axis=1),
        out=np.zeros(study.n_sections),
        where=judged.any(axis=1),
    )
