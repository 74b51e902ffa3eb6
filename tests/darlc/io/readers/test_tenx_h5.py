"""The 10x matrix by itself: where its positions are looked for, and what is said without them."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from darlc.errors import InputError
from darlc.io import find_format, open_dataset


def test_files_of_a_sample_by_its_prefix(tissue_files, tmp_path):
    path = tissue_files.write_tenx_beside(tmp_path)
    shutil.copy(tmp_path / "GSM1_scalefactors_json.json", tmp_path / "GSM2_scalefactors_json.json")
    dataset = open_dataset(path)
    assert list(dataset.adata.uns["spatial"]) == ["GSM1"]
    assert dataset.adata.uns["spatial"]["GSM1"]["images"]["lowres"].shape == (30, 25, 3)
    assert any("1 feature that is not a gene" in note for note in dataset.notes)


def test_beside_a_spatial_folder(tissue_files, tmp_path):
    sample = tissue_files.write_spaceranger(tmp_path)
    matrix = sample / "outs" / "filtered_feature_bc_matrix.h5"
    assert find_format(matrix).name == "10x_h5"
    by_file, by_folder = open_dataset(matrix).adata, open_dataset(sample).adata
    assert (by_file.X != by_folder.X).nnz == 0
    np.testing.assert_array_equal(by_file.obsm["spatial"], by_folder.obsm["spatial"])
    # Under a name of its own it is known by the positions beside it.
    other = matrix.rename(matrix.with_name("mine.h5"))
    assert open_dataset(other).adata.n_obs == 30


def test_without_positions(tissue_files, tmp_path):
    tissue_files.write_tenx_h5(tmp_path / "filtered_feature_bc_matrix.h5", tissue_files.BARCODES)
    with pytest.raises(InputError, match="has no positions beside it: put the run's spatial"):
        open_dataset(tmp_path / "filtered_feature_bc_matrix.h5")


def test_other_hdf5_is_not_claimed(tissue_files, tmp_path):
    tissue_files.write_tenx_h5(tmp_path / "weights.h5", tissue_files.BARCODES)
    (tmp_path / "filtered_feature_bc_matrix.h5").write_bytes(b"text")
    assert find_format(tmp_path / "weights.h5") is None
    assert find_format(tmp_path / "filtered_feature_bc_matrix.h5") is None
