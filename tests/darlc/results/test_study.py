"""What a result of several sections gives, and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from darlc.config import Config
from darlc.errors import InputError
from darlc.images.grid import Grid
from darlc.results.result import Result
from darlc.results.study import StudyResult


def study() -> StudyResult:
    """Return three genes in two sections, the last of which is measured in the second only."""
    membership = np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6]], dtype=np.float32)
    kept = {"A": [0, 1], "B": [0, 1, 2]}
    names = np.array(["a", "b", "c"])
    sections = tuple(
        Result(
            gene_names=names[genes],
            embedding=np.zeros((len(genes), 2), dtype=np.float32),
            membership=membership[genes],
            denoised=np.ones((len(genes), 9), dtype=np.float32),
            grid=Grid(np.ones((3, 3), dtype=bool), np.eye(3)),
            observation_pixel=np.arange(9),
            config=Config(),
        )
        for genes in kept.values()
    )
    return StudyResult(
        section_names=tuple(kept),
        gene_names=names,
        membership=membership,
        section_membership=np.stack([membership, membership[:, ::-1]]),
        keeps=np.array([[0.9, 0.8], [0.7, 0.1], [np.nan, 1]], dtype=np.float32),
        molecules=np.array([[90, 80], [70, 60], [0, 90]]),
        constancy=0.9,
        drawing=np.array([True, True, False]),
        sections=sections,
        config=Config(),
    )


def test_clusters_are_those_of_the_shared_memberships() -> None:
    found = study()
    assert (found.n_genes, found.n_clusters, found.n_sections) == (3, 2, 2)
    assert list(found.cluster) == [0, 1, 1]
    np.testing.assert_allclose(found.confidence, [0.9, 0.8, 0.6], rtol=1e-6)
    assert found.cluster_names == ("1", "2")
    assert len(found.cluster_colours) == 2


def test_a_section_is_found_by_its_name() -> None:
    found = study()
    assert list(found.section("B").gene_names) == ["a", "b", "c"]
    with pytest.raises(InputError, match="no section 'C': the study has A, B"):
        found.section("C")


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("keeps", np.zeros((2, 3), dtype=np.float32), r"keeps has the shape \(2, 3\) and not"),
        ("section_membership", np.zeros((2, 3, 3), dtype=np.float32), "section_membership has"),
        ("molecules", np.zeros(3, dtype=np.int64), "molecules has the shape"),
        ("drawing", np.zeros(2, dtype=bool), "drawing has the shape"),
        ("section_names", ("A", "A"), "share a name: A, A"),
        ("sections", (), "2 sections have 0 results"),
        ("constancy", 1.5, "constancy is 1.5"),
        ("cluster_names", ("x", "y"), "the result of A has other clusters"),
        ("cluster_colours", ("#000000",), "1 colours"),
    ],
)
def test_parts_that_do_not_fit_are_refused(name: str, value: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        replace(study(), **{name: value})


def test_other_names_are_those_of_all_sections(study: StudyResult) -> None:
    names = tuple(f"layer {k}" for k in range(study.n_clusters))
    colours = tuple(f"#0000{k:02x}" for k in range(study.n_clusters))
    again = study.renamed(names, colours)
    assert again.clusters.names == names and again.clusters.colours == colours
    for result in again.sections:
        assert result.shown_clusters.names == names
