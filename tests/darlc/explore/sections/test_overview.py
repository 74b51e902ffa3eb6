"""How much sections agree, and which clusters are where."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from darlc.explore.sections.overview import (
    agreement,
    genes_in_sections,
    predicted_by_others,
)
from darlc.results.study import StudyResult


def test_genes_are_counted_where_they_go(study) -> None:
    found = genes_in_sections(study)
    assert found.shape == (3, 2)
    # Gene9 leaves the third cluster for the first; Gene0, of the first, cannot be judged there.
    np.testing.assert_allclose(found[:, 0], [4, 4, 4], atol=1e-5)
    np.testing.assert_allclose(found[:, 1], [4 - 0.9 + 0.85, 4 - 0.05, 4 - 0.05 - 0.85], atol=1e-5)


def test_sections_that_share_clusters_agree(study) -> None:
    same = agreement(study)
    kept = 0.99 * 0.99 + 0.01 * 0.01
    left = 0.99 * 0.02 + 0.01 * 0.98
    assert same[0, 1] == same[1, 0] == pytest.approx((10 * kept + left) / 11, rel=1e-5)
    assert same[0, 0] == same[1, 1] == 1


def test_without_common_genes_nothing_is_said(study) -> None:
    keeps = study.keeps.copy()
    keeps[:6, 0], keeps[6:, 1] = np.nan, np.nan
    same = agreement(replace(study, keeps=keeps))
    assert np.isnan(same[0, 1]) and np.isnan(same[1, 0]) and same[0, 0] == 1


def _two_clusters(study: StudyResult, evidence: np.ndarray, keeps: np.ndarray) -> StudyResult:
    membership = np.full((study.n_genes, 2), 0.5, dtype=np.float32)
    names, colours = ("1", "2"), ("#112233", "#332211")
    return replace(
        study,
        membership=membership,
        section_membership=np.stack([membership, membership]),
        evidence=evidence,
        keeps=keeps,
        sections=tuple(
            replace(
                each,
                membership=np.full((each.n_genes, 2), 0.5, dtype=np.float32),
                cluster_names=names,
                cluster_colours=colours,
            )
            for each in study.sections
        ),
        cluster_names=names,
        cluster_colours=colours,
    )


def test_sections_that_agree_predict_each_other(study) -> None:
    """Closed form: two clusters of equal weight, evidence of ten nats for one of them."""
    genes = study.n_genes
    alone = np.zeros((genes, 2), dtype=np.float32)
    alone[np.arange(genes), np.arange(genes) % 2] = 10.0
    keeps = np.ones((genes, 2), dtype=np.float32)
    same = _two_clusters(study, np.stack([alone, alone]), keeps)
    np.testing.assert_allclose(predicted_by_others(same), np.log(2), atol=1e-3)
    other = _two_clusters(study, np.stack([alone, alone[:, ::-1]]), keeps)
    np.testing.assert_allclose(predicted_by_others(other), 2 * np.log(2) - 10, atol=1e-2)
    silent = _two_clusters(study, np.stack([alone, 0 * alone]), keeps)
    np.testing.assert_allclose(predicted_by_others(silent), 0, atol=1e-6)
    nothing = _two_clusters(study, np.stack([alone, alone]), np.full_like(keeps, np.nan))
    assert (predicted_by_others(nothing) == 0).all()
