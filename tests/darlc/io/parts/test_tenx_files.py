"""Files of a 10x run under all the names that they are found under."""

from __future__ import annotations

import gzip
import shutil

import h5py
import numpy as np
import pandas as pd
import pytest

from darlc.errors import InputError
from darlc.io import find_format, open_dataset
from darlc.io.parts.tenx_matrix import read_h5


def flat(tissue_files, folder, sample="GSM1_A_", mtx=False, compressed=True):
    """Write a sample as public repositories keep it: all in one folder, after its name."""
    source = tissue_files.write_spaceranger_1(folder / "source")
    target = folder / "flat"
    target.mkdir(exist_ok=True)
    if mtx:
        for part in (source / "filtered_feature_bc_matrix").iterdir():
            shutil.copy(part, target / f"{sample}{part.name}")
    else:
        name = f"{sample}filtered_feature_bc_matrix.h5"
        tissue_files.write_tenx_h5(target / name, tissue_files.BARCODES)
    for part in (source / "spatial").iterdir():
        if compressed:
            content = gzip.compress(part.read_bytes())
            (target / f"{sample}{part.name}.gz").write_bytes(content)
        else:
            shutil.copy(part, target / f"{sample}{part.name}")
    shutil.rmtree(folder / "source")
    return target


@pytest.fixture(autouse=True)
def source(tmp_path):
    (tmp_path / "source").mkdir()


@pytest.mark.parametrize("mtx", [False, True])
@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("sample", ["GSM1_A_", "GSM1.A.", ""])
def test_a_flat_folder(tissue_files, tmp_path, mtx, compressed, sample):
    folder = flat(tissue_files, tmp_path, sample, mtx, compressed)
    assert find_format(folder).name == "spaceranger"
    adata = open_dataset(folder).adata
    np.testing.assert_array_equal(adata.X.toarray(), tissue_files.counts())
    expected = np.column_stack([tissue_files.COLUMN, tissue_files.ROW]) * 10.0
    np.testing.assert_array_equal(adata.obsm["spatial"], expected)
    (library,) = adata.uns["spatial"]
    assert library == (sample.rstrip("_.") or "flat")
    assert adata.uns["spatial"][library]["images"]["lowres"].shape == (30, 25, 3)


@pytest.mark.parametrize("mtx", [False, True])
def test_of_several_samples_one_is_opened_by_its_matrix(tissue_files, tmp_path, mtx):
    for sample in ("GSM1_A_", "GSM10_B_"):
        (tmp_path / "source").mkdir(exist_ok=True)
        folder = flat(tissue_files, tmp_path, sample, mtx)
    end = "matrix.mtx.gz" if mtx else "filtered_feature_bc_matrix.h5"
    with pytest.raises(InputError, match=f"GSM10_B_{end} and GSM1_A_{end}: keep one"):
        open_dataset(folder)
    table = pd.read_csv(folder / "GSM10_B_tissue_positions_list.csv.gz", header=None)
    table[5] += 1000
    table.to_csv(folder / "GSM10_B_tissue_positions_list.csv.gz", index=False, header=False)
    for sample, offset in (("GSM1_A_", 0), ("GSM10_B_", 1000)):
        dataset = open_dataset(folder / f"{sample}{end}")
        assert dataset.format == "10x_h5" and dataset.adata.obsm["spatial"][0, 0] == offset


def test_names_that_differ_a_little(tissue_files, tmp_path):
    """The word before "tissue_positions" is often another than that before the matrix."""
    folder = flat(tissue_files, tmp_path, "GSM1_A_")
    old = folder / "GSM1_A_tissue_positions_list.csv.gz"
    old.rename(folder / "GSM1_A_spatial_tissue_positions_list.csv.gz")
    assert open_dataset(folder).adata.n_obs == 30
    (folder / "GSM1_A_spatial_tissue_positions_list.csv.gz").unlink()
    with pytest.raises(InputError, match=r"holds no spatial/tissue_positions\.csv"):
        open_dataset(folder)


def test_mtx_files_alone_are_of_single_cells(tissue_files, tmp_path):
    folder = flat(tissue_files, tmp_path, "", mtx=True)
    (folder / "tissue_positions_list.csv.gz").unlink()
    assert find_format(folder) is None and find_format(folder / "matrix.mtx.gz") is None


def table(tissue_files):
    return tissue_files.positions(10.0)


