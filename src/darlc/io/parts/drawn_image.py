"""A pattern that was drawn over the tissue, as an image on the picture grid."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from darlc.errors import InputError
from darlc.images.grid import Grid
from darlc.io.guards.boundary import reading
from darlc.io.guards.declared import check_declared

#: Endings of the files that are read.
ENDINGS = (".npy", ".png", ".tif", ".tiff")


def read_drawn(path: str | Path, grid: Grid) -> NDArray[np.float64]:
    """Read a drawn pattern.

    Parameters
    ----------
    path
        ``.npy``, ``.png`` or ``.tif``, of the shape of the views that darlc exports: a number for
        every pixel of the picture grid. Colours are averaged, and transparency is ignored.
    grid
        Of the tissue.

    Returns
    -------
    (P,)
        Over tissue pixels; 0 where the image is NaN.

    Raises
    ------
    InputError
        The file cannot be read, or has another shape.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path} is no file: check the path and its spelling.")
    with reading(path):
        image = _image(path)
    if image.ndim == 3 and image.shape[2] in (2, 3, 4):
        image = image[..., : 1 if image.shape[2] == 2 else 3].mean(axis=2)
    if image.shape != grid.shape:
        wanted, found = (" × ".join(map(str, shape)) for shape in (grid.shape, image.shape))
        raise InputError(
            f"{path} has {found} pixels and the views of this result have {wanted}: "
            "draw on an image that was exported from it."
        )
    return np.nan_to_num(np.asarray(image, dtype=np.float64)[grid.mask], nan=0.0)


def _image(path: Path) -> NDArray[np.generic]:
    kind = path.suffix.lower()
    if kind == ".npy":
        array = np.load(path, mmap_mode="r", allow_pickle=False)
        check_declared(array.nbytes, lambda: path.stat().st_size, "the array")
        return np.asarray(array, dtype=np.float64)
    if kind == ".png":
        from PIL import Image

        with Image.open(path, formats=["PNG"]) as png:
            return np.asarray(png.convert("RGBA") if png.mode == "P" else png, dtype=np.float64)
    import tifffile

    with tifffile.TiffFile(path) as tiff:
        page = tiff.pages[0]
        check_declared(int(page.nbytes), lambda: path.stat().st_size, "the image")
        return np.asarray(page.asarray(), dtype=np.float64)
