"""MERSCOPE: controls, long identifiers, and what is said of strangers."""

from __future__ import annotations

import pandas as pd
import pytest

from darlc.errors import InputError
from darlc.io import open_dataset


@pytest.fixture
def folder(tissue_files, tmp_path):
    return tissue_files.write_merscope(tmp_path)


def test_identifiers_of_eighteen_digits_stay_whole(folder):
    dataset = open_dataset(folder)
    assert sorted(dataset.adata.obs_names)[3] == "100000000000000003"
    assert dataset.notes == (
        "1 feature that is not a gene was left out of genes and totals: 1 Blank Codeword "
        "(such as Blank-1).",
    )
    assert "area" in dataset.adata.obs and "EntityID" not in dataset.adata.obs


def test_the_table_of_counts_leads_to_its_folder(folder):
    assert open_dataset(folder / "cell_by_gene.csv").format == "merscope"


def test_strangers_and_missing_columns(folder):
    cells = pd.read_csv(folder / "cell_metadata.csv")
    cells.assign(EntityID=range(30)).to_csv(folder / "cell_metadata.csv", index=False)
    with pytest.raises(InputError, match="from the same run"):
        open_dataset(folder)
    cells.drop(columns="center_x").to_csv(folder / "cell_metadata.csv", index=False)
    with pytest.raises(InputError, match="has no column center_x"):
        open_dataset(folder)


@pytest.mark.parametrize("prefix", ["", "cellpose_", "datasets_mouse_S1R1_", "Watershed2."])
@pytest.mark.parametrize("suffix", [".csv", "_S1R1.csv", "_S2.csv.gz"])
def test_words_before_and_after_the_names(folder, prefix, suffix):
    """As segmentation that is done again, and public releases, call the tables."""
    for part in ("cell_by_gene", "cell_metadata"):
        table = pd.read_csv(folder / f"{part}.csv", dtype=str)
        (folder / f"{part}.csv").unlink()
        table.to_csv(folder / f"{prefix}{part}{suffix}", index=False)
    parts = (f"{prefix}cell_by_gene{suffix}", f"{prefix}cell_metadata{suffix}")
    for path in (folder, *(folder / part for part in parts)):
        dataset = open_dataset(path)
        assert dataset.format == "merscope" and dataset.adata.shape == (30, 5)


def test_several_segmentations_in_a_folder(folder):
    for part, kept in (("cell_by_gene", 20), ("cell_metadata", 30)):
        content = pd.read_csv(folder / f"{part}.csv", dtype=str)
        content.head(kept).to_csv(folder / f"cellpose_{part}.csv", index=False)
    dataset = open_dataset(folder)
    assert dataset.adata.n_obs == 30 and dataset.notes[0] == (
        "cell_by_gene.csv is read; cellpose_cell_by_gene.csv can be opened too."
    )
    assert open_dataset(folder / "cellpose_cell_by_gene.csv").adata.n_obs == 20
    for part in ("cell_by_gene", "cell_metadata"):
        (folder / f"{part}.csv").rename(folder / f"watershed_{part}.csv")
    with pytest.raises(InputError, match=r"holds cellpose_cell_by_gene\.csv and watershed_"):
        open_dataset(folder)


def test_cells_are_named_by_whatever_column_does(folder):
    """Metadata have an index, or the field of view, before the names of cells in some versions."""
    cells = pd.read_csv(folder / "cell_metadata.csv", dtype=str)
    cells.insert(0, "fov", "1")
    cells.to_csv(folder / "cell_metadata.csv")
    counts = pd.read_csv(folder / "cell_by_gene.csv", dtype=str).rename(columns={"cell": ""})
    counts.to_csv(folder / "cell_by_gene.csv", index=False)
    assert open_dataset(folder).adata.shape == (30, 5)
