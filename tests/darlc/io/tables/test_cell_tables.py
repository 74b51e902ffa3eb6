"""Tables of cells, a few rows at a time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from darlc.errors import InputError
from darlc.io.tables import cell_tables
from darlc.io.tables.cell_tables import join, read_cells, read_counts


def test_counts_in_parts_are_the_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(cell_tables, "ROWS", 7)
    values = np.random.default_rng(0).poisson(0.3, (20, 4))
    table = pd.DataFrame(values, columns=list("abcd")).assign(fov=1, cell=range(20))
    table.to_csv(tmp_path / "t.csv", index=False)
    read = read_counts(tmp_path / "t.csv", ["fov", "cell"])
    np.testing.assert_array_equal(read.counts.toarray(), values)
    assert read.columns == list("abcd") and read.cells[19] == "1_19" and read.notes == ()


def test_what_is_no_count_is_no_column(tmp_path):
    """Text, further names of a cell and a saved index lie among the counts of many exports."""
    table = pd.DataFrame({"fov": 1, "cell_ID": range(3), "cell": list("xyz"), "slide_ID": 1})
    table = table.assign(remark="text", Gene=[1, 2, 3])
    table.to_csv(tmp_path / "t.csv")
    read = read_counts(tmp_path / "t.csv", ["fov", "cell_ID"])
    assert read.columns == ["Gene"] and list(read.cells) == ["1_0", "1_1", "1_2"]


def test_cells_that_are_listed_again(tmp_path):
    text = "cell,A,B\n1.0,1,2\n2.0,3,4\n1.0,,\n2.0,9,9\n"
    (tmp_path / "t.csv").write_text(text)
    read = read_counts(tmp_path / "t.csv", ["cell"])
    assert list(read.cells) == ["1", "2"] and read.counts.toarray().tolist() == [[1, 2], [3, 4]]
    assert read.notes == (
        "1 row of counts held no value: left out.",
        "1 row of counts repeated a cell: left out.",
    )
    (tmp_path / "c.csv").write_text("cell,x,y\n1,5,6\n1,7,8\n")
    assert read_cells(tmp_path / "c.csv", ["cell"], ["x", "y"]).loc["1", "x"] == 5


def test_text_among_the_counts_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(cell_tables, "ROWS", 2)
    (tmp_path / "t.csv").write_text("cell,A,B\n1,1,2\n2,3,4\n3,5,six\n")
    with pytest.raises(InputError, match=r"t\.csv holds text among the counts of B"):
        read_counts(tmp_path / "t.csv", ["cell"])


def test_names_and_sentences(tmp_path):
    table = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    assert join(table, ["a", "b"]).tolist() == ["1_x", "2_y"]
    table.to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(InputError, match=r"t\.csv has no column c"):
        read_cells(tmp_path / "t.csv", ["a"], ["c"])
    (tmp_path / "t.csv").write_text("a,b\n")
    with pytest.raises(InputError, match="holds no cells"):
        read_counts(tmp_path / "t.csv", ["a"])
