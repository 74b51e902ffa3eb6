"""The picture of the tissue that a dataset brings, and where it lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from anndata import AnnData

#: The sharper one first.
_SIZES = ("hires", "lowres")


@dataclass(frozen=True, eq=False)
class TissueImage:
    """A picture and where its pixels lie.

    Parameters
    ----------
    pixels
        (H, W), or (H, W, 3 or 4) for colours.
    affine
        (3, 3); maps (row, column, 1) of a pixel's centre to (y, x, 1), in units of
        ``obsm["spatial"]``.
    """

    pixels: NDArray[Any]
    affine: NDArray[np.float64]


def tissue_image(adata: AnnData) -> TissueImage | None:
    """Return the tissue image of the first library that has one; None where there is none."""
    libraries = adata.uns.get("spatial", {})
    if not hasattr(libraries, "values"):
        return None
    for library in libraries.values():
        if not hasattr(library, "get"):
            continue
        images = library.get("images", {})
        for size in _SIZES:
            affine = _affine(library, size)
            if size not in images or affine is None:
                continue
            pixels = np.asarray(images[size])
            if pixels.ndim == 3 and pixels.shape[2] == 1:
                pixels = pixels[..., 0]
            if pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] in (3, 4)):
                return TissueImage(pixels, affine)
    return None


def _affine(library: Any, size: str) -> NDArray[np.float64] | None:
    """Return where a picture lies: as the reader found, else by Space Ranger's scale factor."""
    found = library.get("metadata", {}).get("affine")
    if found is not None:
        # The reader's maps to (x, y).
        return np.asarray(found, dtype=np.float64)[[1, 0, 2]]
    factor = library.get("scalefactors", {}).get(f"tissue_{size}_scalef")
    if not factor:
        return None
    scale = 1.0 / float(factor)
    # Shrinking averaged blocks of pixels, and a block's centre is not its corner.
    shift = (scale - 1.0) / 2.0
    return np.array([[scale, 0.0, shift], [0.0, scale, shift], [0.0, 0.0, 1.0]])
