"""The command that ranks genes by a pattern."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from darlc.cli.commands import app, run


def test_help_has_an_example():
    shown = CliRunner().invoke(app, ["pattern", "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    assert shown.exit_code == 0 and "Example: darlc pattern" in shown.output


def test_a_painted_stripe(saved, result, tmp_path, ask):
    drawn = np.zeros(result.grid.shape, dtype=np.uint8)
    drawn[3:6] = 255
    np.save(tmp_path / "stripe.npy", drawn)
    facts = ask("pattern", saved, tmp_path / "stripe.npy", "-n", "4", "--json")
    assert sorted(each["name"] for each in facts["genes"]) == ["Gene4", "Gene5", "Gene6", "Gene7"]
    assert facts["genes_compared"] == 12 and facts["genes_followed"] >= 4
    for each in facts["genes"]:
        assert each["cluster"] == "2" and each["fdr"] < 0.05 and each["fit"] > 0.8
        assert each["correlation"] > 0.5 and each["gain"] > 10
    lines = ask("pattern", saved, tmp_path / "stripe.npy", "-n", "4")
    assert lines[0].endswith("stripe.npy (FDR ≤ 0.05):")
    assert lines[1].split() == ["gene", "cluster", "fit", "gain", "strength", "correlation", "FDR"]
    ring = [[-50, 250], [750, 250], [750, 550], [-50, 550], [-50, 250]]
    region = tmp_path / "stripe.geojson"
    region.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    assert ask("pattern", saved, region, "-n", "4", "--json")["genes"] == facts["genes"]


def test_the_pattern_of_genes_and_of_a_set(saved, ask):
    ask("sets", saved, "add", "stripe", "--genes", "Gene4,Gene5")
    by_set = ask("pattern", saved, "stripe", "-n", "2", "--json")
    assert {each["name"] for each in by_set["genes"]} == {"Gene6", "Gene7"}
    by_genes = ask("pattern", saved, "gene4, Gene5", "-n", "2", "--json")
    assert by_genes["genes"] == by_set["genes"]
    assert by_genes["pattern"] == "the pattern of Gene4, Gene5"


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("none.png", "is no file"),
        ("Gene55", "is not among the genes of the data"),
        ("none.geojson", "could not be opened"),
        (",", "name an image, or genes"),
    ],
)
def test_what_is_wrong_is_one_line(word, sentence, saved, capsys):
    capsys.readouterr()
    assert run(["pattern", str(saved), word]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("darlc: ") and sentence in line
