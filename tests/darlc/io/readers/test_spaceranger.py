"""Space Ranger folders, old and new: counts, x and y the right way round, what is left out."""

from __future__ import annotations

import gzip
import shutil
import sys

import h5py
import numpy as np
import pandas as pd
import pytest

from darlc.errors import InputError
from darlc.io import open_dataset
from darlc.io.parts.visium import read_positions

# By hand from conftest.POSITIONS, in the matrix's order: x is the column, y the row.
SPATIAL = [[100.25, 10.5], [200.25, 10.5], [150.25, 40.5], [300.25, 40.5]]


@pytest.mark.parametrize("matrix", ["h5", "mtx"])
@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("outs", [False, True])
def test_known_truth(make_folder, fingerprint, counts, matrix, old, outs):
    folder = make_folder(matrix=matrix, old=old, outs=outs)
    before = fingerprint(folder)
    dataset = open_dataset(folder)
    adata = dataset.adata
    np.testing.assert_array_equal(adata.X.toarray(), counts)
    assert adata.X.format == "csr" and adata.X.dtype == np.float32
    np.testing.assert_array_equal(adata.obsm["spatial"], SPATIAL)
    assert adata.obsm["spatial"].dtype == np.float64
    assert list(adata.obs_names) == ["AAAC-1", "AAAG-1", "AAAT-1", "AACC-1"]
    assert adata.obs["array_row"].tolist() == [0, 0, 1, 1]
    assert adata.obs["array_col"].tolist() == [0, 2, 1, 3]
    assert adata.obs["in_tissue"].tolist() == [1, 1, 1, 1]
    assert list(adata.var_names) == ["Actb", "Gfap", "NA", "Gfap-1"]
    assert adata.var["gene_ids"].tolist() == ["ENS0", "ENS1", "ENS2", "ENS3"]
    assert set(adata.var["feature_types"]) == {"Gene Expression"}
    assert dataset.format == "spaceranger"
    renamed, picture = dataset.notes
    assert "Gfap" in renamed and "'hires' of 'sample', 50 × 40 pixels" in picture
    assert fingerprint(folder) == before


def test_pictures_stand_where_scanpy_keeps_them(make_folder):
    adata = open_dataset(make_folder()).adata
    entry = adata.uns["spatial"]["sample"]
    assert entry["images"]["hires"].shape == (40, 50, 3)
    assert entry["images"]["lowres"].shape == (8, 10, 3)
    assert entry["images"]["lowres"].dtype == np.uint8
    assert entry["scalefactors"]["tissue_lowres_scalef"] == 0.1


def test_the_result_can_be_written(make_folder, tmp_path):
    open_dataset(make_folder()).adata.write_h5ad(tmp_path / "copy.h5ad")
    again = open_dataset(tmp_path / "copy.h5ad").adata
    np.testing.assert_array_equal(again.obsm["spatial"], SPATIAL)
    assert again.uns["spatial"]["sample"]["images"]["hires"].shape == (40, 50, 3)


def test_the_slide_is_named_by_the_h5(make_folder):
    folder = make_folder()
    with h5py.File(folder / "filtered_feature_bc_matrix.h5", "a") as file:
        file.attrs["library_ids"] = np.array([b"V1"])
    assert list(open_dataset(folder).adata.uns["spatial"]) == ["V1"]


def test_a_sample_name_before_the_h5(make_folder):
    assert open_dataset(make_folder(prefix="GSM1_")).adata.shape == (4, 4)


def test_two_h5_files_are_not_guessed_between(make_folder):
    folder = make_folder(prefix="GSM1_")
    first = folder / "GSM1_filtered_feature_bc_matrix.h5"
    shutil.copy(first, folder / "GSM2_filtered_feature_bc_matrix.h5")
    with pytest.raises(InputError, match=r"GSM1_.* and GSM2_.*keep one"):
        open_dataset(folder)


def test_h5_is_preferred_to_mtx(make_folder):
    folder = make_folder()
    (folder / "filtered_feature_bc_matrix").mkdir()
    assert open_dataset(folder).adata.shape == (4, 4)


