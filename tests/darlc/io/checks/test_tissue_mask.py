"""The tissue mask: by a column, by an image; what it leaves out is left out of the grid."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from darlc.errors import InputError
from darlc.images.sgep_images import rasterize
from darlc.io import ReadOptions, open_dataset


@pytest.fixture
def opened(tmp_path, adata):
    def opened(mask, adata=adata):
        adata.write_h5ad(tmp_path / "a.h5ad")
        return open_dataset(tmp_path / "a.h5ad", ReadOptions(mask=str(mask)))

    return opened


@pytest.mark.parametrize(
    "column",
    [[1, 0, 1, 1], [True, False, True, True], ["in", "out", "in", "in"], [1.0, np.nan, 2.0, 1.0]],
)
def test_a_column(opened, adata, column):
    adata.obs["tissue"] = column
    adata.obs["in_tissue"] = [0, 1, 1, 1]
    dataset = opened("tissue")
    assert (rasterize(dataset.adata).observation_pixel >= 0).tolist() == [True, False, True, True]
    assert dataset.adata.obs["in_tissue_original"].tolist() == [0, 1, 1, 1]
    assert "3 of 4 observations lie in the mask tissue." in dataset.notes


@pytest.mark.parametrize("kind", ["png", "npy"])
def test_an_image_in_units_of_the_coordinates(opened, tmp_path, kind):
    # x goes right and y goes down: of (0, 0), (10, 0), (0, 20), (10, 20) the second is out.
    pixels = np.ones((25, 15), dtype=np.uint8)
    pixels[0, 10] = 0
    path = tmp_path / f"mask.{kind}"
    np.save(path, pixels) if kind == "npy" else Image.fromarray(pixels).save(path)
    inside = rasterize(opened(path).adata).observation_pixel >= 0
    assert inside.tolist() == [True, False, True, True]


def test_an_image_of_the_tissue_images_shape_lies_where_that_does(opened, adata, tmp_path):
    adata.uns["spatial"] = {
        "slide": {
            "images": {"lowres": np.zeros((3, 2, 3), dtype=np.uint8)},
            "scalefactors": {"tissue_lowres_scalef": 0.1},
        }
    }
    pixels = np.array([[1, 1], [1, 1], [1, 0]], dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "mask.png")
    inside = rasterize(opened(tmp_path / "mask.png").adata).observation_pixel >= 0
    assert inside.tolist() == [True, True, True, False]


def test_beyond_the_edge_is_outside(opened, tmp_path):
    np.save(tmp_path / "mask.npy", np.ones((5, 11), dtype=bool))
    dataset = opened(tmp_path / "mask.npy")
    assert dataset.adata.obs["in_tissue"].tolist() == [1, 1, 0, 0]


@pytest.mark.parametrize(
    ("pixels", "says"),
    [
        (np.zeros((30, 30), dtype=bool), "no observation inside the mask"),
        (np.ones((3, 3, 3)), "3-dimensional"),
        (np.array(["a"], dtype=object), "could not be read"),
    ],
)
def test_bad_masks(opened, tmp_path, pixels, says):
    np.save(tmp_path / "mask.npy", pixels, allow_pickle=True)
    with pytest.raises(InputError, match=says):
        opened(tmp_path / "mask.npy")
