"""Gene sets: their algebra, how genes are found, and what stays of them in a file."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from darlc.errors import InputError
from darlc.images.gene_labels import NamedGenes
from darlc.io.result_file import load, to_adata
from darlc.results.gene_sets import (
    GeneSet,
    GeneSets,
    combined,
    membership,
    pack_gene_sets,
    unpack_gene_sets,
)

MYELIN = GeneSet("myelin", ("MBP", "PLP1", "MOBP"), "a list of 3 genes")
GLIA = GeneSet("glia", ("GFAP", "MBP", "AQP4"), "genes of cluster 2")

names = st.text(min_size=1, max_size=8).filter(lambda text: bool(text.replace("\0", "").strip()))
sets = st.builds(GeneSet, names, st.lists(names, max_size=6).map(tuple), st.text(max_size=12))


def test_a_set_holds_each_gene_once_in_its_order() -> None:
    made = GeneSet("  white \t matter\n", ("B", "A", " B ", "", "C"))
    assert made.name == "white matter" and made.genes == ("B", "A", "C")
    assert len(made) == 3 and "A" in made and "D" not in made
    with pytest.raises(InputError, match="needs a name"):
        GeneSet(" \t", ("A",))


def test_sets_are_combined_with_a_record_of_how() -> None:
    both = combined([MYELIN, GLIA], "union")
    assert both.genes == ("MBP", "PLP1", "MOBP", "GFAP", "AQP4")
    assert both.name == "myelin ∪ glia"
    assert both.record == "union of myelin (a list of 3 genes) and glia (genes of cluster 2)"
    assert combined([MYELIN, GLIA], "intersection", "shared").genes == ("MBP",)
    assert combined([MYELIN, GLIA], "difference").genes == ("PLP1", "MOBP")
    with pytest.raises(InputError, match="an intersection takes two sets"):
        combined([MYELIN], "intersection")
    with pytest.raises(InputError, match="choose union, intersection, difference"):
        combined([MYELIN, GLIA], "sum")  # type: ignore[arg-type]


@given(st.lists(sets, min_size=2, max_size=4))
def test_the_algebra_is_that_of_sets(several: list[GeneSet]) -> None:
    members = [set(each.genes) for each in several]
    for how, expected in {
        "union": set.union(*members),
        "intersection": set.intersection(*members),
        "difference": members[0].difference(*members[1:]),
    }.items():
        genes = combined(several, how, "new").genes  # type: ignore[arg-type]
        assert set(genes) == expected and len(genes) == len(expected)


def test_a_collection_is_never_changed_in_place() -> None:
    first = GeneSets((MYELIN,))
    second = first.added(GLIA).renamed("myelin", "white matter")
    assert first.names == ("myelin",) and second.names == ("white matter", "glia")
    assert second["white matter"].record == MYELIN.record
    third = second.combined(["glia", "white matter"], "difference", "grey")
    assert third["grey"].genes == ("GFAP", "AQP4") and len(second) == 2
    assert third.removed("glia", "grey").names == ("white matter",)
    assert third.free_name("glia") == "glia (2)" and third.free_name("new") == "new"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda held: held.added(GLIA), "is called glia already"),
        (lambda held: held.renamed("glia", "myelin"), "another gene set is called myelin"),
        (lambda held: held.removed("none"), "no gene set 'none': choose one of these: myelin"),
        (lambda held: held["Glia"], "no gene set 'Glia'"),
        (lambda held: GeneSets((GLIA, GLIA)), "the same name"),
    ],
)
def test_what_cannot_be_done(change, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        change(GeneSets((MYELIN, GLIA)))


def test_mouse_and_human_symbols_are_matched_in_upper_case() -> None:
    known = NamedGenes(
        np.array(["ENSMUSG1", "Plp1", "Mbp-1", "Mbp-2"]),
        np.array(["Mobp", "Plp1", "Mbp", "Mbp"]),
        np.array(["ENSMUSG1", "", "ENSMUSG3", "ENSMUSG4"]),
    )
    found = membership([MYELIN, GeneSet("by id", ("ensmusg3", "Cd8"))], known)
    # Both genes with the symbol Mbp are in the set.
    assert found.tolist() == [[True, True, True, True], [False, False, True, False]]
    held = GeneSet("mixed", ("MOBP", "none", "plp1"), "from a.gmt").found_in(known)
    assert held.genes == ("ENSMUSG1", "Plp1")
    assert held.record == "from a.gmt; 1 of 3 not in the data"


@given(st.lists(sets, max_size=5, unique_by=lambda each: each.name))
def test_sets_survive_packing(several: list[GeneSet]) -> None:
    after = unpack_gene_sets(pack_gene_sets(GeneSets(tuple(several))))
    assert {each.name: each for each in after} == {each.name: each for each in several}


@pytest.mark.parametrize("suffix", [".h5ad", ".zarr"])
def test_sets_survive_a_file(result, tmp_path, suffix: str) -> None:
    del result.adata.obs["remark"]
    held = GeneSets((replace(MYELIN, name="a/b"), replace(GLIA, genes=()), MYELIN))
    held = held.added(GeneSet("by a script", ("Gene1", "Gene2")))
    saved = replace(result, gene_sets=held).save(tmp_path / f"result{suffix}")
    again = load(saved)
    assert again.gene_sets == held
    stored = again.adata.uns["darlc"]["gene_sets"]
    assert list(stored["by a script"]) == ["Gene1", "Gene2"]
    # Removed ones do not come back from the data.
    empty = replace(again, gene_sets=GeneSets()).save(tmp_path / f"empty{suffix}")
    assert load(empty).gene_sets == GeneSets()


def test_a_new_fit_of_the_data_keeps_their_sets(result, make_result) -> None:
    from darlc.images.sgep_images import rasterize

    fitted = to_adata(replace(result, gene_sets=GeneSets((MYELIN,))))
    fresh = make_result(rasterize(fitted), result.config)
    assert fresh.gene_sets == GeneSets()
    assert fresh.with_data(fitted).gene_sets == GeneSets((MYELIN,))
    # What a script wrote there that are no sets is no reason to refuse the data.
    fitted.uns["darlc"]["gene_sets"] = {"recorded": {"names": ["a"]}}
    assert fresh.with_data(fitted).gene_sets == GeneSets()
