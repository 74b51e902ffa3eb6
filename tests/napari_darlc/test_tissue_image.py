from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from anndata import AnnData

from darlc.data.io import read
from napari_darlc.tissue_image import tissue_image


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
