"""Genes that change are listed at the rate that is asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from darlc.explore.sections.changes import changes, followed


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
    false = kept[found.genes, found.sections]
    assert false.mean() == pytest.approx(min(fdr, found.fdr[-1]), abs=0.04)
    assert found.fdr[-1] <= fdr and (np.diff(found.keeps) >= 0).all()
    assert (found.there == 1).all()
    # Where more could be listed at that rate, all pairs that rather are false are left out.
    assert found.fdr[-1] > fdr - 0.01 or found.keeps[-1] > 0.49
    assert found.keeps[-1] <= 0.5


@pytest.mark.parametrize("fdr", [0.05, 0.1])
def test_the_share_of_false_genes_is_as_asked_for(study, fdr) -> None:
    """Where true genes change in many sections, false ones in one, as by chance."""
    random = np.random.default_rng(1)
    genes, sections = 4000, 10
    keeps = np.full((genes, sections), 0.99)
    keeps[:400] = random.beta(0.2, 8.0, (400, sections))
    keeps[400:1200, 0] = random.uniform(0.2, 1.0, 800)
    kept = random.uniform(size=keeps.shape) < keeps
    membership = np.tile(np.float32([0.7, 0.2, 0.1]), (genes, 1))
    large = replace(
        study,
        gene_names=np.arange(genes).astype(str),
        section_names=tuple("abcdefghij"),
        membership=membership,
        section_membership=np.repeat(membership[None], sections, axis=0),
        evidence=np.empty(0),
        keeps=keeps.astype(np.float32),
        molecules=np.ones((genes, sections), dtype=np.int64),
        drawing=np.ones(genes, dtype=bool),
        sections=(study.sections[0],) * sections,
    )
    found = changes(large, fdr)
    listed = np.zeros(kept.shape, dtype=bool)
    listed[found.genes, found.sections] = True
    called = np.flatnonzero(listed.any(axis=1))
    assert len(called) > 390
    false = np.array([kept[gene, listed[gene]].all() for gene in called])
    assert false.mean() <= fdr + 0.02


def test_a_pair_that_surely_keeps_is_not_listed_with_sure_ones(study) -> None:
    """Although the expected share of false ones would allow it."""
    keeps = np.ones_like(study.keeps)
    keeps[:11, 1] = 0.0
    found = changes(replace(study, keeps=keeps))
    assert sorted(found.genes.tolist()) == list(range(11))


def test_nothing_may_change(study) -> None:
    found = changes(replace(study, keeps=np.full_like(study.keeps, 0.9)))
    assert found.n_genes == 0 and found.pairs == 24
    assert changes(replace(study, keeps=np.full_like(study.keeps, np.nan))).pairs == 0


def test_a_gene_follows_another_cluster_only_where_it_probably_left_its_own(study) -> None:
    there = followed(study)
    assert there.shape == (2, study.n_genes)
    assert there[1, 11] == 0, "where it goes"
    there[1, 11] = -1
    assert (there == -1).all()
    np.testing.assert_array_equal(followed(study, np.array([11, 2])), [[-1, -1], [0, -1]])
