"""Files of AnnData that hold sparse matrices of foreign byte order."""

from __future__ import annotations

import h5py
import numpy as np
import pytest
from scipy import sparse

from darlc.io.parts.anndata_file import read_anndata


@pytest.mark.parametrize("make", [sparse.csr_matrix, sparse.csc_matrix])
@pytest.mark.parametrize("part", ["X", "layers/counts", "raw/X"])
def test_sparse_matrices_of_foreign_byte_order(tissue, tmp_path, make, part) -> None:
    tissue.X = make(tissue.X)
    tissue.layers["counts"] = make(tissue.X)
    tissue.raw = tissue.copy()
    path = tmp_path / "a.h5ad"
    tissue.write_h5ad(path)
    with h5py.File(path, "a") as file:
        values = file[f"{part}/data"][:]
        del file[f"{part}/data"]
        file[f"{part}/data"] = values.astype(">f4")
    found = read_anndata(path)
    for ours, theirs in (
        (found.X, tissue.X),
        (found.layers["counts"], tissue.X),
        (found.raw.X, tissue.X),
    ):
        assert ours.format == theirs.format and ours.dtype.isnative
        np.testing.assert_array_equal(ours.toarray(), theirs.toarray())
    assert found.obs["array_row"].equals(tissue.obs["array_row"])
