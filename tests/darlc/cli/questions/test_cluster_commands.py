"""The command about clusters: it lists them, and the names that it gives are kept."""

from __future__ import annotations

import pytest

from darlc.cli.commands import run
from darlc.io.result_file import load


def test_clusters_with_typical_genes(saved, ask):
    lines = ask("clusters", saved)
    assert lines[0].split() == ["cluster", "genes", "confidence", "typical", "genes"]
    assert len(lines) == 4 and lines[1].split()[:2] == ["myelin", "4"]
    found = ask("clusters", saved, "list", "--json")["clusters"]
    assert [each["genes"] for each in found] == [4, 4, 4]
    assert set(found[0]["typical"]) == {"Gene0", "Gene1", "Gene2", "Gene3"}
    assert all(0.5 < each["confidence"] <= 1 for each in found)


def test_a_name_is_kept_and_can_be_used(saved, ask, tmp_path):
    said = ask("clusters", saved, "rename", "2", "white  matter")
    assert said == ["Cluster 2 is called white matter now.", f"Written to {saved}"]
    assert load(saved).shown_clusters.names == ("myelin", "white matter", "größer")
    assert load(saved).cluster_names[1] == "2", "the model's own name stays"
    ask("sets", saved, "add", "mine", "--cluster", "white matter")
    copy = tmp_path / "copy.h5ad"
    facts = ask("clusters", saved, "rename", "größer", "rest", "--out", copy, "--json")
    assert facts["names"] == ["myelin", "white matter", "rest"]
    assert load(saved).shown_clusters.names[2] == "größer"
    assert load(copy).shown_clusters.names[2] == "rest"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["9", "myelin"], "no cluster is called 9: choose one of these: myelin, 2, größer."),
        (["2", "myelin"], "another cluster is called myelin already"),
        (["2", " "], "a cluster needs a name"),
    ],
)
def test_what_cannot_be_named(saved, capsys, words, said):
    assert run(["clusters", str(saved), "rename", *words]) == 2
    assert said in capsys.readouterr().err
