"""Xenium: controls, what is known of cells, and all ways to the folder."""

from __future__ import annotations

import pandas as pd
import pytest

from darlc.errors import InputError
from darlc.io import find_format, open_dataset


@pytest.fixture
def folder(tissue_files, tmp_path):
    return tissue_files.write_xenium(tmp_path)


def test_cells_keep_what_is_known_of_them(folder):
    dataset = open_dataset(folder)
    assert dataset.adata.obs["area"].eq(5).all()
    assert dataset.notes == (
        "1 feature that is not a gene was left out of genes and totals: 1 Negative Control Probe "
        "(such as NegControl).",
    )


def test_all_ways_to_the_folder(folder, tmp_path):
    by_file = open_dataset(folder / "cell_feature_matrix.h5")
    assert by_file.format == "xenium" and by_file.adata.n_obs == 30
    (tmp_path / "run").mkdir()
    folder.rename(tmp_path / "run" / "outs")
    assert find_format(tmp_path / "run").name == "xenium"


def test_cells_without_a_position(folder):
    table = pd.read_csv(folder / "cells.csv.gz")
    table[table["cell_id"] != "cell3"].to_csv(folder / "cells.csv.gz", index=False)
    dataset = open_dataset(folder)
    assert dataset.adata.n_obs == 29 and "1 cells without a position" in " ".join(dataset.notes)
    table.assign(cell_id="other").to_csv(folder / "cells.csv.gz", index=False)
    with pytest.raises(InputError, match="from the same run"):
        open_dataset(folder)
    table.drop(columns="y_centroid").to_csv(folder / "cells.csv.gz", index=False)
    with pytest.raises(InputError, match=r"cells\.csv\.gz has no column y_centroid"):
        open_dataset(folder)


def test_counts_without_cells(folder):
    (folder / "cells.csv.gz").unlink()
    for path in (folder, folder / "cell_feature_matrix.h5"):
        with pytest.raises(InputError, match=r"has no cells\.csv\.gz beside its counts"):
            open_dataset(path)


def test_files_that_stand_for_the_folder(folder):
    (folder / "experiment.xenium").write_text("{}")
    for name in ("experiment.xenium", "cells.csv.gz"):
        assert open_dataset(folder / name).format == "xenium"
