"""Several sections in one picture: every value is where its pixel lies, and none is lost."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from darlc.images.grid import Grid
from napari_darlc.canvas.placing import affine, tissue_box
from napari_darlc.canvas.sections.mosaic import Mosaic, Window, mosaic, seen_through
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


@pytest.mark.parametrize(("zoom", "aim"), [(1.0, (0.0, 0.0)), (3.0, (9.0, -12.0))])
def test_the_same_part_of_each_section_is_seen(zoom: float, aim: tuple[float, float]) -> None:
    own = [tissue(i, side) for i, side in enumerate((5.0, 2.5, 4.0))]
    panels = in_rows(own, 1, (400, 400))
    picture = seen_through(panels.grids, panels.size, Window(zoom, aim))
    before = 0
    for i, (grid, middle) in enumerate(zip(panels.grids, panels.middles, strict=True)):
        drawn = (where(grid) - middle - aim) * zoom + middle
        inside = (np.abs(drawn - middle) < 0.49 * panels.size).all(axis=1)
        assert inside.any() and (zoom == 1.0) == inside.all()
        for pixel in np.flatnonzero(inside):
            assert seen(picture, drawn[pixel]) == (i, before + pixel)
        before += grid.n_pixels
    boxes = picture.grid.pixels @ affine(picture.grid)[1:3, 1:3].T + affine(picture.grid)[1:3, 3]
    for i, middle in enumerate(panels.middles):
        far = np.abs(boxes[picture.section == i] - middle)
        assert (far <= 0.51 * panels.size).all(), "nothing lies outside of its panel"


def test_a_window_stays_in_place_under_the_pointer_and_inside_the_panel() -> None:
    about, size = np.array([30.0, -20.0]), np.array([100.0, 80.0])
    once = Window().zoomed(2.0, about)
    twice = once.zoomed(1.5, about)
    for window in (once, twice):  # what is drawn there is what was drawn there
        np.testing.assert_allclose(np.array(window.aim) + about / window.zoom, about)
    assert twice.zoom == 3.0 and twice.zoomed(0.01, about).zoom == 1.0
    moved = twice.moved(np.array([3.0, 6.0]))
    np.testing.assert_allclose(np.array(twice.aim) - moved.aim, [1.0, 2.0])
    far = twice.moved(np.array([-1e3, 1e3])).kept_inside(size)
    np.testing.assert_allclose(far.aim, [50 * (1 - 1 / 3), -40 * (1 - 1 / 3)])
    assert Window(1.0, (5.0, 5.0)).kept_inside(size) == Window()
