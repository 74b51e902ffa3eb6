"""Files by the conventions of other tools open without options."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from scipy import sparse

from darlc.errors import InputError
from darlc.images.sgep_images import rasterize
from darlc.io import open_dataset


@pytest.fixture
def lattice(adata):
    """The tissue with a pixel for every observation."""
    adata.obs["array_row"], adata.obs["array_col"] = [0, 0, 1, 1], [0, 1, 0, 1]
    return adata


@pytest.fixture
def reopen(tmp_path):
    def reopen(adata):
        adata.write_h5ad(tmp_path / "a.h5ad")
        return open_dataset(tmp_path / "a.h5ad")

    return reopen


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ("x", "y"),
        ("imagecol", "imagerow"),
        ("pxl_col_in_fullres", "pxl_row_in_fullres"),
        ("x_centroid", "y_centroid"),
        ("center_x", "center_y"),
        ("CenterX_global_px", "CenterY_global_px"),
        ("array_col", "array_row"),
    ],
)
def test_coordinates_in_columns(reopen, adata, x, y):
    where = adata.obsm.pop("spatial") + np.array([0.0, 5.0])
    adata.obs[y], adata.obs[x] = where[:, 1], where[:, 0]
    dataset = reopen(adata)
    np.testing.assert_array_equal(dataset.adata.obsm["spatial"], where)
    assert dataset.notes == (f"Coordinates were taken from the obs columns {x} and {y}.",)


def test_a_hexagonal_lattice_without_coordinates_keeps_its_geometry(reopen, adata):
    del adata.obsm["spatial"]
    adata.obs["array_row"], adata.obs["array_col"] = [0, 0, 1, 1], [0, 2, 1, 3]
    found = reopen(adata).adata
    where = found.obsm["spatial"]
    # All neighbours of a hexagonal lattice are equally far away.
    steps = [np.linalg.norm(where[0] - where[i]) for i in (1, 2)]
    np.testing.assert_allclose(steps, 1.0)
    assert rasterize(found).grid.layout == "hexagonal"


@pytest.mark.parametrize("key", ["X_spatial", "Spatial", "coords"])
def test_coordinates_under_other_keys(reopen, adata, key):
    where = adata.obsm.pop("spatial")
    adata.obsm[key] = where
    np.testing.assert_array_equal(reopen(adata).adata.obsm["spatial"], where)


def test_text_that_is_numbers_is_taken_as_numbers(reopen, adata):
    """Older scanpy kept Visium coordinates as text."""
    where = adata.obsm["spatial"]
    adata.obsm["spatial"] = where.astype(int).astype(str).astype(object)
    np.testing.assert_array_equal(reopen(adata).adata.obsm["spatial"], where)


def test_counts_in_raw(reopen, lattice, counts):
    """Seurat's export: log values in X, counts in raw."""
    lattice.raw = lattice.copy()
    lattice.X = np.log1p(lattice.X.toarray() * 1.7)
    dataset = reopen(lattice)
    images = rasterize(dataset.adata)
    assert images.values == "counts"
    np.testing.assert_array_equal(images.measured()[:, images.observation_pixel], counts.T)
    assert dataset.notes == ("X holds no counts, so those of .raw are used.",)
    assert dataset.adata.raw is not None and dataset.adata.X.max() < 5


def test_scaled_values_with_log_values_in_raw(reopen, lattice, counts):
    """scanpy's tutorial: all genes logged in raw, the variable ones scaled in X."""
    lattice.X = sparse.csr_matrix(np.log1p(counts * 1.7))
    lattice.raw = lattice.copy()
    few = lattice[:, ["b", "c"]].copy()
    few.X = few.X.toarray() - few.X.toarray().mean(axis=0)
    dataset = reopen(few)
    images = rasterize(dataset.adata)
    assert images.values == "log"
    used = images.observation_pixel >= 0  # the second has no count of the two genes
    assert used.tolist() == [True, False, True, True]
    logged = np.log1p(counts.T[[1, 2]] * 1.7)[:, used]
    found = images.measured()[:, images.observation_pixel[used]]
    np.testing.assert_allclose(found, logged, rtol=1e-6)
    assert any("2 genes are in .raw only" in note for note in dataset.notes)
    assert dataset.adata.X.min() < 0


def test_counts_in_raw_by_a_column_of_names(reopen, lattice, counts):
    """SeuratDisk: raw numbers all genes, and names them in a column only."""
    raw = lattice.copy()
    raw.var["features"] = raw.var_names.to_numpy()
    raw.var_names = ["0", "1", "2", "3"]
    few = lattice[:, ["b", "c"]].copy()
    few.X = few.X.toarray() - few.X.toarray().mean(axis=0)
    few.raw = raw
    dataset = reopen(few)
    images = rasterize(dataset.adata)
    assert images.values == "counts" and list(images.gene_names) == ["b", "c"]
    used = images.observation_pixel >= 0
    found = images.measured()[:, images.observation_pixel[used]]
    np.testing.assert_array_equal(found, counts.T[[1, 2]][:, used])
    assert "named by its column features" in dataset.notes[0]
    assert "--layer raw --gene-names features reads all" in dataset.notes[1]


