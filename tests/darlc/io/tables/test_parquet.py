"""Parquet: tables, folders of parts, and the sentence without the package."""

from __future__ import annotations

import sys

import pandas as pd
import pytest

from darlc.errors import InputError
from darlc.io.tables.parquet import read_parquet


def test_tables_and_parts(tmp_path):
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    table = pd.DataFrame({"x": [1, 2], "y": [3, 4]}, index=pd.Index(["a", "b"]))
    table.to_parquet(tmp_path / "one.parquet")
    pd.testing.assert_frame_equal(read_parquet(tmp_path / "one.parquet"), table)
    (tmp_path / "parts").mkdir()
    for number in range(2):
        table.iloc[[number]].to_parquet(tmp_path / "parts" / f"part.{number}.parquet")
    pd.testing.assert_frame_equal(read_parquet(tmp_path / "parts", ["x"]), table[["x"]])
    (tmp_path / "none").mkdir()
    with pytest.raises(InputError, match="holds no part of a table"):
        read_parquet(tmp_path / "none")


def test_without_the_package(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match=r"not installed \(pyarrow\): install it"):
        read_parquet(tmp_path / "a.parquet")
