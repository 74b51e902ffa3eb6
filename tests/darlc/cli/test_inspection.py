"""What is said of a dataset before a fit."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest

from darlc.cli.inspection import inspect
from darlc.config import Config
from darlc.data.dataset import Dataset, Sections
from darlc.io.result_file import to_adata


def test_inspection(tissue):
    tissue.X = tissue.X.toarray()
    tissue.X[:, 13] = 0
    tissue.X[0, 13] = 1
    tissue.obsm["spatial"][5] = np.nan
    found = inspect(Dataset(tissue, Path("a b/mob.tsv.gz"), "table", ("a note.",)), Config(genes=6))
    assert (found.observations, found.genes, found.values) == (72, 14, "counts")
    assert (found.layout, found.height, found.width) == ("square", 9, 8)
    assert (found.tissue_pixels, found.placed) == (71, 71)
    assert found.tissue_fraction == pytest.approx(71 / 72)
    assert found.pixel_size == pytest.approx(100) and found.pixel_microns is None
    assert found.modelled == 6
    assert sum(found.left_out.values()) == 8
    assert found.left_out["expressed in fewer than 5 pixels"] == 1
    assert found.notes[0] == "a note." and not found.has_result
    assert shlex.split(found.command) == [
        "darlc", "fit", "a b/mob.tsv.gz", "--out", "mob_darlc.h5ad", "--genes", "6",
    ]  # fmt: skip
    text = "\n".join(found.lines())
    assert "72 observations × 14 genes" in text and "note      a note." in text
    assert found.to_dict()["left_out"] == found.left_out


def test_values_that_are_not_counts(tissue):
    tissue.X = tissue.X * 0.5
    del tissue.layers["counts"]
    found = inspect(Dataset(tissue, Path("a.h5ad"), "h5ad"), Config(include=("Gene3",)))
    assert found.values == "log" and found.median_library is None
    assert found.command == "darlc fit a.h5ad --out a_darlc.h5ad --include Gene3"


def test_data_with_a_result(result):
    assert inspect(Dataset(to_adata(result), Path("a.h5ad"), "h5ad"), Config()).has_result


def test_sections_of_the_file_are_listed(tissue):
    sections = Sections("donor", ("a", "b"), (72, 50), "a")
    found = inspect(Dataset(tissue, Path("a.h5ad"), "h5ad", sections=sections), Config())
    assert found.to_dict()["sections"] == {
        "column": "donor",
        "chosen": "a",
        "observations": {"a": 72, "b": 50},
    }
    assert "section   a of donor: a (72), b (50)" in found.lines()
