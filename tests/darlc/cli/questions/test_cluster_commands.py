"""The command about clusters: it lists them, and the names that it gives are kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from darlc.cli.commands import run
from darlc.io.result_file import load
from darlc.results.second_patterns import SecondPatterns


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


def test_genes_of_two_patterns_are_listed(saved, ask, tmp_path):
    result = load(saved)
    second = SecondPatterns.none(result.n_genes)
    for name, also, share, probability in (
        ("Gene1", 2, 0.3, 0.9), ("Gene5", 0, 0.2, 0.97), ("Gene6", 2, 0.4, 0.7),
    ):  # fmt: skip
        gene = result.gene_names.tolist().index(name)
        second.cluster[gene], second.share[gene] = also, share
        second.probability[gene] = probability
    path = replace(result, second_patterns=second).save(tmp_path / "sums.h5ad")
    lines = ask("clusters", path, "sums")
    assert lines[0] == "2 genes of two patterns."
    assert lines[1].split() == ["gene", "cluster", "also", "share", "of", "also", "probability"]
    assert [line.split() for line in lines[2:]] == [
        ["Gene5", "2", "myelin", "0.20", "0.97"],
        ["Gene1", "myelin", "größer", "0.30", "0.90"],
    ]
    ask("clusters", path, "rename", "myelin", "white")
    found = ask("clusters", path, "sums", "--json", "-n", "1")
    assert found["found"] == 2 and [each["also"] for each in found["sums"]] == ["white"]
    none = replace(result, second_patterns=SecondPatterns.none(result.n_genes))
    path = none.save(tmp_path / "none.h5ad")
    assert ask("clusters", path, "sums") == ["No gene is likely a sum of two patterns."]


def test_an_older_result_does_not_say_which_genes_are_sums(saved, capsys):
    assert run(["clusters", str(saved), "sums"]) == 2
    assert "does not say which genes follow two patterns" in capsys.readouterr().err
