"""Which observations lie in the tissue, by a column or by an image of the tissue mask."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from darlc.data.libraries import images, libraries, scale_factor
from darlc.errors import InputError
from darlc.io.guards.boundary import reading

if TYPE_CHECKING:
    from anndata import AnnData

_FALSE = {"", "0", "0.0", "false", "no", "out", "outside", "nan", "none", "<na>"}


def apply_mask(adata: AnnData, path: Path, mask: str) -> str:
    """Write ``obs["in_tissue"]`` from a column of ``obs`` or from an image; return a note.

    Parameters
    ----------
    adata
        Changed in place; a column ``in_tissue`` that it held goes to ``in_tissue_original``.
    path
        What was opened, for messages.
    mask
        Name of the column, true or not zero in the tissue; or an image file, not zero there. An
        image of the shape of a tissue image lies where that lies; any other has pixel (r, c) at
        (x, y) = (c, r) in units of ``obsm["spatial"]``.

    Raises
    ------
    InputError
        There is neither such a column nor such a file, or nothing lies in the mask.
    """
    if mask in adata.obs:
        inside = truth(adata.obs[mask])
    elif Path(mask).is_file():
        inside = _look_up(adata, read_mask(Path(mask)))
    else:
        columns = ", ".join(map(str, adata.obs.columns[:12])) or "none"
        raise InputError(
            f"{path} has no {mask!r} for --mask: choose a column of obs ({columns}) or an image "
            "file that is there."
        )
    if not inside.any():
        raise InputError(
            f"{path} has no observation inside the mask {mask}: check its orientation and scale."
        )
    if "in_tissue" in adata.obs and mask != "in_tissue":
        adata.obs["in_tissue_original"] = adata.obs["in_tissue"]
    adata.obs["in_tissue"] = inside.astype(np.int64)
    return f"{int(inside.sum())} of {len(inside)} observations lie in the mask {mask}."


def read_mask(path: Path) -> NDArray[np.bool_]:
    """Read a mask, (H, W) bool, from ``.npy`` or from an image; true where it is not zero.

    Raises
    ------
    InputError
        The file is damaged, or not two-dimensional.
    """
    with reading(path):
        if path.suffix.lower() == ".npy":
            pixels = np.load(path, allow_pickle=False, mmap_mode="r")
        else:
            from PIL import Image

            with Image.open(path) as image:
                pixels = np.asarray(image.convert("I" if image.mode.startswith("I") else "L"))
        if pixels.ndim != 2:
            raise InputError(f"{path} is {pixels.ndim}-dimensional: give a mask of two dimensions.")
        return np.asarray(pixels != 0)


def truth(column: Any) -> NDArray[np.bool_]:
    """Convert a column to booleans, from numbers or from words."""
    text = column.astype(str).str.strip().str.casefold()
    return np.asarray(~text.isin(_FALSE))


def _look_up(adata: AnnData, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the mask's value at each observation; false outside the mask."""
    where = np.asarray(adata.obsm["spatial"], dtype=np.float64)[:, :2] * _scale(adata, mask.shape)
    finite = np.asarray(np.isfinite(where).all(axis=1))
    pixel = np.where(finite[:, None], np.floor(where + 0.5), -1)
    within = (pixel >= 0) & (pixel < mask.shape[::-1])
    inside = np.asarray(finite & within.all(axis=1))
    column, row = np.where(inside[:, None], pixel, 0).astype(np.int64).T
    return inside & mask[row, column]


def _scale(adata: AnnData, shape: tuple[int, ...]) -> float:
    """Pixels of the mask in one unit of the coordinates."""
    for library in libraries(adata).values():
        for size, image in images(library).items():
            factor = scale_factor(library, f"tissue_{size}_scalef")
            if 0 < factor < np.inf and getattr(image, "shape", ())[:2] == shape:
                return factor
    return 1.0
