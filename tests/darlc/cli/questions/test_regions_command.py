"""The command that divides the tissue by the strongest pattern."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
from typer.testing import CliRunner

from darlc.cli.commands import app, run
from darlc.io.result_file import load


def test_help_has_an_example() -> None:
    shown = CliRunner().invoke(app, ["regions", "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    assert shown.exit_code == 0 and "Example: darlc regions" in shown.output


def test_regions_are_those_of_the_result(saved, tmp_path, capsys) -> None:
    result, out = load(saved), tmp_path / "regions.csv"
    words = ["regions", str(saved), "--smoothness", "1", "--out", str(out)]
    capsys.readouterr()
    assert run([*words, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    winner = result.regions(1.0)
    counted = {each["cluster"]: each["pixels"] for each in facts["regions"]}
    names = result.shown_clusters.names
    assert counted == {names[k]: (winner == k).sum() for k in np.unique(winner)}
    table = pd.read_csv(out, index_col="observation", dtype=str)
    assert result.adata is not None and list(table.index) == list(result.adata.obs_names)
    placed = result.observation_pixel >= 0
    expected = [names[k] for k in winner[result.observation_pixel[placed]]]
    assert table["region"][placed].tolist() == expected
    assert run(words) == 0
    assert "regions, patterns smoothed over 1 pixels:" in capsys.readouterr().out


def test_agreement_with_an_annotation_is_told(saved, capsys) -> None:
    result = load(saved)
    assert result.adata is not None
    winner = result.regions(0.0)
    result.adata.obs["same"] = np.where(
        result.observation_pixel >= 0, winner[result.observation_pixel], -1
    ).astype(str)
    result.adata.obs.loc[result.observation_pixel < 0, "same"] = np.nan
    result.save(saved)
    capsys.readouterr()
    words = ["regions", str(saved), "--smoothness", "0", "--against"]
    assert run([*words, "same"]) == 0
    assert "Agreement with same: NMI 1.000, ARI 1.000." in capsys.readouterr().out
    assert run([*words, "nowhere"]) == 2
    assert "obs has no column 'nowhere'" in capsys.readouterr().err
