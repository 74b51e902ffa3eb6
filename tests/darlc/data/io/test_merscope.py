"""MERSCOPE: controls, long identifiers, and what is said of strangers."""

from __future__ import annotations

import pandas as pd
import pytest

from darlc.data.io import open_dataset
from darlc.errors import InputError


@pytest.fixture
def folder(tissue_files, tmp_path):
    return tissue_files.write_merscope(tmp_path)


def test_identifiers_of_eighteen_digits_stay_whole(folder):
    dataset = open_dataset(folder)
    assert sorted(dataset.adata.obs_names)[3] == "100000000000000003"
    assert dataset.notes == (
        "1 feature that is no gene was left out of genes and totals: 1 Blank Codeword "
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