@pytest.mark.parametrize(
    "write",
    [
        lambda t, path: t.to_csv(path),  # pandas, with its index
        lambda t, path: t.to_csv(path, header=False),
        lambda t, path: t.to_csv(path, index=False, quoting=2),  # R, without names of rows
        lambda t, path: t.set_index("barcode").rename_axis("").to_csv(path, quoting=2),
        lambda t, path: t.to_csv(path, index=False, sep="\t"),
        lambda t, path: t.assign(in_tissue=t["in_tissue"] == 1).to_csv(path, index=False),
        lambda t, path: t[t.columns[::-1]].to_csv(path, index=False),
        lambda t, path: t.set_axis(
            ["barcode", "tissue", "row", "col", "imagerow", "imagecol"], axis=1
        ).to_csv(path, index=False),
    ],
)
def test_positions_that_were_saved_again(tissue_files, tmp_path, write):
    sample = tissue_files.write_spaceranger(tmp_path)
    path = sample / "outs" / "spatial" / "tissue_positions.csv"
    write(table(tissue_files), path)
    adata = open_dataset(sample).adata
    expected = np.column_stack([tissue_files.COLUMN, tissue_files.ROW])
    np.testing.assert_array_equal(adata.obsm["spatial"], expected * 10.0)
    np.testing.assert_array_equal(adata.obs[["array_col", "array_row"]], expected)
    assert (adata.obs["in_tissue"] == 1).all()


def test_positions_with_names_of_rows_only_in_r(tissue_files, tmp_path):
    """``write.table`` names one column less than there are."""
    sample = tissue_files.write_spaceranger(tmp_path)
    path = sample / "outs" / "spatial" / "tissue_positions.csv"
    text = table(tissue_files).to_csv(index=False)
    path.write_text(text.removeprefix("barcode,"))
    assert open_dataset(sample).adata.n_obs == 30


def test_barcodes_that_are_listed_twice(tissue_files, tmp_path):
    sample = tissue_files.write_spaceranger(tmp_path)
    path = sample / "outs" / "spatial" / "tissue_positions.csv"
    twice = pd.concat([table(tissue_files)] * 2)
    twice.to_csv(path, index=False)
    with pytest.raises(InputError, match="lists barcodes twice"):
        open_dataset(sample)


def write_v2(path, genomes):
    """Write ``(barcodes, names, counts)`` by genome, as Cell Ranger 2 did."""
    with h5py.File(path, "w") as file:
        for genome, (barcodes, names, counts) in genomes.items():
            group = file.create_group(genome)
            row, column = np.nonzero(counts)
            group["data"] = counts[row, column].astype(np.int32)
            group["indices"] = column.astype(np.int64)
            group["indptr"] = np.searchsorted(row, np.arange(len(barcodes) + 1))
            group["shape"] = np.array(counts.T.shape, dtype=np.int32)
            group["barcodes"] = np.array(barcodes, dtype="S")
            group["gene_names"] = np.array(names, dtype="S")
            group["genes"] = np.array([f"ENS{name}" for name in names], dtype="S")


def test_the_second_version_of_the_h5(tissue_files, tmp_path):
    sample = tissue_files.write_spaceranger(tmp_path)
    (sample / "outs" / "filtered_feature_bc_matrix.h5").unlink()
    path = sample / "outs" / "filtered_gene_bc_matrices_h5.h5"
    write_v2(path, {"mm10": (tissue_files.BARCODES, tissue_files.GENES, tissue_files.counts())})
    for each in (sample, path):
        adata = open_dataset(each).adata
        np.testing.assert_array_equal(adata.X.toarray(), tissue_files.counts())
        assert list(adata.var_names) == tissue_files.GENES
        assert adata.var["gene_ids"].iloc[0] == "ENSTopLeft"


def test_several_genomes_of_the_second_version(tmp_path):
    rng = np.random.default_rng(0)
    human, mouse = rng.poisson(1.0, (3, 2)), rng.poisson(1.0, (2, 3))
    genomes = {"GRCh38": (list("abc"), ["A", "B"], human), "mm10": (list("cd"), list("XYZ"), mouse)}
    write_v2(tmp_path / "t.h5", genomes)
    read = read_h5(tmp_path / "t.h5")
    expected = np.zeros((4, 5))
    expected[:3, :2], expected[2:, 2:] = human, mouse
    assert list(read.barcodes) == list("abcd")
    np.testing.assert_array_equal(read.counts.toarray(), expected)
    assert list(read.features["name"]) == ["A", "B", "X", "Y", "Z"]
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["weights"] = [1.0]
    with pytest.raises(InputError, match=r"other\.h5 holds no matrix of 10x Genomics"):
        read_h5(tmp_path / "other.h5")


def test_a_xenium_run_after_a_samples_name(tissue_files, tmp_path):
    folder = tissue_files.write_xenium(tmp_path)
    for part in list(folder.iterdir()):
        shutil.copy(part, folder / f"GSM2_{part.name}")
        part.rename(folder / f"GSM1_{part.name}")
    with pytest.raises(InputError, match=r"GSM1_cell_feature_matrix\.h5 and GSM2_cell"):
        open_dataset(folder)
    assert open_dataset(folder / "GSM2_cell_feature_matrix.h5").adata.n_obs == 30
    for part in list(folder.glob("GSM2_*")):
        part.unlink()
    assert open_dataset(folder).format == "xenium"
