"""Options on any AnnData: each does what it says, and a wrong one lists what there is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from darlc.data.keys import READING
from darlc.errors import InputError
from darlc.images.sgep_images import rasterize
from darlc.io import ReadOptions, open_dataset


@pytest.fixture
def reopen(tmp_path):
    def reopen(adata, **options):
        adata.write_h5ad(tmp_path / "a.h5ad")
        return open_dataset(tmp_path / "a.h5ad", ReadOptions(**options))

    return reopen


def test_a_layer_is_used_and_everything_stays(reopen, adata, counts, tmp_path):
    adata.obs["array_row"], adata.obs["array_col"] = [0, 0, 1, 1], [0, 1, 0, 1]
    adata.layers["counts"] = adata.X.copy()
    adata.layers["smooth"] = adata.X * 0.25
    dataset = reopen(adata, layer="smooth")
    images = rasterize(dataset.adata)
    assert images.values == "log" and "layers['smooth']" in images.notes[0]
    np.testing.assert_allclose(images.measured()[:, images.observation_pixel], counts.T * 0.25)
    np.testing.assert_array_equal(dataset.adata.X.toarray(), counts)
    # A saved copy draws the same picture without being told.
    dataset.adata.write_h5ad(tmp_path / "copy.h5ad")
    again = rasterize(open_dataset(tmp_path / "copy.h5ad").adata)
    assert again.fingerprint == images.fingerprint


def test_x_is_used_although_there_are_counts(reopen, adata):
    adata.layers["counts"] = adata.X.copy()
    adata.X = adata.X * 0.5
    assert rasterize(reopen(adata).adata).values == "counts"
    assert rasterize(reopen(adata, layer="X").adata).values == "log"


def test_raw_brings_all_its_genes(reopen, adata, counts):
    adata.raw = adata.copy()
    few = adata[:, ["a", "b"]].copy()
    few.X = few.X * 0.5
    dataset = reopen(few, layer="raw")
    assert list(dataset.adata.var_names) == ["a", "b", "c", "d"]
    np.testing.assert_array_equal(dataset.adata.X.toarray(), counts)
    assert any("left out" in note for note in dataset.notes)


def test_a_chosen_layer_that_cannot_be_used_is_named(reopen, adata):
    adata.layers["scaled"] = adata.X.toarray() - 1
    with pytest.raises(InputError, match="in scaled below zero"):
        reopen(adata, layer="scaled")


def test_coordinates_by_key_and_by_columns(reopen, adata):
    where = adata.obsm["spatial"]
    adata.obsm["other"] = np.column_stack([where, [9, 9, 9, 9]])[:, ::-1].copy()
    found = reopen(adata, spatial_key="other").adata
    np.testing.assert_array_equal(found.obsm["spatial"], np.column_stack([[9] * 4, where[:, 1]]))
    np.testing.assert_array_equal(found.obsm["spatial_original"], where)
    adata.obs["u"], adata.obs["v"] = [1.0, 2.0, 3.0, 4.0], [5.0, 5.0, 6.0, 6.0]
    found = reopen(adata, spatial_key="u, v").adata
    np.testing.assert_array_equal(found.obsm["spatial"], [[1, 5], [2, 5], [3, 6], [4, 6]])


@pytest.mark.parametrize("key", ["y_um,x_um", "x_um, y_um", "named"])
def test_names_say_which_of_chosen_coordinates_is_y(reopen, adata, key):
    where = np.array([[1.0, 5.0], [2.0, 5.0], [3.0, 6.0], [4.0, 6.0]])
    adata.uns[READING] = {"microns": 0.5}
    if key == "named":
        table = {"tissue": 1, "imagerow": where[:, 1], "imagecol": where[:, 0]}
        adata.obsm["named"] = pd.DataFrame(table, index=adata.obs_names)
    else:
        adata.obs["x_um"], adata.obs["y_um"] = where.T
    found = reopen(adata, spatial_key=key).adata
    np.testing.assert_array_equal(found.obsm["spatial"], where)
    # The unit of other coordinates is another one, and known only where a name tells it.
    assert found.uns[READING] == ({} if key == "named" else {"microns": 1.0})
    adata.obsm["copy"] = adata.obsm["spatial"].copy()
    assert reopen(adata, spatial_key="copy").adata.uns[READING] == {"microns": 0.5}


def test_names_by_a_column(reopen, adata):
    adata.var["symbol"] = ["Mbp", None, "Plp1", ""]
    found = reopen(adata, gene_names="symbol").adata
    assert list(found.var_names) == ["Mbp", "b", "Plp1", "d"]
    assert found.var["gene_names_original"].tolist() == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"layer": "count"}, r"has no 'count' for --layer: choose one of X, counts"),
        ({"spatial_key": "umap"}, r"for --spatial-key: choose one of pca, spatial, or two .*total"),
        ({"gene_names": "name"}, r"for --gene-names: choose one of symbol"),
        ({"mask": "tissue"}, r"for --mask: choose a column of obs \(total\) or an image file"),
        ({"table": "t"}, r"h5ad, which has no choice of --table: leave it out, or use --layer"),
        ({"bin_size": 8}, r"no choice of --bin-size"),
        ({"element": "e"}, r"no choice of --element"),
    ],
)
def test_a_wrong_choice_lists_what_there_is(reopen, adata, tmp_path, options, says):
    adata.layers["counts"] = adata.X.copy()
    adata.obsm["pca"] = np.ones((4, 3))
    adata.obs["total"] = 1.0
    adata.var["symbol"] = "s"
    with pytest.raises(InputError, match=says) as caught:
        reopen(adata, **options)
    assert str(caught.value).startswith(str(tmp_path)) and str(caught.value).endswith(".")


def test_what_was_chosen_is_remembered(reopen, adata):
    options = ReadOptions(layer="X", bin_size=None)
    assert reopen(adata, layer="X").options == options
    assert options.given == {"layer": "X"} and ReadOptions(bin_size=8).given == {"bin_size": "8"}


@pytest.mark.parametrize(
    "odd", [{"layer": 3}, {"layer": "gone"}, {"microns": "many"}, {"more": "x"}, "text"]
)
def test_what_another_program_wrote_there_does_no_harm(reopen, adata, odd):
    adata.uns[READING] = odd
    assert rasterize(reopen(adata).adata).values == "counts"


def test_a_column_of_categories_names_genes(reopen, adata):
    adata.var["symbol"] = pd.Categorical(["A", "B", "A", "C"])
    adata.X = sparse.csr_matrix(adata.X)
    dataset = reopen(adata, gene_names="symbol")
    assert list(dataset.adata.var_names) == ["A", "B", "A-1", "C"]
