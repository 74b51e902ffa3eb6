from __future__ import annotations

from pathlib import Path

import hypothesis.extra.numpy
import numpy as np
import pytest
from anndata import AnnData
from hypothesis import given
from hypothesis import strategies as st

from darlc.images.tissue_image import as_bytes, tissue_image, tissue_image_note
from darlc.io import read


def library(**entries: object) -> AnnData:
    adata = AnnData(np.ones((2, 1), dtype=np.float32))
    adata.uns["spatial"] = {"library": entries}
    return adata


def test_without_a_picture_there_is_none() -> None:
    assert tissue_image(AnnData(np.ones((2, 1), dtype=np.float32))) is None
    assert tissue_image(library(images={}, scalefactors={"tissue_hires_scalef": 0.1})) is None


def test_the_sharper_one_lies_by_its_scale_factor() -> None:
    pixels = np.zeros((4, 6, 3), dtype=np.uint8)
    images = {"lowres": pixels[:2], "hires": pixels}
    found = tissue_image(
        library(
            images=images,
            scalefactors={"tissue_lowres_scalef": 0.125, "tissue_hires_scalef": 0.25},
        )
    )
    assert found is not None and found.pixels.shape == (4, 6, 3)
    # A pixel of the picture stands for 4 × 4 of the slide's: its centre lies among them.
    np.testing.assert_allclose(found.affine @ [0, 0, 1], [1.5, 1.5, 1])
    np.testing.assert_allclose(found.affine @ [3, 5, 1], [13.5, 21.5, 1])


def test_a_picture_that_was_turned_lies_as_its_reader_found() -> None:
    # (row, column) to (x, y): a quarter turn, and a shift.
    affine = np.array([[2.0, 0.0, 10.0], [0.0, -2.0, 40.0], [0.0, 0.0, 1.0]])
    found = tissue_image(
        library(
            images={"hires": np.zeros((4, 6))},
            scalefactors={"tissue_hires_scalef": 1.0},
            metadata={"affine": affine},
        )
    )
    assert found is not None
    y, x, _ = found.affine @ [1, 3, 1]
    assert (x, y) == (12.0, 34.0)


def test_the_picture_of_a_real_store_holds_its_cells(real_data: Path) -> None:
    pytest.importorskip("pyarrow")
    adata = read(real_data / "merfish_ileum.sdata.zarr")
    found = tissue_image(adata)
    assert found is not None
    x, y = np.asarray(adata.obsm["spatial"], dtype=np.float64)[:, :2].T
    row, column, _ = np.linalg.inv(found.affine) @ np.stack([y, x, np.ones(len(x))])
    height, width = found.pixels.shape[:2]
    inside = (row > -0.5) & (row < height - 0.5) & (column > -0.5) & (column < width - 0.5)
    assert inside.mean() > 0.9


#: Pale violet, as stained tissue: no colour is white, none black.
PICTURE = np.stack(
    [
        np.where(np.arange(50) > 25, 120, 200) + np.zeros((40, 1), dtype=int),
        np.where(np.arange(40) > 20, 180, 120)[:, None] + np.zeros(50, dtype=int),
        np.full((40, 50), 180),
    ],
    axis=-1,
).astype(np.uint8)


@pytest.mark.parametrize(
    ("values", "exact"),
    [
        (PICTURE, True),
        (PICTURE.astype(np.uint16) * 257, True),  # 16 bits
        (PICTURE.astype(np.uint16) * 16, False),  # 12 bits
        (PICTURE.astype(np.uint16), True),  # 8 bits in a wider type
        (PICTURE.astype(">u2") * 257, True),
        (PICTURE.astype(np.int64), True),
        (PICTURE.astype(np.float32), True),
        (PICTURE.astype(np.float64) / 255, True),
        (PICTURE.astype(np.float16) / 255, False),
        (np.moveaxis(PICTURE, -1, 0), True),
        (np.moveaxis(PICTURE, -1, 0).astype(np.float32) / 255, True),
    ],
)
def test_colours_look_as_they_are(values: np.ndarray, exact: bool) -> None:
    shown = as_bytes(values)
    assert shown.dtype == np.uint8 and shown.shape == PICTURE.shape
    assert np.abs(shown.astype(int) - PICTURE).max() <= (0 if exact else 1)


