"""Variance-stabilised expression, the input of the networks."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from darlc.config import Pixels
from darlc.images.grid import Grid
from darlc.images.sgep_images import SGEPImages
from darlc.images.statistics import morans_i, standardised

#: Smallest median Moran's I of genes for pixels to count as clean. Images of stained tissue reach
#: .7; spots, beads and cells .05 to .2, and .4 at the depth of a bulk experiment.
_CLEAN = 0.5
#: Width of the local window, as a share of the side of a square with the tissue's area; and the
#: value added to the local variance, in units of the image's, so that flat parts stay flat.
_LOCAL = 0.2
_FLAT = 0.1
_CHUNK = 512


def stabilise(images: SGEPImages, clean: bool = False) -> NDArray[np.float32]:
    """Return the genes' variance-stabilised values over tissue pixels, (G, P).

    Counts and normalised values: square root after scaling every pixel to the median library; logs
    are unchanged. Clean images: the mean of the square root of the excess over the darkest pixel
    and its local contrast, as the overall staining of an embryo varies.

    Parameters
    ----------
    images
        The genes.
    clean
        Whether single pixels are hardly noisy, by ``are_clean``.
    """
    values = images.measured()
    if images.values != "log":
        values /= images.library / np.median(images.library)
    if clean:
        values -= values.min(axis=1, keepdims=True)
        root = standardised(np.sqrt(values, out=values))
        return root + standardised(local_contrast(root, images.grid))
    return values if images.values == "log" else np.sqrt(values, out=values)


def are_clean(images: SGEPImages, pixels: Pixels = "auto") -> bool:
    """Return whether single pixels are hardly noisy, as in images of stained tissue.

    Parameters
    ----------
    images
        The drawing genes.
    pixels
        ``"auto"`` decides by the agreement of neighbouring pixels; counts are never clean then.
    """
    if pixels != "auto":
        return pixels == "clean"
    if images.values == "counts":
        return False
    starts = range(0, images.n_genes, _CHUNK)
    parts = [images.measured(slice(start, start + _CHUNK)) for start in starts]
    agreement = np.concatenate([morans_i(part, images.grid.neighbours) for part in parts])
    return bool(np.isfinite(agreement).any() and np.nanmedian(agreement) > _CLEAN)


def local_contrast(values: NDArray[np.float32], grid: Grid) -> NDArray[np.float32]:
    """Return standardised values (G, P) less their local mean, over their local deviation, (G, P).

    Both are Gaussian averages within the tissue.
    """
    sigma = _LOCAL * math.sqrt(grid.n_pixels)
    result = np.empty_like(values)
    for start in range(0, len(values), _CHUNK):
        chunk = slice(start, start + _CHUNK)
        centred = values[chunk] - grid.smoothed_widely(values[chunk], sigma)
        variance = grid.smoothed_widely(np.square(centred), sigma)
        result[chunk] = centred / np.sqrt(variance + _FLAT)
    return result
