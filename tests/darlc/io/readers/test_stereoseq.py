"""Stereo-seq: spots pooled to bins of any size, stored bins, cells."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from darlc.errors import InputError
from darlc.images.sgep_images import rasterize
from darlc.io import ReadOptions, open_dataset


def test_spots_are_pooled_to_the_size_asked_for(tissue_files, tmp_path):
    path = tissue_files.write_gef(tmp_path)
    usual = open_dataset(path)
    assert usual.notes == ("Bins of 50 spots are read: --bin-size chooses.",)
    coarse = open_dataset(path, ReadOptions(bin_size=100))
    assert coarse.adata.n_obs == 9 and coarse.notes == ()
    np.testing.assert_array_equal(
        coarse.adata.X.sum(axis=0), tissue_files.counts().sum(axis=0)[None]
    )
    where = coarse.adata.obsm["spatial"]
    np.testing.assert_array_equal(np.unique(where[:, 0]), [49.5, 149.5, 249.5])
    grid = rasterize(coarse.adata).grid
    assert grid.layout == "square" and grid.pixel_size * grid.microns == pytest.approx(50)


@pytest.mark.parametrize("corners", [True, False])
def test_bins_that_are_stored_without_spots(tmp_path, corners):
    step = 100 if corners else 1
    places = [(0, 0, 3), (2 * step, step, 5)]
    with h5py.File(tmp_path / "t.gef", "w") as file:
        group = file.create_group("geneExp/bin100")
        group["expression"] = np.array(places, dtype=[("x", "i4"), ("y", "i4"), ("count", "u2")])
        kinds = [("gene", "S9"), ("offset", "u4"), ("count", "u4")]
        group["gene"] = np.array([(b"Mbp", 0, 2)], dtype=kinds)
    adata = open_dataset(tmp_path / "t.gef", ReadOptions(bin_size=100)).adata
    np.testing.assert_array_equal(adata.obsm["spatial"], [[49.5, 49.5], [249.5, 149.5]])
    assert adata.X.toarray().ravel().tolist() == [3, 5]
    with pytest.raises(InputError, match="no '50' for --bin-size: choose one of 100"):
        open_dataset(tmp_path / "t.gef")


def test_cells_have_no_bins(tissue_files, tmp_path):
    path = tissue_files.write_cell_gef(tmp_path)
    assert "area" in open_dataset(path).adata.obs
    with pytest.raises(InputError, match="holds cells, not bins"):
        open_dataset(path, ReadOptions(bin_size=50))


def test_neither(tmp_path):
    with h5py.File(tmp_path / "t.gef", "w") as file:
        file.create_group("wholeExp")
    with pytest.raises(InputError, match="holds neither geneExp nor cellBin"):
        open_dataset(tmp_path / "t.gef")
