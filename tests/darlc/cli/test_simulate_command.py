"""Tissue and studies with known truth, from the command line."""

from __future__ import annotations

import json

import numpy as np
import pytest
from anndata import read_h5ad

from darlc.cli.commands import run
from darlc.simulation.study import simulate_study
from darlc.simulation.without_counts import simulate_values

SMALL = "--genes 24 --clusters 3 --platform st"


def test_a_study_is_a_folder_with_a_file_for_each_section(tmp_path, capsys):
    out = tmp_path / "study"
    words = f"{SMALL},merfish --depth 40 --sections 3 --seed 2 --changed 0.25 --private 1 --json"
    assert run(["simulate", "--out", str(out), *words.split(), "--missing", "0.25"]) == 0
    facts = json.loads(capsys.readouterr().out)
    made = simulate_study(
        2, 3, 24, 3, 40.0, platforms=("st", "merfish"), changed=0.25, private=1, missing=0.25
    )
    assert sorted(each.name for each in out.iterdir()) == [f"{name}.h5ad" for name in made]
    for row, (name, expected) in zip(facts["sections"], made.items(), strict=True):
        written = read_h5ad(row["file"])
        assert (written.X != expected.X).nnz == 0
        assert (written.var["changed"] == expected.var["changed"]).all()
        assert (row["name"], row["genes"]) == (name, 18)
        assert row["changed_genes"] == expected.var["changed"].sum()


def test_a_study_is_described_in_a_table_and_replaced_by_the_next(tmp_path, capsys):
    out = tmp_path / "study"
    for seed in "12":
        words = f"{SMALL} --sections 2 --seed {seed}".split()
        assert run(["simulate", "--out", str(out), *words]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["section", "platform", "observations", "genes", "changed"]
    assert lines[1].split()[:2] == ["section1", "st"] and lines[3] == f"Written to {out}"
    assert read_h5ad(out / "section1.h5ad").uns["simulation"]["seed"] == 2
    assert [each.name for each in tmp_path.iterdir()] == ["study"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("--sections 2 --like a.h5ad", "--like, --regions and --sums are of one section"),
        ("--changed 0.2", "--changed is of several sections: say how many with --sections"),
        ("--sections 0", "sections must be at least 1"),
        ("--sections 2 --private 9", "9 of 3 patterns cannot"),
    ],
)
def test_what_a_study_cannot_be_is_a_sentence(words, says, tmp_path, capsys):
    out = tmp_path / "study"
    assert run(["simulate", "--out", str(out), *SMALL.split(), *words.split()]) == 2
    assert says in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_something_else_is_kept(tmp_path, capsys):
    out = tmp_path / "study"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    assert run(["simulate", "--out", str(out), *SMALL.split(), "--sections", "2"]) == 2
    assert "holds something else (notes.txt)" in capsys.readouterr().err
    assert (out / "notes.txt").read_text() == "mine"
    assert run(["simulate", "--out", f"{out}.h5ad", *SMALL.split(), "--sections", "2"]) == 2
    assert "written to a folder: choose a name without .h5ad" in capsys.readouterr().err


def test_a_tissue_without_counts(tmp_path, capsys):
    out = tmp_path / "cells.h5ad"
    words = "--kind proteins --side 20 --noise 0.5 --seed 3 --unpatterned 0.1 --genes 30 --json"
    assert run(["simulate", "--out", str(out), *words.split()]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["kind"], facts["observations"], facts["genes"]) == ("proteins", 400, 30)
    assert (facts["unpatterned_genes"], facts["clusters"], facts["noise"]) == (3, 6, 0.5)
    expected = simulate_values("proteins", 3, 30, side=20, noise=0.5, unpatterned=0.1)
    np.testing.assert_array_equal(read_h5ad(out).X, expected.X)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("--kind proteins --depth 50", "--depth is of counts: leave it out, or --kind"),
        ("--kind log --sums 0.1", "--sums is of counts"),
        ("--kind log --changed 0.1", "--changed is of counts"),
        ("--kind images --sections 2", "--sections is of counts"),
        ("--noise 2", "--noise is of what is not counted: say what that is with --kind"),
        ("--kind lipids", "kind 'lipids' is not known"),
    ],
)
def test_what_is_not_counted_has_options_of_its_own(words, says, tmp_path, capsys):
    assert run(["simulate", "--out", str(tmp_path / "a.h5ad"), *words.split()]) == 2
    assert says in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