def test_barcodes_without_position_and_outside_are_left_out(make_folder, counts):
    positions = {
        "AACC-1": (0, 1, 3, 40.5, 300.25),
        "AAAC-1": (1, 0, 0, 10.5, 100.25),
        "AAAT-1": (1, 1, 1, 40.5, 150.25),
    }
    dataset = open_dataset(make_folder(positions=positions))
    assert list(dataset.adata.obs_names) == ["AAAC-1", "AAAT-1"]
    np.testing.assert_array_equal(dataset.adata.X.toarray(), counts[[0, 2]])
    np.testing.assert_array_equal(dataset.adata.obsm["spatial"], [SPATIAL[0], SPATIAL[2]])
    assert any("1 barcode" in note and "position" in note for note in dataset.notes)
    assert any("outside the tissue" in note for note in dataset.notes)


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("numbered", [True, False])
def test_barcodes_are_text_whatever_they_look_like(tmp_path, header, numbered):
    columns = ["in_tissue", "array_row", "array_col", "pxl_row_in_fullres", "pxl_col_in_fullres"]
    table = pd.DataFrame([[1, 0, 0, 5.0, 6.0], [0, 1, 1, 7.0, 8.0]], columns=columns)
    table.insert(0, "barcode", ["007", "1e5"])
    table.to_csv(tmp_path / "p.csv", index=numbered, header=header)
    found = read_positions(tmp_path / "p.csv")
    assert list(found.index) == ["007", "1e5"]
    assert found["in_tissue"].tolist() == [1, 0]
    assert found["pxl_col_in_fullres"].tolist() == [6.0, 8.0]


def test_features_that_are_no_genes_are_left_out(make_folder, counts):
    kinds = ("Gene Expression", "Gene Expression", "Antibody Capture", "Gene Expression")
    dataset = open_dataset(make_folder(kinds=kinds))
    np.testing.assert_array_equal(dataset.adata.X.toarray(), counts[:, [0, 1, 3]])
    assert any("Antibody Capture" in note for note in dataset.notes)


@pytest.mark.parametrize("plain", [False, True])
def test_genes_tsv_without_types(make_folder, plain):
    folder = make_folder(matrix="mtx")
    home = folder / "filtered_feature_bc_matrix"
    table = pd.read_csv(home / "features.tsv.gz", sep="\t", header=None, keep_default_na=False)
    (home / "features.tsv.gz").unlink()
    name = "genes.tsv" if plain else "genes.tsv.gz"
    table[[0, 1]].to_csv(home / name, sep="\t", header=False, index=False)
    adata = open_dataset(folder).adata
    assert adata.var_names[2] == "NA"
    assert set(adata.var["feature_types"]) == {"Gene Expression"}


def test_a_broken_image_is_told_of_and_left_out(make_folder):
    folder = make_folder()
    (folder / "spatial" / "tissue_hires_image.png").write_bytes(b"no image")
    dataset = open_dataset(folder)
    assert list(dataset.adata.uns["spatial"]["sample"]["images"]) == ["lowres"]
    assert any("tissue_hires_image.png" in note for note in dataset.notes)


def test_no_scale_factors_means_no_image(make_folder):
    folder = make_folder()
    (folder / "spatial" / "scalefactors_json.json").unlink()
    dataset = open_dataset(folder)
    assert "spatial" not in dataset.adata.uns
    assert any("scale factors" in note for note in dataset.notes)


def test_missing_or_mismatched_parts(make_folder):
    folder = make_folder(matrix="mtx")
    home = folder / "filtered_feature_bc_matrix"
    (home / "barcodes.tsv.gz").write_bytes(gzip.compress(b"AAAC-1\nAAAG-1"))
    with pytest.raises(InputError, match="name 4 and 2"):
        open_dataset(folder)
    (home / "barcodes.tsv.gz").unlink()
    with pytest.raises(InputError, match=r"no barcodes\.tsv"):
        open_dataset(folder)
    shutil.rmtree(home)
    with pytest.raises(InputError, match="holds no filtered_feature_bc_matrix"):
        open_dataset(folder)


def test_no_positions(make_folder):
    folder = make_folder()
    (folder / "spatial" / "tissue_positions.csv").unlink()
    with pytest.raises(InputError, match=r"tissue_positions\.csv"):
        open_dataset(folder)


