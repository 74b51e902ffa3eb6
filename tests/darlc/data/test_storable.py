"""Columns that files cannot hold are brought into a form that they can; others stay."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData, read_h5ad

from darlc.data.storable import skeleton, storable_table
from darlc.data.store import try_out, write
from darlc.errors import InputError

COLUMNS = {
    "truths": ([True, None, False], "boolean", [True, pd.NA, False]),
    "all truths": ([True, True, False], "bool", [True, True, False]),
    "whole": ([1, 2, 3], "int64", [1, 2, 3]),
    "numbers": ([1, None, 3.5], "float64", [1.0, np.nan, 3.5]),
    "mixed": ([1, "x", "y"], "object", ["1", "x", "y"]),
    "gaps": ([1, "x", None], "category", ["1", "x", np.nan]),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_of_objects(name, tmp_path):
    values, kind, expected = COLUMNS[name]
    adata = AnnData(np.ones((3, 2), dtype=np.float32))
    adata.obs[name] = np.array(values, dtype=object)
    before = adata.obs.copy()
    again = read_h5ad(write(adata, tmp_path / "a.h5ad")).obs[name]
    pd.testing.assert_frame_equal(adata.obs, before)
    assert str(again.dtype) == kind
    pd.testing.assert_series_equal(
        again.astype(object), pd.Series(expected, again.index, object, name=name), check_dtype=False
    )


def test_times_become_text(tmp_path):
    adata = AnnData(np.ones((2, 1), dtype=np.float32))
    adata.obs["taken"] = pd.to_datetime(["2026-01-02", "2026-01-03"])
    again = read_h5ad(write(adata, tmp_path / "a.h5ad")).obs["taken"]
    assert [text[:10] for text in again] == ["2026-01-02", "2026-01-03"]


def test_what_files_can_hold_stays():
    table = pd.DataFrame(
        {
            "number": [1.5, 2.0],
            "kind": pd.Categorical(["a", "b"]),
            "maybe": pd.array([1, None], dtype="Int64"),
            "name": np.array(["a", "b"], dtype=object),
        }
    )
    pd.testing.assert_frame_equal(storable_table(table), table)


def test_a_trial_leaves_nothing_and_names_what_is_refused(tmp_path):
    adata = AnnData(np.ones((3, 2), dtype=np.float32))
    adata.obs["truths"] = np.array([True, None, False], dtype=object)
    adata.uns["images"] = {"pixels": np.zeros((4, 4)), "name": "slide"}
    path = tmp_path / "a.h5ad"
    try_out(adata, path)
    adata.uns["deep"] = {"down": {"thing": object()}}
    with pytest.raises(InputError, match=r"uns/deep/down\['thing'\]: .*remove from the data"):
        try_out(adata, path)
    assert list(tmp_path.iterdir()) == []


def test_a_trial_leaves_out_what_takes_long():
    adata = AnnData(np.ones((3, 2), dtype=np.float32))
    adata.obsm["spatial"] = np.zeros((3, 2))
    adata.obsm["table"] = pd.DataFrame({"a": [1, 2, 3]}, index=adata.obs_names)
    adata.layers["counts"] = adata.X.copy()
    adata.uns["image"] = np.zeros((9, 9))
    tried = skeleton(adata)
    assert tried.X is None and not tried.layers and not tried.uns
    assert list(tried.obsm) == ["table"] and tried.shape == adata.shape
