from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from darlc.errors import InputError
from darlc.report.subject import subject_of
from darlc.results.gene_sets import GeneSet, GeneSets


def test_a_result_is_its_own_only_section(result):
    subject = subject_of(result, "result.h5ad")
    assert [name for name, _ in subject.sections] == [""] and subject.changes({}) is None
    assert (subject.followed == -1).all() and subject.followed.shape == (1, result.n_genes)
    assert subject.command.startswith("darlc fit result.h5ad")


def test_a_study_says_how_it_was_made_and_has_the_sets_of_all_sections(study):
    first, second = study.sections
    mine = GeneSet("mine", ("Gene0", "Gene1"))
    theirs = GeneSet("theirs", ("Gene4",))
    sets = (GeneSets((mine,)), GeneSets((replace(mine, genes=("Gene2",)), theirs)))
    sections = (replace(first, gene_sets=sets[0]), replace(second, gene_sets=sets[1]))
    subject = subject_of(replace(study, sections=sections), "folder")
    assert tuple(subject.gene_sets) == (mine, theirs)
    held = dict(subject.facts)
    for name in study.section_names:
        assert f"Tissue pixels of {name}" in held
    assert subject.summary.endswith("in 2 sections")


def test_genes_that_one_section_lacks_are_less_alike(study):
    embedding = subject_of(study, "folder").embedding
    width = study.sections[0].embedding.shape[1]
    for section, result in enumerate(study.sections):
        part = embedding[:, section * width : (section + 1) * width]
        lacking = ~np.isin(study.gene_names, result.gene_names)
        assert not part[lacking].any()


def test_without_data_it_is_refused(study):
    sections = tuple(replace(each, adata=None) for each in study.sections)
    with pytest.raises(InputError, match="not bound to its data"):
        subject_of(replace(study, sections=sections), "folder")
