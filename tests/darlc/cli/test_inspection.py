"""What is said of a dataset before a fit."""

from __future__ import annotations

import shlex
from dataclasses import replace
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
    assert (found.modelled, found.answered) == (6, 7)
    assert found.left_out == {"expressed in fewer than 5 pixels": 1}
    assert (found.model_pixels, found.pooling) == (71, 1)
    assert found.notes[0] == "a note." and not found.has_result
    assert shlex.split(found.command) == [
        "darlc", "fit", "a b/mob.tsv.gz", "--out", "mob_darlc.h5ad", "--genes", "6",
    ]  # fmt: skip
    text = "\n".join(found.lines())
    assert (
        "drawing   6 genes draw the patterns\nanswered  7 further genes compared with these" in text
    )
    assert "model     71 pixels, those of the pictures" in text
    assert "72 observations × 14 genes" in text and "note      a note." in text
    assert found.to_dict()["left_out"] == found.left_out


def test_values_that_are_not_counts(tissue):
    tissue.X = tissue.X * 0.5
    del tissue.layers["counts"]
    found = inspect(Dataset(tissue, Path("a.h5ad"), "h5ad"), Config(include=("Gene3",)))
    assert found.values == "log" and found.median_library is None
    assert found.command == "darlc fit a.h5ad --out a_darlc.h5ad --include Gene3"


def test_a_picture_is_pooled_to_the_budget(tissue):
    tissue.uns["darlc_reading"] = {"microns": 0.5}
    found = inspect(Dataset(tissue, Path("a.h5ad"), "h5ad"), Config(model_pixels=20))
    assert (found.tissue_pixels, found.model_pixels, found.pooling) == (72, 20, 2)
    assert "model     20 pixels of 2 × 2 picture pixels, 100 µm a side" in found.lines()
    assert shlex.split(found.command)[-2:] == ["--model-pixels", "20"]
    assert found.to_dict()["pooling"] == 2


def test_data_with_a_result(result):
    result = replace(result, drawing=np.arange(12) < 9, pooling=3)
    found = inspect(Dataset(to_adata(result), Path("a.h5ad"), "h5ad"), Config())
    assert found.has_result and found.result == {"drawing": 9, "answered": 3, "pooling": 3}
    (line,) = [each for each in found.lines() if each.startswith("result")]
    assert found.command == "darlc clusters a.h5ad"
    assert line.endswith(
        "9 genes drew the patterns, 3 further genes compared with them; the model's pixels were "
        "of 3 × 3 picture pixels"
    )
    damaged = to_adata(result)
    del damaged.uns["darlc"]["grid"]
    found = inspect(Dataset(damaged, Path("a.h5ad"), "h5ad"), Config())
    assert found.has_result and found.result is None and "darlc fit" in found.command


def test_sections_of_the_file_are_listed(tissue):
    sections = Sections("donor", ("a", "b"), (72, 50), "a")
    found = inspect(Dataset(tissue, Path("a.h5ad"), "h5ad", sections=sections), Config())
    assert found.to_dict()["sections"] == {
        "column": "donor",
        "chosen": "a",
        "observations": {"a": 72, "b": 50},
    }
    assert "section   a of donor: a (72), b (50)" in found.lines()