def test_numbers_of_rows_do_not_match_genes(reopen, lattice):
    """Both number their genes, each anew: the first of one is not the first of the other."""
    few = lattice[:, ["b", "c"]].copy()
    few.var_names = ["0", "1"]
    few.X = few.X.toarray() - few.X.toarray().mean(axis=0)
    raw = lattice.copy()
    raw.var["features"] = raw.var_names.to_numpy()
    raw.var_names = ["0", "1", "2", "3"]
    few.raw = raw
    with pytest.raises(InputError, match=r"with --layer raw --gene-names features\.$"):
        reopen(few)
    few.var["name"] = ["b", "c"]
    assert "named by its column features" in reopen(few).notes[0]


@pytest.mark.parametrize("how", ["counts in X", "counts in a layer", "log in both"])
def test_raw_is_left_alone_where_it_is_not_needed(reopen, adata, how):
    if how != "counts in X":
        adata.X = adata.X * 0.5
    adata.raw = adata.copy()
    if how == "counts in a layer":
        adata.layers["counts"] = adata.X * 2
    dataset = reopen(adata)
    assert dataset.notes == ()
    assert rasterize(dataset.adata).values == ("log" if how == "log in both" else "counts")


def test_scanpys_pipeline(reopen, lattice):
    scanpy = pytest.importorskip("scanpy")
    lattice.layers["counts"] = lattice.X.copy()
    scanpy.pp.normalize_total(lattice)
    scanpy.pp.log1p(lattice)
    lattice.raw = lattice
    scanpy.pp.scale(lattice)
    dataset = reopen(lattice)
    images = rasterize(dataset.adata)
    assert images.values == "counts"
    np.testing.assert_array_equal(
        images.measured()[:, images.observation_pixel], lattice.layers["counts"].toarray().T
    )


def test_a_table_of_coordinates_stays_beside_the_array(reopen, adata):
    where = pd.DataFrame(adata.obsm["spatial"], columns=["x", "y"], index=adata.obs_names)
    adata.obsm["spatial"] = where
    found = reopen(adata).adata
    pd.testing.assert_frame_equal(found.obsm["spatial_original"], where)


@pytest.mark.parametrize(
    ("x", "y"),
    [("imagecol", "imagerow"), ("X", "Y"), ("xcoord", "ycoord"), ("Center_X_um", "Center_Y_um")],
)
def test_named_columns_of_a_table_win_over_their_order(reopen, adata, x, y):
    where = adata.obsm["spatial"] + np.array([0.0, 5.0])
    table = {"section": 1.0, "z": [1.0, 2, 3, 4], y: where[:, 1], x: where[:, 0]}
    adata.obsm["spatial"] = pd.DataFrame(table, index=adata.obs_names)
    dataset = reopen(adata)
    np.testing.assert_array_equal(dataset.adata.obsm["spatial"], where)
    assert dataset.notes == (
        f"Of the 4 columns of coordinates {x} and {y} are used as x and y; all of them are in "
        "obsm['spatial_original'].",
    )
    told = dataset.adata.uns.get("darlc_reading", {})
    assert told.get("microns") == (1.0 if x.endswith("um") else None)


def test_columns_of_the_whole_slide_come_first(reopen, adata):
    where = adata.obsm.pop("spatial")
    adata.obs["x_FOV_px"], adata.obs["y_FOV_px"] = 1.0, [1.0, 2.0, 3.0, 4.0]
    adata.obs["y_slide_mm"], adata.obs["x_slide_mm"] = where[:, 1], where[:, 0]
    found = reopen(adata).adata
    np.testing.assert_array_equal(found.obsm["spatial"], where)
    assert found.uns["darlc_reading"]["microns"] == 1000


def test_a_key_that_is_made_of_words_for_places(reopen, adata):
    where = adata.obsm.pop("spatial")
    adata.obsm["X_umap"], adata.obsm["X_xy_coords"] = where * 2, where
    found = reopen(adata).adata
    np.testing.assert_array_equal(found.obsm["spatial"], where)


def test_records_are_read_by_their_names(reopen, adata):
    where = adata.obsm["spatial"] + np.array([0.0, 5.0])
    adata.obsm["spatial"] = np.rec.fromarrays([[9.0] * 4, where[:, 1], where[:, 0]], names="z,y,x")
    np.testing.assert_array_equal(reopen(adata).adata.obsm["spatial"], where)


@pytest.mark.parametrize("value", [0.0, np.nan])
def test_coordinates_that_say_nothing_give_way(reopen, adata, value):
    where = adata.obsm["spatial"]
    adata.obsm["spatial"] = np.full((4, 2), value)
    adata.obs["y"], adata.obs["x"] = where[:, 1], where[:, 0]
    found = reopen(adata).adata
    np.testing.assert_array_equal(found.obsm["spatial"], where)
    np.testing.assert_array_equal(found.obsm["spatial_original"], np.full((4, 2), value))


def test_coordinates_among_the_genes(adata, tmp_path):
    """A table that was read whole has its coordinates in X: there they are found, and no genes."""
    where = adata.obsm.pop("spatial")
    table = adata.to_df().assign(x=where[:, 0], y=where[:, 1])
    whole = AnnData(table.astype(np.float32))
    whole.write_h5ad(tmp_path / "t.h5ad")
    dataset = open_dataset(tmp_path / "t.h5ad")
    assert list(dataset.adata.var_names) == list(adata.var_names)
    np.testing.assert_array_equal(dataset.adata.obsm["spatial"], where)
    assert "Coordinates were taken from the columns x and y of X." in dataset.notes