def test_positions_of_another_sample(make_folder):
    with pytest.raises(InputError, match="same run"):
        open_dataset(make_folder(positions={"X-1": (1, 0, 0, 1.0, 1.0)}))


@pytest.mark.filterwarnings("ignore:Variable names are not unique")
def test_scanpy_reads_the_same_counts(real_data):
    scanpy = pytest.importorskip("scanpy")
    folder = real_data / "visium_mouse"
    theirs = scanpy.read_10x_h5(folder / "filtered_feature_bc_matrix.h5")
    ours = open_dataset(folder).adata
    assert list(ours.obs_names) == list(theirs.obs_names)
    assert list(ours.var["gene_ids"]) == list(theirs.var["gene_ids"])
    assert (ours.X != theirs.X).nnz == 0


def test_mouse_h5_and_mtx_agree(real_data, tmp_path):
    folder = tmp_path / "visium_mouse"
    folder.mkdir()
    for part in ("spatial", "filtered_feature_bc_matrix"):
        (folder / part).symlink_to(real_data / "visium_mouse" / part)
    from_mtx, from_h5 = (open_dataset(each).adata for each in (folder, real_data / "visium_mouse"))
    assert (from_mtx.X != from_h5.X).nnz == 0
    assert list(from_mtx.var_names) == list(from_h5.var_names)
    np.testing.assert_array_equal(from_mtx.obsm["spatial"], from_h5.obsm["spatial"])


def test_mouse_spots_lie_on_the_dark_tissue(real_data):
    """In-tissue spots are darker than the others; a transposed image would not say so."""
    dataset = open_dataset(real_data / "visium_mouse")
    entry = dataset.adata.uns["spatial"]["visium_mouse"]
    scale = entry["scalefactors"]["tissue_lowres_scalef"]
    image = entry["images"]["lowres"].mean(axis=2)
    table = pd.read_csv(real_data / "visium_mouse" / "spatial" / "tissue_positions.csv")
    outside = table[table["in_tissue"] == 0][["pxl_col_in_fullres", "pxl_row_in_fullres"]]

    def darkness(where):
        x, y = np.rint(np.asarray(where) * scale).astype(int).T
        return -image[y, x]

    inside, outside = darkness(dataset.adata.obsm["spatial"]), darkness(outside)
    auroc = (inside[:, None] > outside).mean() + 0.5 * (inside[:, None] == outside).mean()
    assert auroc >= 0.95
    assert "11 gene names" in dataset.notes[0]


def test_old_folder_equals_the_same_slice_as_h5ad(real_data):
    folder = open_dataset(real_data / "visium_dlpfc_151510").adata
    file = open_dataset(real_data / "dlpfc_151510.h5ad").adata
    file = file[folder.obs_names]
    np.testing.assert_array_equal(folder.var["gene_ids"], file.var_names)
    np.testing.assert_array_equal(folder.obsm["spatial"], file.obsm["spatial"])
    np.testing.assert_array_equal(folder.obs["array_row"], file.obs["array_row"])
    assert (folder.X != file.X).nnz == 0


def test_positions_in_parquet(make_folder):
    pytest.importorskip("pyarrow")
    folder = make_folder()
    csv = folder / "spatial" / "tissue_positions.csv"
    pd.read_csv(csv).to_parquet(csv.with_suffix(".parquet"))
    csv.unlink()
    np.testing.assert_array_equal(open_dataset(folder).adata.obsm["spatial"], SPATIAL)


def test_a_package_that_is_not_installed_is_named(make_folder, monkeypatch):
    folder = make_folder()
    csv = folder / "spatial" / "tissue_positions.csv"
    csv.rename(csv.with_suffix(".parquet"))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match=r"not installed .*pyarrow.*install it"):
        open_dataset(folder)


def test_the_raw_matrix_serves_where_there_is_no_other(make_folder, counts):
    folder = make_folder()
    matrix = folder / "filtered_feature_bc_matrix.h5"
    matrix.rename(folder / "raw_feature_bc_matrix.h5")
    np.testing.assert_array_equal(open_dataset(folder).adata.X.toarray(), counts)
