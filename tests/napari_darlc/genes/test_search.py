"""Searches for genes: names, parts, wildcards, lists, aliases."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from darlc.images.sgep_images import SGEPImages
from napari_darlc.genes.search import CaseFoldedTexts, GeneNames, alias_columns, names_of

NAMES = ["Mbp", "Plp1", "Mobp", "MBP-ps1", "Ptgds", "Gm10", "Gm101", ""]
IDS = ["ENS1", "ENS2", "ENS3", "ENS4", "ENS5", "ENS6", "ENS7", "ENS8"]
ALIASES = ["Shi|mld", "jimpy", "", "", "PGDS; L-PGDS", "", "", ""]


@pytest.fixture
def names() -> GeneNames:
    return GeneNames(NAMES, IDS, ALIASES)


def found(names: GeneNames, typed: str) -> list[str]:
    return [NAMES[i] for i in np.flatnonzero(names.find(typed).genes)]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("  ", NAMES),
        (" ,", NAMES),
        ("mbp", ["Mbp", "MBP-ps1"]),
        ("BP", ["Mbp", "Mobp", "MBP-ps1"]),
        ("m?p", ["Mbp"]),
        ("m?", []),
        ("M*P", ["Mbp", "Mobp"]),
        ("gm10", ["Gm10", "Gm101"]),
        ("ens3", ["Mobp"]),
        ("ENS[1]", []),
        ("mld", ["Mbp"]),
        ("l-pgds", ["Ptgds"]),
        # Among several terms a whole name stands for just that gene …
        ("gm10, plp1", ["Plp1", "Gm10"]),
        # … and what is none for all that hold it.
        ("gm1;plp", ["Plp1", "Gm10", "Gm101"]),
        # A pasted list holds whole names.
        ("GM10\nplp1\r\nENS1\n", ["Mbp", "Plp1", "Gm10"]),
        ("gm1\tplp1", ["Plp1"]),
        ("mbp*\tplp1", ["Mbp", "Plp1", "MBP-ps1"]),
    ],
)
def test_what_is_found(names: GeneNames, typed: str, expected: list[str]) -> None:
    assert found(names, typed) == expected


def test_parts_are_found_where_python_finds_them() -> None:
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("aAbBß.*é1 "), n)) for n in rng.integers(0, 9, 500)]
    lines = CaseFoldedTexts(texts)
    for part in ("a", "AB", "ss", "ß", ".*", "b1 ", "É", "abababababab"):
        expected = [part.casefold() in text.casefold() for text in texts]
        np.testing.assert_array_equal(lines.holding(part), expected, err_msg=part)


def test_terms_that_match_nothing_are_told_once(names: GeneNames) -> None:
    assert names.find("Nope, mbp, gone, Nope").missing == ("Nope", "gone")
    assert names.find("gm1\tplp1").missing == ("gm1",)
    assert names.find("").missing == ()


def test_a_whole_name_is_told_from_parts(names: GeneNames) -> None:
    assert names.find("mbp").exact == 0
    assert names.find("jimpy").exact == 1
    assert names.find("mb").exact == -1
    assert names.find("mbp, plp1").exact == -1


def test_genes_of_the_same_name_are_all_found() -> None:
    names = GeneNames(["A", "B", "a"])
    assert names.find("a,b").genes.all()


def test_lines_agree_with_a_plain_search() -> None:
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("ABab. *ẞ\n"), rng.integers(0, 6))) for _ in range(300)]
    lines = CaseFoldedTexts(texts)
    folded = [text.replace("\n", " ").casefold() for text in texts]
    assert lines.lines == folded
    for part in ("", "a", "AB", ".", "*", "ẞ"):
        expected = [part.casefold() in text for text in folded]
        assert lines.holding(part).tolist() == expected
    assert lines.matching("?b*").tolist() == [t[1:2] == "b" for t in folded]
    assert lines.matching(".").tolist() == [t == "." for t in folded]


def test_no_lines_at_all() -> None:
    lines = CaseFoldedTexts([])
    assert lines.holding("a").shape == lines.matching("*").shape == (0,)


def test_columns_that_name_genes() -> None:
    var = pd.DataFrame(
        {
            "gene_ids": ["E1", "E2", "E3", None],
            "feature_types": ["Gene Expression"] * 4,
            "mean": [1.0, 2.0, 3.0, 4.0],
            "symbol": pd.Categorical(["a", "b", "c", "d"]),
        }
    )
    assert alias_columns(var) == [["E1", "E2", "E3", ""], ["a", "b", "c", "d"]]


def test_names_are_gathered_once_a_dataset(images: SGEPImages) -> None:
    labels = np.array([f"Label{i}" for i in range(images.n_genes)])
    names = names_of(images, labels)
    assert names_of(images, labels) is names
    assert np.flatnonzero(names.find("label3").genes).tolist() == [3]
    assert np.flatnonzero(names.find("gene3").genes).tolist() == [3]
