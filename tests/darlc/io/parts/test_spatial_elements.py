"""Elements of SpatialData stores: the centroids that the spatialdata package gives."""

from __future__ import annotations

import numpy as np
import pytest
import zarr

from darlc.errors import InputError
from darlc.io.parts.spatial_elements import affine_of, positions, read_image


@pytest.fixture
def ileum(real_data):
    path = real_data / "merfish_ileum.sdata.zarr"
    return path, zarr.open_group(path, mode="r", use_consolidated=False)


def test_labels_in_two_and_three_dimensions(tmp_path):
    root = zarr.open_group(tmp_path / "a.zarr", mode="w", zarr_format=2)
    pixels = np.zeros((2, 1030, 6), dtype="u4")
    pixels[:, 2:4, 1:3] = 7
    pixels[0, 500:1020, 5] = 9  # over the border of what is looked at together
    element = root.create_group("labels/cells")
    element.create_array("0", shape=pixels.shape, dtype="u4")[:] = pixels
    element.attrs["multiscales"] = [
        {"axes": [{"name": axis} for axis in "zyx"], "datasets": [{"path": "0"}]}
    ]
    found = positions(tmp_path / "a.zarr", root, "labels", "cells")
    assert found.index.tolist() == [7, 9]
    np.testing.assert_allclose(found[["x", "y"]], [[2.0, 3.0], [5.5, 760.0]])


def test_circles_of_the_first_version(tmp_path):
    root = zarr.open_group(tmp_path / "a.zarr", mode="w", zarr_format=2)
    element = root.create_group("shapes/spots")
    element.create_array("coords", shape=(2, 2), dtype="f8")[:] = [[1, 2], [3, 4]]
    element.create_array("Index", shape=(2,), dtype="i8")[:] = [11, 12]
    found = positions(tmp_path / "a.zarr", root, "shapes", "spots")
    assert found.loc[12, ["x", "y"]].tolist() == [3.0, 4.0]


def test_real_shapes_and_points(ileum):
    for package in ("pyarrow", "shapely"):
        pytest.importorskip(package, reason=f"{package} is not installed")
    path, root = ileum
    circles = positions(path, root, "shapes", "cells_circles_baysor")
    assert len(circles) == 4 and np.isfinite(circles.to_numpy()).all()
    polygons = positions(path, root, "shapes", "cells_baysor")
    assert len(polygons) == 54
    points = positions(path, root, "points", "cells_centroids_cellpose")
    # All are pictures of one corner of one tissue.
    image, affine = read_image(root, "stains", "")
    assert image.shape == (250, 250) and image.dtype == np.uint8
    corner, far = affine[:2, 2], affine[:2, :2].sum(axis=1) * 250 + affine[:2, 2]
    for each in (circles, polygons, points):
        where = each[["x", "y"]].to_numpy()
        assert ((where > corner - 100) & (where < far + 100)).all()


def test_real_elements_lie_where_spatialdata_says(ileum):
    spatialdata = pytest.importorskip("spatialdata")
    path, root = ileum
    theirs = spatialdata.read_zarr(path)
    for kind in ("shapes", "points", "labels"):
        for name in root[kind].group_keys():
            if name.startswith("molecule"):
                continue
            centres = spatialdata.get_centroids(theirs[name], coordinate_system="global").compute()
            ours = positions(path, root, kind, name)
            affine, _ = affine_of(root[kind][name], "", name)
            ours = ours.to_numpy() @ affine[:2, :2].T + affine[:2, 2]
            np.testing.assert_allclose(ours, centres[["x", "y"]].to_numpy(), err_msg=name)


def test_an_image_is_read_at_a_size_for_the_screen(tmp_path):
    root = zarr.open_group(tmp_path / "a.zarr", mode="w", zarr_format=2)
    element = root.create_group("images/he")
    for path, size in (("0", 6000), ("1", 3000)):
        array = element.create_array(
            path, shape=(3, size, size // 2), dtype="u2", chunks=(3, 500, 500)
        )
        array[:, : size // 2] = 1023
    element.attrs["multiscales"] = [
        {
            "axes": [{"name": axis} for axis in "cyx"],
            "datasets": [{"path": "0"}, {"path": "1"}],
            "coordinateTransformations": [],
        }
    ]
    pixels, affine = read_image(root, "he", "")
    assert pixels.shape == (1500, 750, 3) and pixels.dtype == np.uint8
    assert (pixels[:750] == 255).all() and (pixels[750:] == 0).all()
    np.testing.assert_allclose(affine, np.diag([4.0, 4.0, 1.0]))


def test_a_system_that_is_not_there(ileum):
    _, root = ileum
    with pytest.raises(InputError, match="no 'slide' for --spatial-key: choose one of global"):
        affine_of(root["labels"]["dapi_labels"], "slide", "dapi_labels")
