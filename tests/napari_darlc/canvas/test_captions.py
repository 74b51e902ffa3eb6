"""Words in a layer."""

from __future__ import annotations

import numpy as np

from darlc.images.grid import Grid
from napari_darlc.canvas.captions import captions, write


def test_words_and_their_colours_change_in_place() -> None:
    grid = Grid(np.ones((2, 2), dtype=bool), np.eye(3))
    layer = captions("legend", grid, ["a", "b"], np.array([[0.0, 0], [1, 0]]), ["red", "lime"])
    assert [str(word) for word in layer.text.values] == ["a", "b"]
    write(layer, ["c", "d"], ["lime", "blue"])
    assert [str(word) for word in layer.text.values] == ["c", "d"]
    np.testing.assert_allclose(layer.text.color.array[:, :3], [[0, 1, 0], [0, 0, 1]])
    assert not layer.editable


def test_nothing_is_drawn_but_the_words() -> None:
    grid = Grid(np.ones((2, 2), dtype=bool), np.eye(3))
    layer = captions("legend", grid, ["a"], np.array([[0.0, 0]]), ["red"])
    # Napari draws points of no size two pixels wide.
    assert not layer.face_color[:, 3].any() and not layer.border_color[:, 3].any()
