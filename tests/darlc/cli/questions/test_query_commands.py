"""The questions of the command: what they print, and how they fail."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from darlc.cli.commands import app, run

COMMANDS = ["similar", "region", "markers", "variable"]


@pytest.fixture
def stripe(tmp_path):
    """Return a GeoJSON file around the second stripe, rows 3 to 5 of the tissue."""
    ring = [[-50, 250], [750, 250], [750, 550], [-50, 550], [-50, 250]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    path = tmp_path / "stripe.geojson"
    path.write_text(json.dumps({"type": "Feature", "properties": {}, "geometry": geometry}))
    return path


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example_that_can_be_parsed(command):
    shown = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    assert shown.exit_code == 0
    line = next(line for line in shown.output.splitlines() if "Example: darlc" in line)
    words = line.split("Example: darlc ")[1].strip(" │").split()
    assert words[0] == command
    for word in words:
        if word.startswith("-"):
            assert shown.output.count(word) >= 2, f"the example's {word} is no option"


def test_similar(saved, ask):
    facts = ask("similar", saved, "gene5", "-n", "3", "--json")
    assert facts["gene"] == "Gene5" and facts["cluster"] == "2" and facts["modelled"]
    assert facts["ranked_by"] == "embedding"
    assert sorted(each["name"] for each in facts["similar"]) == ["Gene4", "Gene6", "Gene7"]
    assert all(each["cluster"] == "2" and each["embedding"] > 0.9 for each in facts["similar"])
    assert all(each["pixels"] > 0.5 and each["denoised"] > 0.5 for each in facts["similar"])
    lines = ask("similar", saved, "Gene5", "-n", "3")
    assert lines[0] == "Genes like Gene5 (cluster 2), by their embedding:"
    assert lines[1].split() == ["gene", "cluster", "embedding", "denoised", "pixels", "FDR"]
    assert [line.split()[0] for line in lines[2:]] == [each["name"] for each in facts["similar"]]
    assert len({len(line) for line in lines[1:]}) == 1, "columns are not aligned"


def test_a_set_is_searched_like_a_gene(saved, ask):
    ask("sets", saved, "add", "stripe", "--genes", "Gene4,Gene5")
    facts = ask("similar", saved, "stripe", "-n", "3", "--json")
    assert facts["set"] == "stripe" and facts["genes"] == 2 and "gene" not in facts
    assert {each["name"] for each in facts["similar"][:2]} == {"Gene6", "Gene7"}
    assert all(0 <= each["p"] <= each["fdr"] <= 1 for each in facts["similar"])
    lines = ask("similar", saved, "stripe", "-n", "3")
    assert lines[0] == "Genes like the set stripe (2 genes), by their embedding:"


def test_a_gene_that_is_left_out(saved, ask):
    facts = ask("similar", saved, "Gene13", "--json")
    assert not facts["modelled"] and facts["ranked_by"] == "denoised" and facts["cluster"] == ""
    assert len(facts["similar"]) == 12 and facts["similar"][0]["embedding"] is None
    lines = ask("similar", saved, "Gene13", "-n", "1")
    assert lines[0].startswith("Genes like Gene13, which has too few molecules") and "–" in lines[2]


def test_genes_are_called_by_their_symbols(result, tmp_path, ask):
    adata = result.adata
    del adata.obs["remark"]
    symbols = [f"SYM{i}" for i in range(adata.n_vars)]
    names = [f"ENSG{i:011}" for i in range(adata.n_vars)]
    number = {name: i for i, name in enumerate(adata.var_names)}
    object.__setattr__(
        result, "gene_names", np.array([names[number[name]] for name in result.gene_names])
    )
    object.__setattr__(result, "fingerprint", "")  # it would tell of the other names
    adata.raw, adata.var_names = None, names
    adata.var["gene_name"] = symbols
    saved = result.save(tmp_path / "ensembl.h5ad")
    facts = ask("similar", saved, "sym5", "-n", "3", "--json")
    assert (facts["gene"], facts["label"]) == ("ENSG00000000005", "SYM5")
    assert {each["label"] for each in facts["similar"]} == {"SYM4", "SYM6", "SYM7"}
    assert ask("similar", saved, "SYM5")[0] == "Genes like SYM5 (cluster 2), by their embedding:"


def test_region(saved, stripe, ask):
    facts = ask("region", saved, stripe, "-n", "5", "--json")
    assert facts["region"] == str(stripe)
    assert (facts["observations_inside"], facts["observations_outside"]) == (24, 47)
    assert facts["genes_compared"] == 14 and len(facts["genes"]) == 5
    first = facts["genes"][:4]
    assert sorted(each["name"] for each in first) == ["Gene4", "Gene5", "Gene6", "Gene7"]
    for each in first:
        assert each["cluster"] == "2" and each["auroc"] > 0.95 and each["inside"] > each["outside"]
        assert each["log2_fold_change"] > 1 and 0 <= each["p"] <= each["fdr"] <= 1
    assert facts["clusters"][0]["name"] == "2"
    lines = ask("region", saved, stripe, "-n", "5")
    assert "in 24 observations against 47 others." in lines[0]
    assert lines[1].split() == ["gene", "cluster", "log2", "fold", "AUROC", "FDR"]
    assert {line.split()[0] for line in lines[2:6]} == {"Gene4", "Gene5", "Gene6", "Gene7"}


def test_region_against_another(saved, stripe, ask):
    ring = [[-50, 550], [750, 550], [750, 950], [-50, 950], [-50, 550]]
    third = stripe.with_name("third.geojson")
    third.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    facts = ask("region", saved, stripe, "--against", third, "-n", "4", "--json")
    assert facts["against"] == str(third)
    assert (facts["observations_inside"], facts["observations_outside"]) == (24, 24)
    names = sorted(each["name"] for each in facts["genes"])
    assert names == ["Gene4", "Gene5", "Gene6", "Gene7"]
    (first, *_) = ask("region", saved, stripe, "--against", third)
    assert first.endswith(f"in 24 observations against 24 of {third}.")


def test_markers(saved, ask):
    facts = ask("markers", saved, "region", "-n", "4", "--json")
    assert facts["column"] == "region" and list(facts["values"]) == ["0", "1", "2"]
    for k, found in enumerate(facts["values"].values()):
        assert sorted(each["name"] for each in found["genes"]) == sorted(
            f"Gene{i}" for i in range(4 * k, 4 * k + 4)
        )
        assert found["clusters"][0]["name"] == ("myelin", "2", "größer")[k]
    lines = ask("markers", saved, "region", "--value", "1", "-n", "2")
    assert [line for line in lines if line.startswith("region ")] == lines[:1]


def test_variable(saved, ask):
    facts = ask("variable", saved, "-n", "3", "--json")
    assert facts["genes_compared"] == 12 and len(facts["genes"]) == 3
    assert all(each["share"] > 0.3 and each["p"] <= each["fdr"] for each in facts["genes"])
    lines = ask("variable", saved, "-n", "3")
    assert lines[0].endswith("of 12 genes vary by place (FDR ≤ 0.05):") and len(lines) == 5


def test_edited_clusters_are_the_ones_told(result, tmp_path, ask):
    from dataclasses import replace

    del result.adata.obs["remark"]
    edited = replace(result, edited=result.clusters.renamed(1, "middle"))
    saved = edited.save(tmp_path / "edited.h5ad")
    assert ask("similar", saved, "Gene5", "--json")["cluster"] == "middle"
    found = ask("markers", saved, "region", "--value", "1", "--json")["values"]["1"]
    assert found["clusters"][0]["name"] == "middle"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ["similar", "{saved}", "Gene55"],
            "Gene55 is not among the genes of the data: did you mean",
        ),
        (["similar", "{folder}/none.h5ad", "Gene5"], "does not exist"),
        (["similar", "{saved}", "Gene5", "-n", "0"], "Invalid value for '-n'"),
        (["region", "{saved}", "{folder}/none.geojson"], "could not be opened"),
        (["region", "{saved}", "{folder}/far.geojson"], "0 observations are inside the region"),
        (["markers", "{saved}", "regions"], "choose one of these: region, batch"),
        (["markers", "{saved}", "region", "--value", "7"], "choose one of these: 0, 1, 2"),
    ],
)
def test_what_is_wrong_is_one_line(words, sentence, saved, capsys):
    ring = [[9e5, 9e5], [9e5 + 1, 9e5], [9e5, 9e5 + 1]]
    far = {"type": "Polygon", "coordinates": [ring]}
    (saved.parent / "far.geojson").write_text(json.dumps(far))
    capsys.readouterr()
    assert run([word.format(saved=saved, folder=saved.parent) for word in words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert line.startswith("darlc: ") and sentence in line


def test_a_result_on_other_pixels_than_its_data(result, tmp_path, capsys):
    del result.adata.obs["remark"]
    saved = result.save(tmp_path / "result.h5ad")
    from anndata import read_h5ad

    adata = read_h5ad(saved)
    adata.obs["array_row"] += adata.obs["array_col"]
    adata.write_h5ad(saved)
    capsys.readouterr()
    assert run(["similar", str(saved), "Gene5"]) == 2
    assert "lies on other pixels than its data: fit again" in capsys.readouterr().err
