"""Images that are the genes: names, masks, intensities, and which TIFFs are claimed."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from PIL import Image

from darlc.errors import InputError
from darlc.images.sgep_images import rasterize
from darlc.io import ReadOptions, find_format, open_dataset

IMAGES = np.arange(1, 61, dtype=np.uint8).reshape(3, 4, 5)


def test_a_drawing_is_the_image_itself(real_data):
    """Real embryos: each image comes back, pixel by pixel, and every name is there."""
    content = np.load(real_data / "bdgp_ish.npz")
    adata = open_dataset(real_data / "bdgp_ish.npz").adata
    images = rasterize(adata)
    view = images.raw_view(np.arange(5))
    mask = content["mask"]
    rows, columns = np.nonzero(mask)
    inside = mask[rows.min() :, columns.min() :][: view.shape[1], : view.shape[2]]
    crop = content["images"][:5, rows.min() :, columns.min() :]
    drawn = ~np.isnan(view[0])
    np.testing.assert_array_equal(view[:, drawn], crop[:, drawn])
    assert (drawn <= inside).all() and drawn.sum() >= 0.99 * inside.sum()
    assert adata.var["image_of"].tolist() == content["gene"].tolist()


def test_whole_numbers_are_intensities_not_counts(tmp_path):
    np.savez(tmp_path / "a.npz", images=IMAGES, names=["a", "b", "c"])
    adata = open_dataset(tmp_path / "a.npz").adata
    images = rasterize(adata)
    assert images.values == "log" and "noise is taken to be Gaussian" in images.notes[0]
    np.testing.assert_allclose(images.raw_view(1)[0], IMAGES[1] / 60)


def test_names_and_masks_by_choice(tmp_path):
    mask = np.zeros((4, 5), dtype=bool)
    mask[1:, 2:] = True
    path = tmp_path / "a.npz"
    np.savez(path, images=IMAGES, gene=["a", "b", "c"], alias=["x", "y", "z"], embryo=mask)
    chosen = open_dataset(path, ReadOptions(gene_names="alias", mask="embryo")).adata
    assert list(chosen.var_names) == ["x", "y", "z"] and chosen.n_obs == 9
    assert open_dataset(path).adata.n_obs == 20
    Image.fromarray(mask.astype(np.uint8)).save(tmp_path / "mask.png")
    by_file = open_dataset(path, ReadOptions(mask=str(tmp_path / "mask.png"))).adata
    np.testing.assert_array_equal(by_file.obsm["spatial"], chosen.obsm["spatial"])
    with pytest.raises(InputError, match="no 'name' for --gene-names: choose one of gene, alias"):
        open_dataset(path, ReadOptions(gene_names="name"))
    with pytest.raises(InputError, match="no 'm' for --mask: choose one of gene, alias, embryo"):
        open_dataset(path, ReadOptions(mask="m"))


def test_only_a_tiff_with_names_beside_it_is_claimed(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, IMAGES)
    assert find_format(path) is None
    # Somebody who insists gets it all the same.
    assert list(open_dataset(path).adata.var_names) == ["image 1", "image 2", "image 3"]
    (tmp_path / "a.csv").write_text("Mbp,1\nPlp1,2\nSnap25,3\n")
    assert find_format(path).name == "image_stack"
    assert list(open_dataset(path).adata.var_names) == ["Mbp", "Plp1", "Snap25"]


@pytest.mark.parametrize("kind", ["imagej", "ome"])
def test_names_inside_a_tiff(tmp_path, kind):
    names = ["Mbp", "Plp1", "Snap25"]
    how = {
        "imagej": {"imagej": True, "metadata": {"Labels": names}},
        "ome": {"ome": True, "metadata": {"axes": "CYX", "Channel": {"Name": names}}},
    }[kind]
    tifffile.imwrite(tmp_path / "a.ome.tif", IMAGES, **how)
    adata = open_dataset(tmp_path / "a.ome.tif").adata
    assert list(adata.var_names) == names and adata.n_obs == 20


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"images": IMAGES[0]}, r"holds an array \(4, 5\) of uint8"),
        ({"images": IMAGES, "gene": ["a"]}, "3 images but 1 names"),
        ({"images": IMAGES, "mask": np.ones((2, 2))}, r"a mask of \(2, 2\)"),
        ({"images": IMAGES, "gene": np.array([1, "a", None], dtype=object)}, "holds objects"),
    ],
)
def test_bad_stacks(tmp_path, content, says):
    np.savez(tmp_path / "a.npz", **content)
    with pytest.raises(InputError, match=says):
        open_dataset(tmp_path / "a.npz")


def test_other_archives_are_not_claimed(tmp_path):
    np.savez(tmp_path / "a.npz", weights=IMAGES)
    assert find_format(tmp_path / "a.npz") is None
