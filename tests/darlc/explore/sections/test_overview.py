"""How much sections agree, and which clusters are where."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from darlc.explore.sections.overview import agreement, genes_in_sections


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
