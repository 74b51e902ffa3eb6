"""The arithmetic of the gallery's cells and heads, against laying them out one by one."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import QRect, QSize

from napari_darlc.widgets.gallery.layout import GalleryLayout, Part

WIDTH, HEIGHT, HEAD = 30, 40, 12
CASES = [
    ([Part(7, True)], 3),
    ([Part(7, False)], 3),
    ([Part(5, True), Part(1, True), Part(6, True)], 3),
    ([Part(2, False), Part(4, True)], 1),
    ([Part(3, True), Part(9, False)], 20),
]


def one_by_one(parts: list[Part], columns: int) -> tuple[list[QRect], list[QRect], int]:
    cells, heads, y = [], [], 0
    for part in parts:
        heads.append(QRect(0, y, columns * WIDTH, HEAD if part.headed else 0))
        y += HEAD if part.headed else 0
        for i in range(part.count):
            place = QRect(i % columns * WIDTH, y + i // columns * HEIGHT, WIDTH, HEIGHT)
            cells.append(place)
        y += -(-part.count // columns) * HEIGHT
    return cells, heads, y


@pytest.mark.parametrize(("parts", "columns"), CASES)
def test_places(parts: list[Part], columns: int) -> None:
    layout = GalleryLayout(parts, QSize(WIDTH, HEIGHT), columns, HEAD)
    cells, heads, height = one_by_one(parts, columns)
    assert layout.height == height and layout.n_cells == len(cells)
    assert [layout.rect(row) for row in range(len(cells))] == cells
    assert [layout.head_rect(part) for part in range(len(parts))] == heads
    for x in range(0, columns * WIDTH + 20, 7):
        for y in range(0, height + 20, 5):
            expected = next((i for i, cell in enumerate(cells) if cell.contains(x, y)), -1)
            assert layout.row_at(x, y) == expected


@pytest.mark.parametrize(("parts", "columns"), CASES)
def test_what_lies_between_two_heights(parts: list[Part], columns: int) -> None:
    layout = GalleryLayout(parts, QSize(WIDTH, HEIGHT), columns, HEAD)
    cells, heads, height = one_by_one(parts, columns)
    for top in range(0, height, 3):
        for bottom in (top + 1, top + 25, top + 90):
            seen = {i for i, c in enumerate(cells) if c.top() < bottom and c.bottom() >= top}
            rows = set(layout.rows_between(top, bottom))
            assert seen <= rows and len(rows - seen) <= columns
            seen = {
                i
                for i, h in enumerate(heads)
                if h.height() and h.top() < bottom and h.bottom() >= top
            }
            assert seen <= set(layout.parts_between(top, bottom))


def test_lines_up_and_down() -> None:
    layout = GalleryLayout([Part(5, True), Part(1, True), Part(6, True)], QSize(1, 1), 3, 1)
    # Rows:  0 1 2 / 3 4  //  5  //  6 7 8 / 9 10 11
    assert layout.below(1, 1) == 4
    assert layout.below(2, 1) == 4
    assert layout.below(4, 1) == 5
    assert layout.below(5, 1) == 6
    assert layout.below(4, 2) == 7
    assert layout.below(7, -2) == 4
    assert layout.below(1, -1) == 1
    assert layout.below(10, 5) == 10
    assert layout.below(0, 99) == 9


def test_nothing_has_no_height() -> None:
    layout = GalleryLayout([], QSize(WIDTH, HEIGHT), 3, HEAD)
    assert layout.height == 0 and layout.row_at(1, 1) == -1
    assert not layout.rows_between(0, 100) and not layout.parts_between(0, 100)


def test_many_cells_are_laid_out_without_a_loop() -> None:
    parts = [Part(int(n), True) for n in np.random.default_rng(0).integers(1, 2000, 40)]
    layout = GalleryLayout(parts, QSize(WIDTH, HEIGHT), 7, HEAD)
    last = layout.n_cells - 1
    assert layout.rect(last).bottom() + 1 == layout.height
    assert layout.row_at(*_middle(layout.rect(last))) == last


def _middle(place: QRect) -> tuple[int, int]:
    return place.center().x(), place.center().y()
