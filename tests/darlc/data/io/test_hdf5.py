"""The guard against HDF5 files that hang their library."""

from __future__ import annotations

import pytest

from darlc.data.io import open_dataset
from darlc.data.io.hdf5 import check_hdf5
from darlc.errors import InputError


def test_intact_files_pass(tmp_path, adata, real):
    adata.write_h5ad(tmp_path / "a.h5ad")
    check_hdf5(tmp_path / "a.h5ad")
    for path in [*real.glob("*.h5ad"), real / "visium_mouse" / "filtered_feature_bc_matrix.h5"]:
        check_hdf5(path)


def test_a_hole_in_a_heap_is_refused(tmp_path, adata):
    path = tmp_path / "a.h5ad"
    adata.write_h5ad(path)
    content = bytearray(path.read_bytes())
    heap = content.index(b"GCOL")
    content[heap + 16 : heap + 400] = bytes(384)
    path.write_bytes(content)
    with pytest.raises(InputError, match="zeros"):
        open_dataset(path)
