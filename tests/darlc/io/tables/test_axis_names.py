"""Names of columns say which is x and which is y, in any case and any order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darlc.io.tables.axis_names import find_axes, is_axis, is_height, is_identifier

#: x, then y, as programs and people call them.
PAIRS = [
    ("x", "y"),
    ("imagecol", "imagerow"),
    ("pxl_col_in_fullres", "pxl_row_in_fullres"),
    ("x_centroid", "y_centroid"),
    ("center_x", "center_y"),
    ("CenterX_global_px", "CenterY_global_px"),
    ("x_slide_mm", "y_slide_mm"),
    ("xcoord", "ycoord"),
    ("x_coord", "y_coord"),
    ("spatial_x", "spatial_y"),
    ("sdimx", "sdimy"),
    ("X_um", "Y_um"),
    ("Centroid X µm", "Centroid Y µm"),
    ("Location_Center_X", "Location_Center_Y"),
    ("PosX", "PosY"),
    ("Cell X Position", "Cell Y Position"),
    ("pixel_x", "pixel_y"),
    ("array_col", "array_row"),
    ("col", "row"),
    ("column", "row"),
    ("centroid-1", "centroid-0"),
    ("spatial_1", "spatial_2"),
]
CASES = [str, str.lower, str.upper, str.capitalize]
OTHERS = ["cell", "section", "z", "area", "GAPDH", "umap_x", "umap_y", "n_counts", "in_tissue"]


@given(
    pair=st.sampled_from(PAIRS),
    case=st.sampled_from(CASES),
    others=st.lists(st.sampled_from(OTHERS), unique=True),
    order=st.randoms(use_true_random=False),
)
def test_any_case_and_order(pair, case, others, order):
    x, y = map(case, pair)
    names = [x, y, *others]
    order.shuffle(names)
    found = find_axes(names)
    assert found is not None and (found.x, found.y) == (x, y)
    assert all(is_axis(name) for name in (x, y)) or any(mark.isdigit() for mark in x)
    assert not any(is_axis(name) for name in set(others) - {"z"})


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["tissue", "row", "col", "imagerow", "imagecol"], ("imagecol", "imagerow")),
        (
            ["x_local_px", "y_local_px", "y_global_px", "x_global_px"],
            ("x_global_px", "y_global_px"),
        ),
        (["x_FOV_px", "y_FOV_px", "y_slide_mm", "x_slide_mm"], ("x_slide_mm", "y_slide_mm")),
        (["array_row", "array_col", "y", "x"], ("x", "y")),
        (["Y", "y", "X", "x"], ("X", "Y")),
        (["min_x", "max_x", "min_y", "max_y", "center_y", "center_x"], ("center_x", "center_y")),
        (["z", "y", "x"], ("x", "y")),
        (["centroid-0", "centroid-1", "centroid-2"], ("centroid-2", "centroid-1")),
    ],
)
def test_which_of_several(names, expected):
    found = find_axes(names)
    assert found is not None and (found.x, found.y) == expected


@pytest.mark.parametrize(
    "names",
    [[], ["x"], ["x", "z"], ["a", "b"], ["umap_x", "umap_y"], ["Gapdh_x", "Gapdh_y"], ["X1", "Y1"]],
)
def test_names_that_do_not_say(names):
    assert find_axes(names) is None


def test_what_names_tell_more():
    found = find_axes(["x_mm", "y_mm"])
    assert found is not None and found.microns == 1000 and not found.lattice
    found = find_axes(["row", "col"])
    assert found is not None and found.microns != found.microns and found.lattice
    assert is_height("sdimz") and not is_height("x")
    assert all(map(is_identifier, ["", "Unnamed: 0", "cell_id", "barcodes", "fov"]))
    assert all(map(is_identifier, ["section", "X_umap_1", "umap_x", "nCount_RNA"]))
    assert not any(map(is_identifier, ["GAPDH", "ID1", "x", "LAYN", "PC"]))


@given(st.text())
def test_any_name_is_answered(name):
    assert isinstance(is_axis(name), bool) and isinstance(is_identifier(name), bool)
    assert find_axes([name]) is None