@pytest.mark.parametrize("white", [255, 65535, 1.0])
def test_what_is_opaque_stays_so(white: float) -> None:
    kind = {255: np.uint8, 65535: np.uint16, 1.0: np.float32}[white]
    opaque = np.full((*PICTURE.shape[:2], 1), 255.0)
    values = (np.dstack([PICTURE, opaque]) * (white / 255)).astype(kind)
    shown = as_bytes(values)
    assert shown.shape == (40, 50, 4) and (shown[..., 3] == 255).all()
    assert np.abs(shown[..., :3].astype(int) - PICTURE).max() <= 1


@pytest.mark.parametrize("shape", [(40, 50), (40, 50, 1), (1, 40, 50), (40, 50, 2), (5, 40, 50)])
def test_of_other_channels_the_first_is_shown(shape: tuple[int, ...]) -> None:
    values = np.zeros(shape, dtype=np.uint16)
    first = np.arange(2000).reshape(40, 50)
    values[(..., 0) if shape[-1] in (1, 2) else (0,) if len(shape) == 3 else ()] = first
    shown = as_bytes(values)
    assert shown.shape == (40, 50)
    assert np.corrcoef(shown.ravel(), first.ravel())[0, 1] > 0.999 and shown.max() > 100


@given(
    hypothesis.extra.numpy.arrays(
        st.sampled_from(["b1", "u1", "i2", ">u2", "u4", "f4", ">f8"]),
        st.tuples(st.integers(5, 9), st.integers(5, 9), st.sampled_from([1, 3, 4])),
    )
)
def test_every_picture_becomes_bytes_that_keep_the_order_of_its_values(values: np.ndarray) -> None:
    before = values.copy()
    shown = as_bytes(values)
    assert shown.dtype == np.uint8
    np.testing.assert_array_equal(values, before)
    grey = values[..., 0].astype(np.float64)
    if np.isfinite(values.astype(np.float64)).all():
        order = np.argsort(grey.ravel(), kind="stable")
        red = shown if shown.ndim == 2 else shown[..., 0]
        assert (np.diff(red.ravel()[order].astype(int)) >= 0).all()


@pytest.mark.parametrize(
    ("images", "scales", "note"),
    [
        ({"hires": PICTURE}, {"tissue_hires_scalef": 0.5}, "'hires' of 'library', 50 × 40 pixels"),
        ({"hires_image": PICTURE}, {"tissue_hires_scalef": 0.5}, "'hires_image'"),
        ({"fullres": PICTURE}, {"tissue_fullres_scalef": 1.0}, "'fullres'"),
        ({"lowres": PICTURE, "hires": None}, {"tissue_lowres_scalef": 0.5}, "'lowres'"),
        ({"hires": "a path"}, {"tissue_hires_scalef": 0.5}, ""),
    ],
)
def test_the_picture_that_is_taken_is_told(
    images: dict[str, object], scales: dict[str, float], note: str
) -> None:
    adata = library(images=images, scalefactors=scales)
    assert note in tissue_image_note(adata)
    assert (tissue_image(adata) is not None) == bool(note)


def test_without_a_scale_factor_it_is_shown_where_coordinates_are_its_pixels() -> None:
    adata = library(images={"hires": PICTURE}, scalefactors={})
    adata.obsm["spatial"] = np.array([[2000.0, 5000.0], [4000.0, 9000.0]])
    assert tissue_image(adata) is None
    assert "no scale factor" in tissue_image_note(adata)
    adata.obsm["spatial"] = np.array([[5.0, 3.0], [45.0, 38.0]])
    found = tissue_image(adata)
    assert found is not None
    np.testing.assert_array_equal(found.affine, np.eye(3))


def test_other_things_beside_the_libraries_do_no_harm() -> None:
    adata = library(images={"hires": PICTURE}, scalefactors={"tissue_hires_scalef": 0.5})
    adata.uns["spatial"] = {"is_single": True, "n": 3, **adata.uns["spatial"]}
    assert tissue_image(adata) is not None
