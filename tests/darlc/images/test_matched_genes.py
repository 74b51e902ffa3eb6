"""Genes of sections matched by name: nothing is lost, and what is missing is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from darlc.errors import InputError
from darlc.images.grid import Grid
from darlc.images.matched_genes import align, measured_genes
from darlc.images.sgep_images import SGEPImages

_MANY = [f"Gene{i}" for i in range(30)]


def section(names: Sequence[str], seed: int = 0, side: int = 4, **other: Any) -> SGEPImages:
    random = np.random.default_rng(seed)
    counts = random.poisson(1.0, (side * side, len(names))).astype(np.float32)
    return SGEPImages(
        matrix=sparse.csc_array(counts),
        grid=Grid(np.ones((side, side), dtype=bool), np.eye(3)),
        gene_names=np.array(names, dtype=np.str_),
        observation_pixel=np.arange(side * side),
        **other,
    )


@settings(max_examples=30, deadline=None)
@given(
    chosen=st.lists(
        st.lists(st.sampled_from(_MANY), min_size=16, max_size=30, unique=True),
        min_size=1,
        max_size=4,
    )
)
def test_every_value_keeps_its_gene_and_its_pixel(chosen: list[list[str]]) -> None:
    images = {f"s{i}": section(names, seed=i, side=3 + i) for i, names in enumerate(chosen)}
    genes = list(dict.fromkeys(name for names in chosen for name in names))
    aligned = align(images)
    assert list(aligned) == list(images)
    for name, before in images.items():
        after = aligned[name]
        assert list(after.gene_names) == genes
        assert after.matrix.dtype == before.matrix.dtype
        assert after.matrix.indices.dtype == before.matrix.indices.dtype
        np.testing.assert_array_equal(
            after.measured(after.index(before.gene_names)), before.measured()
        )
        missing = [gene for gene in genes if gene not in set(before.gene_names)]
        assert not after.measured(after.index(missing)).any()
        assert (after.library == before.library).all()
        assert bool(missing) == (len(after.notes) > len(before.notes))


def test_sections_with_one_list_are_left_as_they_are() -> None:
    images = {"A": section(_MANY), "B": section(_MANY, seed=1)}
    assert all(align(images)[name] is each for name, each in images.items())


def test_what_is_missing_is_said_in_its_section() -> None:
    aligned = align({"A": section(_MANY), "B": section(_MANY[3:], notes=("read.",))})
    assert aligned["A"].notes == ()
    assert aligned["B"].notes == (
        "read.",
        "3 genes of the 30 of all sections were not measured here: Gene0, Gene1, Gene2.",
    )


def test_it_is_known_which_genes_were_measured_where() -> None:
    genes, measured = measured_genes([np.array(["b", "a"]), np.array(["c", "a"])])
    assert list(genes) == ["b", "a", "c"]
    np.testing.assert_array_equal(measured, [[True, False], [True, True], [False, True]])


def test_a_gene_without_molecules_was_measured_nevertheless() -> None:
    first = section(_MANY, values="counts")
    silent = replace(first, matrix=sparse.csc_array((16, 30), dtype=np.float32))
    aligned = align({"A": first, "B": silent})
    assert aligned["B"] is silent
    assert measured_genes([each.gene_names for each in (first, silent)])[1].all()


def test_sections_may_be_joined_by_a_third() -> None:
    """Two panels without a common gene are compared through one that has both."""
    panels = {"A": section(_MANY[:15]), "B": section(_MANY[15:]), "C": section(_MANY)}
    assert align(panels)["B"].n_genes == 30


@pytest.mark.parametrize(
    ("images", "sentence"),
    [
        (
            {"A": section(_MANY), "B": section([f"ENSMUSG{i:011d}" for i in range(40)])},
            "sections A and B share 0 genes of 30 and 40, .* B names genes by Ensembl identifiers "
            "and A by symbols",
        ),
        (
            {"A": section(_MANY), "B": section([name.upper() for name in _MANY])},
            "but for upper and lower case",
        ),
        (
            {"A": section([f"ENSG{i:011d}.1" for i in range(20)]),
             "B": section([f"ENSG{i:011d}" for i in range(20)])},
            "or versions",
        ),
        (
            {"A": section(_MANY), "B": section(_MANY), "C": section([*_MANY[:9], *"abcdefghij"])},
            "sections A and C share 9 genes of 30 and 19, .* one species",
        ),
        (
            {"A": section(_MANY), "B": section(_MANY, values="log"), "C": section(_MANY)},
            "A, C hold counts, B holds log values: take the counts",
        ),
        ({"left": section(_MANY), "Left": section(_MANY)}, "'left' and 'Left' differ in upper"),
    ],
)  # fmt: skip
def test_sections_that_do_not_belong_together_are_refused(
    images: dict[str, SGEPImages], sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        align(images)
