"""Visium HD: the bins that are read, and what the slide is called."""

from __future__ import annotations

import numpy as np
import pytest

from darlc.data.io import ReadOptions, find_format, open_dataset
from darlc.errors import InputError


@pytest.fixture
def folder(tissue_files, tmp_path):
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    return tissue_files.write_visium_hd(tmp_path)


def test_the_largest_bins_are_read_and_it_is_said(folder):
    dataset = open_dataset(folder)
    assert dataset.format == "visium_hd" and dataset.path == folder
    assert "Bins of 16 µm are read; there are 8, 16: --bin-size chooses." in dataset.notes
    assert list(dataset.adata.uns["spatial"]) == ["hd"]
    assert np.ptp(dataset.adata.obsm["spatial"][:, 0]) == 4 * 30


def test_bins_of_a_size(folder):
    dataset = open_dataset(folder, ReadOptions(bin_size=8))
    assert np.ptp(dataset.adata.obsm["spatial"][:, 0]) == 4 * 15
    assert not any("bin-size" in note for note in dataset.notes)
    with pytest.raises(InputError, match="no '2' for --bin-size: choose one of 8, 16"):
        open_dataset(folder, ReadOptions(bin_size=2))


def test_all_ways_to_the_bins(folder, tmp_path):
    (tmp_path / "sample").mkdir()
    folder.rename(tmp_path / "sample" / "outs")
    outs = tmp_path / "sample" / "outs"
    for path in (tmp_path / "sample", outs, outs / "binned_outputs"):
        assert find_format(path).name == "visium_hd"
    # The bins of one size are a folder like any other run's, and know their micrometres.
    one = open_dataset(outs / "binned_outputs" / "square_008um")
    assert one.format == "spaceranger"
    assert one.adata.uns["darlc_reading"] == {"microns": 16 / 30}
