"""The commands about gene sets: what they print, what they write, and how they fail."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from darlc.cli.commands import app, run
from darlc.io.result_file import load
from darlc.io.tables.gmt import read_gmt

ACTIONS = ["list", "add", "combine", "rename", "remove", "export"]


@pytest.fixture
def saved(result, tmp_path):
    """Return a result file of the small tissue: clusters are genes 0 to 3, 4 to 7, 8 to 11."""
    del result.adata.obs["remark"]
    return result.save(tmp_path / "result.h5ad")


@pytest.fixture
def collection(tmp_path):
    """Return a collection; one set has symbols of no gene."""
    path = tmp_path / "sets.gmt"
    path.write_text(
        "FIRST\tna\tGENE0\tGENE1\tGENE2\tGENE3\n"
        "MIXED\tna\tGENE0\tGENE4\tGENE8\tGENE12\n"
        "OTHER\tna\tAAA\tBBB\n"
    )
    return path


@pytest.mark.parametrize("words", [["enrich"], ["sets"], *(["sets", "r", a] for a in ACTIONS)])
def test_help_has_an_example_that_can_be_parsed(words):
    shown = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    assert shown.exit_code == 0
    line = next(line for line in shown.output.splitlines() if "Example: darlc" in line)
    example = line.split("Example: darlc ")[1].strip(" │").split()
    assert example[0] == words[0] and words[-1] in (*example[:3:2], words[0])
    for word in example:
        if word.startswith("--") and words != ["sets"]:
            assert shown.output.count(word) >= 2, f"the example's {word} is no option"


def test_clusters_in_a_collection(saved, collection, ask):
    facts = ask("enrich", saved, collection, "--fewest", "3", "--json")
    assert facts["background"] == 12 and facts["groups"] == {"myelin": 4, "2": 4, "größer": 4}
    assert (facts["sets_tested"], facts["sets_too_small"], facts["tests"]) == (2, 1, 6)
    first = facts["hits"][0]
    assert (first["group"], first["set"], first["overlap"]) == ("myelin", "FIRST", 4)
    assert sorted(first["genes"]) == ["Gene0", "Gene1", "Gene2", "Gene3"]
    assert first["p"] == pytest.approx(1 / 495) and first["fdr"] == pytest.approx(6 / 495)
    assert facts["enriched"] == 1 and "upper case" in facts["rule"]
    lines = ask("enrich", saved, collection, "--fewest", "3", "-n", "2")
    assert lines[0].startswith("1 of 6 tests find an enriched set (FDR ≤ 0.05): 3 groups in 2 sets")
    assert lines[1].startswith("1 set with fewer than 3 of these not tested.")
    assert lines[2].split() == ["group", "set", "genes", "fold", "FDR", "which"]
    assert lines[3].split()[:6] == ["myelin", "FIRST", "4", "of", "4", "3.0"] and len(lines) == 5
    only = ask("enrich", saved, collection, "--fewest", "3", "--cluster", "2", "--json")
    assert only["groups"] == {"2": 4} and only["tests"] == 2


def test_the_same_numbers_from_python(saved, collection, ask):
    from darlc.explore.gene_set_enrichment import cluster_enrichment

    facts = ask("enrich", saved, collection, "--fewest", "3", "--json")
    table = cluster_enrichment(load(saved), read_gmt(collection), fewest=3).table()
    for hit, (_, row) in zip(facts["hits"], table.iterrows(), strict=False):
        assert all(hit[key] == row[key] for key in ("group", "set", "p", "fdr", "fold"))


def test_a_folder_is_all_collections_in_it(saved, collection, ask, tmp_path):
    folder = tmp_path / "collections"
    folder.mkdir()
    (folder / "more.gmt").write_text("MORE\tna\tGENE4\tGENE5\tGENE6\tGENE7\n")
    collection.rename(folder / "sets.gmt")
    facts = ask("enrich", saved, folder, "--fewest", "3", "--json")
    assert facts["sets_tested"] == 3 and facts["collections"] == [str(folder)]
    assert {each["set"] for each in facts["hits"][:2]} == {"FIRST", "MORE"}


def test_a_set_of_the_result_is_tested(saved, collection, ask):
    ask("sets", saved, "add", "mine", "--genes", "gene0,GENE1,Gene13")
    facts = ask("enrich", saved, collection, "--set", "mine", "--fewest", "3", "--json")
    assert facts["groups"] == {"mine": 2}, "Gene13 has no answer"
    assert facts["hits"][0]["set"] == "FIRST"


def test_a_sets_life(saved, collection, tmp_path, ask):
    assert ask("sets", saved) == ["The result holds no gene sets: darlc sets RESULT add makes one."]
    listed = tmp_path / "genes.txt"
    listed.write_text("gene5\nGene6\n\nGene7, Gene8\n")
    lines = ask("sets", saved, "add", "typed", "--genes", listed)
    assert lines == ["typed holds 4 genes: a list of 4 genes.", f"Written to {saved}"]
    ask("sets", saved, "add", "two", "--cluster", "2")
    ask("sets", saved, "add", "--gmt", collection)
    facts = ask("sets", saved, "combine", "both", "intersection", "typed", "two", "--json")
    assert [each["name"] for each in facts["sets"]] == ["typed", "two", "FIRST", "MIXED", "both"]
    assert sorted(facts["sets"][-1]["genes"]) == ["Gene5", "Gene6", "Gene7"]
    record = "intersection of typed (a list of 4 genes) and two (genes of cluster 2)"
    assert facts["sets"][-1]["record"] == record
    ask("sets", saved, "rename", "both", "core")
    ask("sets", saved, "remove", "FIRST", "typed")
    lines = ask("sets", saved, "list")
    assert [line.split()[0] for line in lines] == ["set", "two", "MIXED", "core"]
    assert ask("sets", saved, "list", "--json")["sets"][-1]["name"] == "core"

    csv, gmt = tmp_path / "out.csv", tmp_path / "out.gmt"
    ask("sets", saved, "export", csv)
    ask("sets", saved, "export", gmt, "core")
    assert csv.read_text().splitlines()[0] == "set,gene,symbol,identifier,record"
    assert len(csv.read_text().splitlines()) == 1 + 4 + 4 + 3
    written = read_gmt(gmt)
    assert written.names == ("core",) and record in written["core"].record
    # The fit is as it was.
    assert load(saved).n_clusters == 3


def test_a_region_becomes_a_set(saved, tmp_path, ask):
    ring = [[-50, 250], [750, 250], [750, 550], [-50, 550], [-50, 250]]
    path = tmp_path / "stripe.geojson"
    path.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    facts = ask("sets", saved, "add", "stripe", "--region", path, "--json")
    assert sorted(facts["sets"][0]["genes"]) == ["Gene4", "Gene5", "Gene6", "Gene7"]
    assert "stripe.geojson" in facts["sets"][0]["record"]


def test_a_copy_leaves_the_result_as_it_was(saved, tmp_path, ask):
    before = saved.read_bytes()
    copy = tmp_path / "copy.h5ad"
    ask("sets", saved, "add", "two", "--cluster", "2", "--out", copy)
    assert saved.read_bytes() == before and load(copy).gene_sets.names == ("two",)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["enrich", "{r}", "{g}"], "none of the 3 gene sets has 5 of the 12 genes"),
        (["enrich", "{r}", "{g}", "--fewest", "1", "--cluster", "9"], "is called 9: choose one of"),
        (["enrich", "{r}", "{g}", "--set", "x"], "no gene set 'x': choose one of these: none"),
        (["enrich", "{r}", "{g}", "--set", "x", "--cluster", "1"], "not both"),
        (["enrich", "{r}", "{r}"], "could not be read"),
        (["sets", "{r}", "add", "x"], "give one of --genes"),
        (["sets", "{r}", "add", "--cluster", "2"], "give the name of the new set"),
        (["sets", "{r}", "add", "x", "--cluster", "9"], "no cluster is called 9"),
        (["sets", "{r}", "add", "x", "--genes", "Gene55"], "Gene55 is not among the genes"),
        (["sets", "{r}", "combine", "x", "sum", "a", "b"], "no gene set 'a'"),
        (["sets", "{r}", "remove", "x"], "no gene set 'x'"),
        (["sets", "{r}", "export", "{r}.txt"], "neither .gmt nor .csv"),
        (["sets", "{r}.none", "list"], "does not exist"),
    ],
)
def test_what_is_wrong_is_one_line(words, sentence, saved, collection, capsys):
    before = saved.read_bytes()
    capsys.readouterr()
    assert run([word.format(r=saved, g=collection) for word in words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert line.startswith("darlc: ") and sentence in line
    assert saved.read_bytes() == before
