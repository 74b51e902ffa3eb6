"""Genes that change are listed at the rate that is asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from darlc.explore.sections.changes import changes


def test_the_gene_that_changes_is_found(study) -> None:
    found = changes(study)
    assert found.genes.tolist() == [11] and found.sections.tolist() == [1]
    assert found.keeps == pytest.approx([0.02]) and found.fdr == pytest.approx([0.02])
    # It is where the gene goes, not its own cluster.
    assert found.there.tolist() == [0] and study.cluster[11] == 2
    assert (found.pairs, found.n_genes) == (23, 1)


@pytest.mark.parametrize("fdr", [0.05, 0.1, 0.3])
def test_the_share_of_false_ones_is_as_asked_for(study, fdr) -> None:
    """Of calibrated probabilities, for many genes."""
    random = np.random.default_rng(0)
    genes, sections = 4000, 3
    keeps = np.where(
        random.uniform(size=(genes, sections)) < 0.15, random.beta(0.5, 3, (genes, sections)), 0.98
    )
    kept = random.uniform(size=keeps.shape) < keeps
    membership = np.tile(np.float32([0.7, 0.2, 0.1]), (genes, 1))
    large = replace(
        study,
        gene_names=np.arange(genes).astype(str),
        section_names=("a", "b", "c"),
        membership=membership,
        section_membership=np.repeat(membership[None], 3, axis=0),
        evidence=np.empty(0),
        keeps=keeps.astype(np.float32),
        molecules=np.ones((genes, 3), dtype=np.int64),
        drawing=np.ones(genes, dtype=bool),
        sections=(study.sections[0],) * 3,
    )
    found = changes(large, fdr)
    assert len(found.genes) > 100
    assert kept[found.genes, found.sections].mean() == pytest.approx(fdr, abs=0.04)
    assert found.fdr[-1] <= fdr and (np.diff(found.keeps) >= 0).all()
    assert (found.there == 1).all()


def test_nothing_may_change(study) -> None:
    found = changes(replace(study, keeps=np.full_like(study.keeps, 0.9)))
    assert found.n_genes == 0 and found.pairs == 24
    assert changes(replace(study, keeps=np.full_like(study.keeps, np.nan))).pairs == 0
