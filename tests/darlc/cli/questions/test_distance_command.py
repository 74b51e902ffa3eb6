"""The command that shows expression by distance."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from darlc.cli.commands import app, run


def test_help_has_an_example():
    shown = CliRunner().invoke(app, ["distance", "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    assert shown.exit_code == 0 and "Example: darlc distance" in shown.output


def test_curves_and_genes_that_change(saved, tmp_path, capsys):
    border = tmp_path / "top.geojson"
    line = {"type": "LineString", "coordinates": [[-100, -50], [900, -50]]}
    border.write_text(json.dumps(line))
    words = ["distance", str(saved), str(border), "--genes", "gene1,Gene13", "--bins", "3"]
    capsys.readouterr()
    assert run([*words, "--reach", "900", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["genes_compared"] == 12 and len(facts["edges"]) == 4
    # Genes 0 to 3 are in the stripe beside the line, and fall with the distance.
    falling = {each["name"] for each in facts["genes"] if each["correlation"] < -0.3}
    assert {"Gene0", "Gene1", "Gene2", "Gene3"} <= falling
    gene, other = facts["curves"]
    assert gene["name"] == "Gene1" and gene["raw"][0] > 3 * gene["raw"][2]
    assert gene["low"][0] <= gene["raw"][0] <= gene["high"][0]
    assert gene["denoised"][0] > gene["denoised"][2] and other["denoised"] == [None] * 3
    assert run(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "genes rise (+) or fall (-) with the distance from" in lines[0]
    assert "Gene1, normalised units:" in lines and "Gene13, normalised units:" in lines
    assert run([*words[:3], "--genes", "Gene55"]) == 2
    assert "Gene55 is not among the genes" in capsys.readouterr().err
