"""Drawn patterns: images on the picture grid."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from darlc.errors import InputError
from darlc.images.grid import Grid
from darlc.io.parts.drawn_image import read_drawn

GRID = Grid(np.array([[True, True, False], [True, True, True]]), np.eye(3))
DRAWN = np.array([[0, 200, 7], [100, 0, 50]], dtype=np.uint8)


@pytest.mark.parametrize("name", ["a.npy", "a.png", "colour.png", "alpha.png", "a.tif"])
def test_images_of_the_grid(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if name == "colour.png":
        Image.fromarray(np.repeat(DRAWN[..., None], 3, axis=2)).save(path)
    elif name == "alpha.png":
        Image.fromarray(np.dstack([DRAWN, np.full_like(DRAWN, 9)]), "LA").save(path)
    elif name.endswith(".png"):
        Image.fromarray(DRAWN).save(path)
    elif name.endswith(".npy"):
        np.save(path, np.where(DRAWN == 50, np.nan, DRAWN.astype(np.float32)))
    else:
        tifffile.imwrite(path, DRAWN)
    last = 0 if name == "a.npy" else 50
    assert read_drawn(path, GRID).tolist() == [0, 200, 100, 0, last]


def test_what_is_no_drawing(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    with pytest.raises(InputError, match=r"a.png is no file: check the path"):
        read_drawn(path, GRID)
    path.write_text("not a picture")
    with pytest.raises(InputError, match=r"a.png could not be read .* damaged"):
        read_drawn(path, GRID)
    Image.fromarray(DRAWN.T).save(path)
    with pytest.raises(
        InputError, match="has 3 × 2 pixels and the views of this result have 2 × 3"
    ):
        read_drawn(path, GRID)
    objects = tmp_path / "a.npy"
    np.save(objects, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="could not be read"):
        read_drawn(objects, GRID)
