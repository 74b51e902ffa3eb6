"""The guard against HDF5 files that hang their library."""

from __future__ import annotations

import h5py
import pytest

from darlc.errors import InputError
from darlc.io import open_dataset
from darlc.io.guards.hdf5 import check_hdf5


def test_intact_files_pass(tmp_path, adata):
    adata.write_h5ad(tmp_path / "a.h5ad")
    check_hdf5(tmp_path / "a.h5ad")


def test_intact_real_files_pass(real_data):
    check_hdf5(real_data / "visium_mouse" / "filtered_feature_bc_matrix.h5")
    for path in real_data.glob("*.h5ad"):
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


def break_h5ad(adata, path, change):
    adata.write_h5ad(path)
    with h5py.File(path, "a") as file:
        change(file)
    return path


def test_data_in_other_files_is_refused(tmp_path, adata):
    def link(file):
        file["uns/away"] = h5py.ExternalLink("/etc/passwd", "/")

    def outside(file):
        file.create_dataset("uns/away", shape=(8,), dtype="u1", external=[("/etc/passwd", 0, 8)])

    def virtual(file):
        layout = h5py.VirtualLayout(shape=(4,), dtype="f4")
        layout[:] = h5py.VirtualSource("other.h5", "x", shape=(4,))
        file.create_virtual_dataset("uns/away", layout)

    for change in (link, outside, virtual):
        with pytest.raises(ValueError, match="another file"):
            check_hdf5(break_h5ad(adata, tmp_path / "a.h5ad", change))


def test_sizes_and_depths(tmp_path, adata):
    def huge(file):
        file.create_dataset("uns/much", shape=(2**40,), dtype="f4", chunks=(2**20,))

    def deep(file):
        file.create_group("uns/" + "/".join("a" * 60))

    def circle(file):
        file["uns/again"] = file["uns"]

    with pytest.raises(ValueError, match="next to nothing is stored"):
        check_hdf5(break_h5ad(adata, tmp_path / "a.h5ad", huge))
    with pytest.raises(ValueError, match="groups deep"):
        check_hdf5(break_h5ad(adata, tmp_path / "a.h5ad", deep))
    check_hdf5(break_h5ad(adata, tmp_path / "a.h5ad", circle))
