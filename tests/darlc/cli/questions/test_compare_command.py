"""The command that compares two results."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from darlc.cli.commands import app, run


def test_help_has_an_example():
    shown = CliRunner().invoke(app, ["compare", "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    assert shown.exit_code == 0 and "Example: darlc compare" in shown.output


@pytest.mark.parametrize("moved", [(), ("Gene1",)])
def test_two_results(result, tmp_path, capsys, moved):
    del result.adata.obs["remark"]
    first = result.save(tmp_path / "first.h5ad")
    membership = result.membership[:, [2, 0, 1]].copy()
    for name in moved:
        row = list(result.gene_names).index(name)
        membership[row] = np.roll(membership[row], 1)
    second = replace(result, membership=membership, cluster_names=("a", "b", "c"))
    second = second.save(tmp_path / "second.h5ad")
    capsys.readouterr()
    assert run(["compare", str(first), str(second), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["genes_in_both"] == 12 and facts["genes_moved"] == len(moved)
    assert [each["name"] for each in facts["moved"]] == list(moved)
    matched = {each["first"]: each["second"] for each in facts["pairs"]}
    assert matched == {"größer": "a", "myelin": "b", "2": "c"}
    assert (facts["adjusted_rand"] == 1) == (not moved)
    assert all(each["patterns"] > 0.9 for each in facts["pairs"])
    assert run(["compare", str(first), str(second)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("12 genes are in both results: adjusted Rand index ")
    assert lines[1].split() == ["first", "second", "both", "genes", "genes", "Jaccard", "patterns"]
    assert run(["compare", str(first), str(tmp_path / "none.h5ad")]) == 2
    assert "does not exist" in capsys.readouterr().err
