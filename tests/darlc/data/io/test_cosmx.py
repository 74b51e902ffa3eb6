"""CosMx: controls, rows that are no cells, several slides in a folder."""

from __future__ import annotations

import gzip
import shutil

import pytest

from darlc.data.io import open_dataset
from darlc.errors import InputError


@pytest.fixture
def folder(tissue_files, tmp_path):
    return tissue_files.write_cosmx(tmp_path)


def test_cells_are_named_by_field_and_number(folder):
    dataset = open_dataset(folder)
    assert list(dataset.adata.obs_names[:2]) == ["1_1", "1_2"]
    assert dataset.notes == (
        "1 rows that are no cell were left out.",
        "A pixel is taken to be 0.1203 µm wide, as no file says how wide it is.",
        "1 feature that is no gene was left out of genes and totals: 1 Negative Control Probe "
        "(such as NegPrb1).",
    )


def test_of_several_slides_one_is_opened_by_its_file(folder):
    for part in ("exprMat_file.csv", "metadata_file.csv"):
        content = (folder / f"S1_{part}").read_bytes()
        (folder / f"S2_{part}.gz").write_bytes(gzip.compress(content))
    with pytest.raises(InputError, match=r"S1_exprMat_file\.csv and S2_exprMat_file\.csv\.gz"):
        open_dataset(folder)
    assert open_dataset(folder / "S2_exprMat_file.csv.gz").adata.shape == (30, 5)


def test_metadata_of_another_slide(folder):
    (folder / "S1_metadata_file.csv").write_text(
        "fov,cell_ID,CenterX_global_px,CenterY_global_px\n99,1,0,0\n"
    )
    with pytest.raises(InputError, match="from the same slide"):
        open_dataset(folder)
    shutil.copy(folder / "S1_exprMat_file.csv", folder / "S1_metadata_file.csv")
    with pytest.raises(InputError, match="has no column CenterX_global_px"):
        open_dataset(folder)
