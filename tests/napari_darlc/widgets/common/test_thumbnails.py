"""Pictures of values over tissue pixels."""

from __future__ import annotations

import numpy as np
import pytest

from darlc.images.grid import Grid
from darlc.images.sgep_images import SGEPImages
from napari_darlc.widgets.common.thumbnails import ThumbnailPainter, magma, scaled

#: From black to white.
GREYS = np.repeat(np.linspace(0, 1, 256, dtype=np.float32)[:, None], 3, axis=1)


def square(mask: np.ndarray, affine: np.ndarray | None = None) -> Grid:
    where = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    return Grid(mask=mask, affine=where if affine is None else affine)


def test_a_bright_pixel_is_where_it_belongs_and_outside_is_transparent() -> None:
    mask = np.ones((4, 4), dtype=bool)
    mask[0, 3] = False
    grid = square(mask)
    values = np.zeros((1, grid.n_pixels))
    values[0, np.flatnonzero((grid.pixels == [2, 1]).all(axis=1))] = 1
    (picture,) = ThumbnailPainter(grid, 40).paint(values, magma())
    assert (picture.width(), picture.height()) == (40, 40)
    assert picture.pixelColor(35, 5).alpha() == 0
    bright = np.rint(magma()[-1] * 255).astype(int)
    assert list(picture.pixelColor(15, 25).getRgb()[:3]) == pytest.approx(list(bright), abs=1)
    assert picture.pixelColor(25, 15).lightness() < 20
    assert picture.pixelColor(25, 15).alpha() == 255


def test_proportions_are_those_of_the_tissue() -> None:
    flat = np.array([[0.0, 2.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    painter = ThumbnailPainter(square(np.ones((10, 10), dtype=bool), flat), 60)
    assert (painter.width, painter.height) == (60, 30)


def test_a_grid_that_is_turned_is_drawn_turned() -> None:
    turned = np.array([[-1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])  # x = -row, y = column
    grid = square(np.ones((2, 2), dtype=bool), turned)
    (picture,) = ThumbnailPainter(grid, 20).paint(np.array([[1.0, 0, 0, 0]]), GREYS)
    assert picture.pixelColor(15, 5).lightness() == 255  # pixel (0, 0): right and above
    assert picture.pixelColor(5, 5).lightness() == 0


def test_staggered_rows_are_shifted(images: SGEPImages) -> None:
    grid = images.grid
    assert grid.layout == "hexagonal"
    painter = ThumbnailPainter(grid, 200)
    (picture,) = painter.paint(np.ones((1, grid.n_pixels)), GREYS)
    first = [
        next(x for x in range(picture.width()) if picture.pixelColor(x, y).alpha() > 128)
        for y in range(picture.height() // 3, 2 * picture.height() // 3)
    ]
    assert len(set(first)) > 1


def test_many_pixels_in_one_of_the_picture_are_averaged() -> None:
    grid = square(np.ones((60, 60), dtype=bool))
    checkered = (grid.pixels.sum(axis=1) % 2).astype(float)[None]
    means = ThumbnailPainter(grid, 20).resample(checkered)
    assert means.min() > 0.4 and means.max() < 0.6


def test_a_gene_in_few_pixels_is_still_seen() -> None:
    values = np.zeros(1000)
    values[3] = 2.0
    assert scaled(values)[3] == 1.0
    assert scaled(np.ones(5)).max() == 0.0


def test_rounding_is_not_shown_as_a_pattern() -> None:
    # What half precision makes of a view without a pattern.
    values = np.float16(0.25) * (1 + np.finfo(np.float16).eps * np.arange(5))
    assert scaled(values.astype(np.float32)).max() < 0.5
    assert scaled(np.array([0.2, 0.25, 0.3])).max() == 1.0
