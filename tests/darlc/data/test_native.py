"""Numbers of other machines, and halves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from scipy import sparse

from darlc.data.native import make_native, native
from darlc.images.sgep_images import rasterize
from darlc.io.prepare import prepare

FOREIGN = np.dtype("f8").newbyteorder("S")


@pytest.mark.parametrize("dtype", [">f4", ">f8", ">i2", ">i8", ">u2", "<f4", "<i4"])
def test_values_stay_and_bytes_turn(dtype: str) -> None:
    values = np.array([[1, 0], [200, 3]]).astype(dtype)
    own = native(values)
    assert own.dtype.isnative and own.dtype.itemsize == values.dtype.itemsize
    np.testing.assert_array_equal(own, values)
    if values.dtype.isnative:
        assert own is values


def test_halves_become_singles_and_matrices_arrays() -> None:
    assert native(np.ones((2, 2), np.float16)).dtype == np.float32
    assert type(native(np.asmatrix(np.eye(2)))) is np.ndarray


def test_tables_with_columns_of_foreign_order() -> None:
    table = pd.DataFrame(
        {
            "number": np.arange(4).astype(">i4"),
            "kind": pd.Categorical(["p", "p", "q", "r"]),
            "text": ["a", None, "b", "c"],
        }
    )
    own = native(table)
    assert not table["number"].dtype.isnative, "the user's table stays"
    assert own["number"].dtype.isnative and list(own["number"]) == [0, 1, 2, 3]
    assert own["text"].equals(table["text"]) and own["kind"].equals(table["kind"])


def test_every_part_of_a_dataset_is_turned(tissue: AnnData) -> None:
    foreign = tissue.copy()
    foreign.X = tissue.X.toarray().astype(FOREIGN)
    foreign.layers["counts"] = tissue.X.toarray().astype(FOREIGN)
    foreign.obsm["spatial"] = tissue.obsm["spatial"].astype(FOREIGN)
    foreign.varm["PCs"] = tissue.varm["PCs"].astype(FOREIGN)
    foreign.obs["array_row"] = tissue.obs["array_row"].to_numpy().astype(">i8")
    spatial = foreign.obsm["spatial"]
    make_native(foreign)
    parts = (foreign.X, *foreign.layers.values(), *foreign.obsm.values(), *foreign.varm.values())
    assert all(part.dtype.isnative for part in parts if not sparse.issparse(part))
    assert foreign.obs["array_row"].dtype.isnative
    assert spatial.dtype == FOREIGN, "arrays are replaced, not written into"
    assert rasterize(foreign).fingerprint == rasterize(tissue).fingerprint


def test_data_of_foreign_order_give_the_same_images_and_stay_as_they_are(tissue: AnnData) -> None:
    foreign = tissue.copy()
    del foreign.raw
    foreign.X = tissue.X.toarray().astype(FOREIGN)
    foreign.obs["array_col"] = tissue.obs["array_col"].to_numpy().astype(">i8")
    _, images = prepare(foreign)
    assert images.fingerprint == prepare(tissue)[1].fingerprint
    assert foreign.X.dtype == FOREIGN and foreign.obs["array_col"].dtype == ">i8"


def test_indices_are_short_where_that_suffices() -> None:
    matrix = sparse.random(9, 5, 0.5, format="csr", random_state=0)
    matrix.indptr = matrix.indptr.astype(np.int64)
    short = native(matrix)
    assert short.indices.dtype == short.indptr.dtype == np.int32
    assert np.shares_memory(short.data, matrix.data) and matrix.indptr.dtype == np.int64
    np.testing.assert_array_equal(short.toarray(), matrix.toarray())
    assert native(short) is short
    # An index out of range stays, to be refused: cut to 32 bits it would be another one.
    matrix.indices = matrix.indices.astype(np.int64)
    matrix.indices[0] = 2**32 + 1
    assert native(matrix).indices[0] == 2**32 + 1
