"""CosMx: controls, rows that are no cells, several slides in a folder."""

from __future__ import annotations

import gzip
import shutil

import numpy as np
import pandas as pd
import pytest

from darlc.errors import InputError
from darlc.io import open_dataset


@pytest.fixture
def folder(tissue_files, tmp_path):
    return tissue_files.write_cosmx(tmp_path)


def test_cells_are_named_by_field_and_number(folder):
    dataset = open_dataset(folder)
    assert list(dataset.adata.obs_names[:2]) == ["1_1", "1_2"]
    assert dataset.notes == (
        "1 rows that are no cell were left out.",
        "A pixel is assumed to be 0.1203 µm wide, because no file holds its size.",
        "1 feature that is not a gene was left out of genes and totals: 1 Negative Control Probe "
        "(such as NegPrb1).",
    )


def test_of_several_slides_one_is_opened_by_its_file(folder):
    for part in ("exprMat_file.csv", "metadata_file.csv"):
        content = (folder / f"S1_{part}").read_bytes()
        (folder / f"S2_{part}.gz").write_bytes(gzip.compress(content))
    with pytest.raises(InputError, match=r"S1_exprMat_file\.csv and S2_exprMat_file\.csv\.gz"):
        open_dataset(folder)
    for name in ("S2_exprMat_file.csv.gz", "S2_metadata_file.csv.gz"):
        assert open_dataset(folder / name).adata.shape == (30, 5)


def test_metadata_of_another_slide(folder):
    (folder / "S1_metadata_file.csv").write_text(
        "fov,cell_ID,CenterX_global_px,CenterY_global_px\n99,1,0,0\n"
    )
    with pytest.raises(InputError, match="from the same slide"):
        open_dataset(folder)
    shutil.copy(folder / "S1_exprMat_file.csv", folder / "S1_metadata_file.csv")
    with pytest.raises(InputError, match="has no column CenterX_global_px"):
        open_dataset(folder)


def rewrite(folder, **columns):
    """Add columns to the metadata, or take those away that are None."""
    path = folder / "S1_metadata_file.csv"
    table = pd.read_csv(path)
    for name, values in columns.items():
        table = table.drop(columns=name) if values is None else table.assign(**{name: values})
    table.to_csv(path, index=False)
    return table


def microns(dataset):
    return dataset.adata.uns.get("darlc_reading", {}).get("microns")


def test_columns_of_text_and_cells_that_are_listed_again(folder):
    """As AtoMx exports them."""
    counts = pd.read_csv(folder / "S1_exprMat_file.csv")
    counts.insert(2, "cell", "c_1_" + counts["fov"].astype(str))
    again = counts.head(3).copy()
    again.loc[:, "TopLeft":] = np.nan
    pd.concat([counts, again]).to_csv(folder / "S1_exprMat_file.csv", index=False)
    table = rewrite(folder)
    pd.concat([table, table.head(4)]).to_csv(folder / "S1_metadata_file.csv", index=False)
    dataset = open_dataset(folder)
    assert dataset.adata.shape == (30, 5)
    assert "3 rows of counts held no value: left out." in dataset.notes


def test_places_in_millimetres(folder, tissue_files):
    rewrite(
        folder,
        CenterX_global_px=None,
        CenterY_global_px=None,
        x_slide_mm=tissue_files.COLUMN * 0.01,
        y_slide_mm=tissue_files.ROW * 0.01,
    )
    dataset = open_dataset(folder)
    expected = np.column_stack([tissue_files.COLUMN, tissue_files.ROW]) * 10.0
    np.testing.assert_allclose(dataset.adata.obsm["spatial"], expected)
    assert microns(dataset) == 1.0 and not any("pixel" in note for note in dataset.notes)


def test_micrometres_by_whatever_says_so(folder, tissue_files):
    """Instruments had other pixels before the commercial one: what the files say comes first."""
    x, y = tissue_files.COLUMN, tissue_files.ROW
    assert microns(open_dataset(folder)) == pytest.approx(0.120280945)

    fields = pd.DataFrame({"FOV": [1, 2], "x_global_px": [0, 1000], "y_global_px": [0, 500]})
    fields = fields.assign(x_mm=fields["x_global_px"] * 1.8e-4, y_mm=fields["y_global_px"] * 1.8e-4)
    fields.to_csv(folder / "S1_fov_positions_file.csv", index=False)
    assert microns(open_dataset(folder)) == pytest.approx(0.18)

    rewrite(folder, **{"Area": 100, "Area.um2": 100 * 0.169**2})
    assert microns(open_dataset(folder)) == pytest.approx(0.169)

    rewrite(folder, x_slide_mm=x * 10 * 1.2e-4, y_slide_mm=3 - y * 10 * 1.2e-4)
    dataset = open_dataset(folder)
    assert microns(dataset) == pytest.approx(0.12)
    assert dataset.adata.obsm["spatial"].max() == 50


def test_fields_of_view_of_another_instrument(folder, tissue_files):
    rewrite(folder, CenterX_local_px=tissue_files.COLUMN * 1300.0, CenterY_local_px=1.0)
    dataset = open_dataset(folder)
    assert microns(dataset) is None
    assert "The size of a pixel is not known, so there is no scale bar." in dataset.notes


def test_places_in_fields_alone(folder, tissue_files):
    """There is nothing else to draw, and it is said; fields are never laid over each other."""
    rewrite(
        folder,
        CenterX_global_px=None,
        CenterY_global_px=None,
        CenterX_local_px=tissue_files.COLUMN * 10.0,
        CenterY_local_px=tissue_files.ROW % 2 * 10.0,
    )
    dataset = open_dataset(folder)
    assert any("holds no positions on the slide" in note for note in dataset.notes)


def test_columns_in_other_cases(folder):
    counts = pd.read_csv(folder / "S1_exprMat_file.csv").rename(columns={"fov": "FOV"})
    counts.to_csv(folder / "S1_exprMat_file.csv")
    assert open_dataset(folder).adata.shape == (30, 5)
    counts.drop(columns=["FOV", "cell_ID"]).to_csv(folder / "S1_exprMat_file.csv", index=False)
    with pytest.raises(InputError, match="have no columns fov and cell_ID that name cells"):
        open_dataset(folder)
