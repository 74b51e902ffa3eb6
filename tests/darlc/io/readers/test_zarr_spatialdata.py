"""SpatialData stores: which table, which element, which coordinate system, and the images."""

from __future__ import annotations

import shutil

import anndata
import numpy as np
import pandas as pd
import pytest
import zarr

from darlc.errors import InputError
from darlc.io import ReadOptions, open_dataset


@pytest.fixture
def store(tissue_files, tmp_path):
    return tissue_files.write_spatialdata(tmp_path)


def test_the_image_is_registered(store):
    adata = open_dataset(store).adata
    entry = adata.uns["spatial"]["stain"]
    assert entry["images"]["hires"].shape == (24, 20, 3)
    assert entry["scalefactors"] == {"tissue_hires_scalef": 2.0}
    # The first label covers the pixels 0 to 3: its centre lies between the second and third.
    first = adata.obsm["spatial"][adata.obs["instance"].to_numpy() == 1][0]
    np.testing.assert_allclose(entry["metadata"]["affine"] @ [1.5, 1.5, 1], [*first, 1])


def test_of_several_tables_the_largest_is_read_or_the_one_asked_for(store):
    small = anndata.io.read_zarr(store / "tables" / "table")[:5].copy()
    small.write_zarr(store / "tables" / "few")
    dataset = open_dataset(store)
    assert dataset.adata.n_obs == 30
    assert "Of the tables few, table, table is read: --table chooses." in dataset.notes
    chosen = open_dataset(store, ReadOptions(table="few"))
    assert chosen.adata.n_obs == 5 and not any("table" in note for note in chosen.notes)
    with pytest.raises(InputError, match="no 'many' for --table: choose one of few, table"):
        open_dataset(store, ReadOptions(table="many"))


def test_of_several_elements_one_is_read(store):
    table = store / "tables" / "table"
    adata = anndata.io.read_zarr(table)
    adata.obs["region"] = pd.Categorical(["cells"] * 20 + ["other"] * 10)
    adata.write_zarr(table)
    dataset = open_dataset(store)
    assert dataset.adata.n_obs == 20
    assert "Of the elements cells, other, cells is read: --element chooses." in dataset.notes
    with pytest.raises(InputError, match="no 'third' for --element: choose one of cells, other"):
        open_dataset(store, ReadOptions(element="third"))


@pytest.fixture
def fields(store):
    """Return a store of two fields with labels of their own and one table, and what moves one."""
    labels = store / "labels"
    shutil.copytree(labels / "cells", labels / "more")
    table = store / "tables" / "table"
    first = anndata.io.read_zarr(table)
    second = first.copy()
    second.obs["region"] = "more"
    both = anndata.concat([first[:25], second], index_unique="-", uns_merge="first")
    both.obs["region"] = pd.Categorical(both.obs["region"])
    both.write_zarr(table)

    def move(x: float) -> None:
        group = zarr.open_group(labels / "more", mode="a")
        scales = group.attrs["multiscales"]
        own = scales[0]["coordinateTransformations"][0]
        moved = {"type": "translation", "translation": [0.0, x]}
        steps = [{"type": own["type"], "scale": own["scale"]}, moved]
        sequence = {"type": "sequence", "transformations": steps}
        scales[0]["coordinateTransformations"] = [
            {**sequence, "input": own["input"], "output": own["output"]}
        ]
        group.attrs["multiscales"] = scales

    return store, move


def test_elements_side_by_side_are_read_together(fields):
    store, move = fields
    move(100.0)
    dataset = open_dataset(store)
    assert dataset.adata.n_obs == 55 and dataset.sections is None
    assert "2 elements are read together: --element chooses one." in dataset.notes
    x = dataset.adata.obsm["spatial"][:, 0]
    assert x[dataset.adata.obs["region"] == "more"].min() > 100 > 50 > x.min()
    assert open_dataset(store, ReadOptions(element="cells")).adata.n_obs == 25


def test_of_elements_on_top_of_each_other_one_is_read(fields):
    store, move = fields
    move(0.0)
    dataset = open_dataset(store)
    assert set(dataset.adata.obs["region"]) == {"more"} and dataset.adata.n_obs == 30
    assert dataset.sections is not None and dataset.sections.names == ("more", "cells")
    other = open_dataset(store, ReadOptions(section="region=cells")).adata
    assert other.n_obs == 25 and "stain" in other.uns["spatial"]


def test_coordinate_systems(store):
    labels = zarr.open_group(store / "labels" / "cells", mode="a")
    scales = labels.attrs["multiscales"]
    other = {"type": "scale", "scale": [3.0, 3.0], "output": {"name": "chip", "axes": []}}
    other["input"] = scales[0]["coordinateTransformations"][0]["input"]
    scales[0]["coordinateTransformations"].append(other)
    labels.attrs["multiscales"] = scales
    usual = open_dataset(store).adata.obsm["spatial"]
    chip = open_dataset(store, ReadOptions(spatial_key="chip")).adata
    np.testing.assert_allclose(chip.obsm["spatial"], usual * 6)
    assert "spatial" not in chip.uns  # the image does not lie there
    with pytest.raises(InputError, match="choose one of global, chip"):
        open_dataset(store, ReadOptions(spatial_key="slide"))


def test_a_table_that_annotates_nothing(store):
    table = store / "tables" / "table"
    adata = anndata.io.read_zarr(table)
    del adata.uns["spatialdata_attrs"]
    adata.write_zarr(table)
    with pytest.raises(
        InputError, match="holds no positions for the observations of its table table"
    ):
        open_dataset(store)
    adata.obsm["spatial"] = np.random.default_rng(0).normal(size=(30, 2))
    adata.write_zarr(table)
    np.testing.assert_array_equal(open_dataset(store).adata.obsm["spatial"], adata.obsm["spatial"])


def test_no_table(store):
    shutil.rmtree(store / "tables")
    with pytest.raises(InputError, match="holds no table of counts"):
        open_dataset(store)


def test_as_the_package_itself_writes(tissue_files, tmp_path):
    spatialdata = pytest.importorskip("spatialdata")
    from spatialdata.models import ShapesModel, TableModel
    from spatialdata.transformations import Affine

    adata = tissue_files.anndata()
    where = adata.obsm.pop("spatial")
    turn = Affine([[0, -2, 100], [2, 0, 7], [0, 0, 1]], ("x", "y"), ("x", "y"))
    spots = ShapesModel.parse(
        where, geometry=0, radius=1.0, index=adata.obs_names, transformations={"global": turn}
    )
    adata.obs["region"], adata.obs["spot"] = pd.Categorical(["spots"] * 30), adata.obs_names
    table = TableModel.parse(adata, region="spots", region_key="region", instance_key="spot")
    spatialdata.SpatialData(shapes={"spots": spots}, tables={"t": table}).write(tmp_path / "a.zarr")
    found = open_dataset(tmp_path / "a.zarr").adata
    np.testing.assert_array_equal(found.X.toarray(), tissue_files.counts())
    expected = np.column_stack([100 - 2 * where[:, 1], 7 + 2 * where[:, 0]])
    np.testing.assert_allclose(found.obsm["spatial"], expected)
