"""Visium HD: the bins that are read, and what the slide is called."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from darlc.errors import InputError
from darlc.io import ReadOptions, find_format, open_dataset


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


def test_bins_that_were_not_copied_whole(folder):
    """The largest of which counts and positions are there is read, and the others are named."""
    (folder / "binned_outputs" / "square_016um" / "filtered_feature_bc_matrix.h5").unlink()
    dataset = open_dataset(folder)
    assert np.ptp(dataset.adata.obsm["spatial"][:, 0]) == 4 * 15
    assert "Bins of 8 µm are read; there are 8: --bin-size chooses." in dataset.notes
    assert "Bins of 16 µm lack their counts or their positions." in dataset.notes
    with pytest.raises(InputError, match="no '16' for --bin-size: choose one of 8"):
        open_dataset(folder, ReadOptions(bin_size=16))
    (folder / "binned_outputs" / "square_008um" / "filtered_feature_bc_matrix.h5").unlink()
    with pytest.raises(InputError, match=r"square_016um holds no filtered_feature_bc_matrix\.h5"):
        open_dataset(folder)


@pytest.fixture
def segmented(tissue_files, tmp_path):
    """Cells as Space Ranger 4 finds them, one of them without an outline."""
    home = tmp_path / "run" / "outs" / "segmented_outputs"
    tissue_files.write_visium_parts(home / "spatial", scales={"microns_per_pixel": 0.25})
    names = [f"cellid_{number:09d}-1" for number in range(30)]
    tissue_files.write_tenx_h5(home / "filtered_feature_cell_matrix.h5", names)
    outlines = []
    for number in range(30):
        x, y = tissue_files.COLUMN[number] * 10.0, tissue_files.ROW[number] * 10.0
        corners = [[x - 2, y - 1], [x + 2, y - 1], [x + 2, y + 1], [x - 2, y + 1], [x - 2, y - 1]]
        shape = {"type": "Polygon", "coordinates": [corners]}
        if number == 7:
            shape = {"type": "MultiPolygon", "coordinates": [[corners]]}
        geometry = None if number == 29 else shape
        kept = {"type": "Feature", "geometry": geometry, "properties": {"cell_id": number}}
        outlines.append(kept)
    outlines.reverse()
    collection = {"type": "FeatureCollection", "features": outlines}
    (home / "cell_segmentations.geojson").write_text(json.dumps(collection))
    return home


def test_cells_of_a_segmented_run(tissue_files, segmented):
    run = segmented.parent.parent
    for path in (run, run / "outs", segmented):
        dataset = open_dataset(path)
        adata = dataset.adata
        assert dataset.format == "visium_hd" and adata.n_obs == 29
        assert "1 cells without an outline were left out." in dataset.notes
        expected = np.column_stack([tissue_files.COLUMN, tissue_files.ROW])[:29] * 10.0
        np.testing.assert_allclose(adata.obsm["spatial"], expected)
        np.testing.assert_array_equal(adata.X.toarray(), tissue_files.counts()[:29])
        assert adata.uns["darlc_reading"]["microns"] == 0.25
        assert list(adata.uns["spatial"]) == ["run"]
    with pytest.raises(InputError, match="holds cells and no bins: leave --bin-size out"):
        open_dataset(run, ReadOptions(bin_size=8))


def test_bins_are_preferred_to_cells_and_it_is_said(folder, segmented):
    shutil.copytree(segmented, folder / "segmented_outputs")
    dataset = open_dataset(folder)
    assert dataset.adata.n_obs == 30
    assert "There are cells too: open segmented_outputs for them." in dataset.notes


@pytest.mark.parametrize("part", ["cell_segmentations.geojson", "filtered_feature_cell_matrix.h5"])
def test_a_segmented_run_that_lacks_a_part(segmented, part):
    (segmented / part).unlink()
    with pytest.raises(InputError, match=f"holds no {part}: copy it from the run's segmented"):
        open_dataset(segmented.parent)
