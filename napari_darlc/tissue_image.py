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
    """A picture whose pixel (r, c) lies at ``scale × (r, c) + translate``.

    Parameters
    ----------
    pixels
        (H, W), or (H, W, 3 or 4) for colours.
    scale, translate
        In units of ``obsm["spatial"]``.
    """

    pixels: NDArray[Any]
    scale: float
    translate: float


def tissue_image(adata: AnnData) -> TissueImage | None:
    """Return the tissue image of the first library that has one; None where there is none."""
    libraries = adata.uns.get("spatial", {})
    if not hasattr(libraries, "values"):
        return None
    for library in libraries.values():
        if not hasattr(library, "get"):
            continue
        images, factors = library.get("images", {}), library.get("scalefactors", {})
        for size in _SIZES:
            factor = factors.get(f"tissue_{size}_scalef")
            if size not in images or not factor:
                continue
            pixels = np.asarray(images[size])
            if pixels.ndim == 3 and pixels.shape[2] == 1:
                pixels = pixels[..., 0]
            if pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] in (3, 4)):
                scale = 1.0 / float(factor)
                # Shrinking averaged blocks of pixels, and a block's centre is not its corner.
                return TissueImage(pixels, scale, (scale - 1.0) / 2.0)
    return None
