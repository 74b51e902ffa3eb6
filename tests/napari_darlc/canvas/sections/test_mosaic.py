"""Several sections in one picture: every value is where its pixel lies, and none is lost."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from darlc.images.grid import Grid
from napari_darlc.canvas.placing import affine, tissue_box
from napari_darlc.canvas.sections.mosaic import Mosaic, mosaic
from napari_darlc.canvas.sections.panels import in_rows


def tissue(seed: int, side: float, turned: float = 0.0) -> Grid:
    """Return a ragged tissue, whose pixels may be turned by an angle."""
    rng = np.random.default_rng(seed)
    mask = rng.random((6 + seed, 7)) < 0.8
    c, s = np.cos(turned) * side, np.sin(turned) * side
    return Grid(mask, np.array([[-s, c, 3.7 * seed], [c, s, 11.3], [0.0, 0.0, 1.0]]), microns=2.0)


def where(grid: Grid) -> NDArray[np.float64]:
    """Return where the tissue pixels lie, (P, 2)."""
    place = affine(grid)[1:, 1:]
    return np.asarray(grid.pixels @ place[:2, :2].T + place[:2, 2])


def seen(picture: Mosaic, point: NDArray[np.float64]) -> tuple[int, int]:
    """Return section and index of what is seen at a point."""
    inverse = np.linalg.inv(affine(picture.grid)[1:, 1:])
    row, column = np.rint(inverse[:2, :2] @ point + inverse[:2, 2]).astype(int)
    section = picture.section_at(row, column)
    return section, int(picture.source[picture.grid.index[row, column]])


@pytest.mark.parametrize("sides", [(5.0, 5.0, 5.0), (5.0, 2.5, 4.0)], ids=["even", "uneven"])
@pytest.mark.parametrize("turned", [0.0, 0.4])
def test_each_pixel_is_seen_where_it_lies(sides: tuple[float, ...], turned: float) -> None:
    own = [tissue(i, side, turned) for i, side in enumerate(sides)]
    grids = in_rows(own, 0, (300, 500)).grids
    picture = mosaic(grids)
    before = 0
    # Whole pixels may be moved by half of one; then they are found nearer to the middle.
    even = len(set(sides)) == 1 and not turned
    for i, grid in enumerate(grids):
        if even:
            mine = picture.section == i
            assert sorted(picture.source[mine] - before) == list(range(grid.n_pixels))
            rows = picture.grid.pixels[mine][np.argsort(picture.source[mine])]
            np.testing.assert_array_equal(rows - rows[0], grid.pixels - grid.pixels[0])
            far = where(picture.grid)[mine][np.argsort(picture.source[mine])] - where(grid)
            assert (np.abs(far) <= 0.5 * 10.0 + 1e-6).all()
        else:
            for pixel, point in enumerate(where(grid)):
                assert seen(picture, point) == (i, before + pixel)
        before += grid.n_pixels
    assert picture.section_at(-1, 0) == picture.section_at(0, 10**6) == -1
    outside = np.argwhere(~picture.grid.mask)[0]
    assert picture.section_at(*outside) == -1
    box = tissue_box(picture.grid)
    boxes = np.array([tissue_box(grid) for grid in grids])
    assert (box[0] >= boxes[:, 0].min(axis=0) - 10).all()
    assert (box[1] <= boxes[:, 1].max(axis=0) + 10).all()


def test_a_mosaic_of_large_sections_is_not_larger_than_a_texture() -> None:
    large = [
        Grid(np.ones((900, 900), bool), np.array([[0, side, 0], [side, 0, 0], [0, 0, 1.0]]))
        for side in (1.0, 1.1, 1.2, 1.3)
    ]
    assert max(mosaic(in_rows(large, 0, (500, 500)).grids).grid.shape) <= 2010
