"""``darlc extend``: a name of before, which copies a result and says what a fit does today."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from darlc.cli.commands import app, run
from darlc.io.result_file import load


@pytest.fixture
def fitted(result, tmp_path):
    return replace(result, drawing=np.arange(12) < 9).save(tmp_path / "result.h5ad")


def test_help_says_that_it_goes_and_has_an_example():
    shown = CliRunner().invoke(app, ["extend", "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    assert shown.exit_code == 0 and "deprecated" in shown.output.lower()
    assert "Example: darlc extend result.h5ad MBP,PLP1 --out copy.h5ad" in shown.output


@pytest.mark.parametrize("suffix", [".h5ad", ".zarr"])
def test_it_writes_a_copy(fitted, tmp_path, capsys, assert_same_result, suffix):
    out, before = tmp_path / f"copy{suffix}", fitted.read_bytes()
    assert run(["extend", str(fitted), "Gene12", "--out", str(out), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["genes"], facts["drawing"]) == (12, 9)
    assert fitted.read_bytes() == before
    assert_same_result(load(out), load(fitted))


def test_it_says_what_became_of_other_genes(fitted, tmp_path, capsys):
    out = tmp_path / "copy.h5ad"
    assert run(["extend", str(fitted), "Gene12", "--out", str(out)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("The result holds 12 genes, 9 of which drew the patterns. Other")
    assert lines[-1] == f"Written to {out}"


def test_bad_files_get_a_sentence(fitted, tmp_path, capsys):
    assert run(["extend", str(fitted), "Gene12", "--out", str(fitted)]) == 2
    assert "darlc: " in capsys.readouterr().err
    assert run(["extend", str(tmp_path / "none.h5ad"), "a", "--out", str(tmp_path / "o.h5ad")]) == 2
    assert "does not exist" in capsys.readouterr().err
