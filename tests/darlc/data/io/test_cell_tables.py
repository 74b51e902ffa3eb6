"""Tables of cells, a few rows at a time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from darlc.data.io import cell_tables
from darlc.data.io.cell_tables import join, read_cells, read_counts
from darlc.errors import InputError


def test_counts_in_parts_are_the_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(cell_tables, "_ROWS", 7)
    values = np.random.default_rng(0).poisson(0.3, (20, 4))
    table = pd.DataFrame(values, columns=list("abcd")).assign(fov=1, cell=range(20))
    table.to_csv(tmp_path / "t.csv", index=False)
    names, counts, columns = read_counts(tmp_path / "t.csv", ["fov", "cell"])
    np.testing.assert_array_equal(counts.toarray(), values)
    assert columns == list("abcd") and names[19] == "1_19"


def test_names_and_sentences(tmp_path):
    table = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    assert join(table, ["a", "b"]).tolist() == ["1_x", "2_y"]
    table.to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(InputError, match=r"t\.csv has no column c"):
        read_cells(tmp_path / "t.csv", ["a"], ["c"])
    (tmp_path / "t.csv").write_text("a,b\n")
    with pytest.raises(InputError, match="holds no cells"):
        read_counts(tmp_path / "t.csv", ["a"])
