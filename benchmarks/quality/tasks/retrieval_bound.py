"""What bounds task 3: how many images find a mate under any of many metrics.

Embryos of one gene that were stained for different stages or hardly stained at all are unlike in
every metric; no single embedding can be expected to find more than all metrics together do.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from darlc.images.sgep_images import SGEPImages
from darlc.images.statistics import standardised
from darlc.learn.denoise.transform import local_contrast

_COMPONENTS = 60
#: Power of the singular values that is kept: weak components tell genes apart.
_POWER = 0.3
_SMOOTH = 1.0
_FLOOR = 0.03


def metrics(images: SGEPImages) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Yield transforms of the images, (G, P) standardised each, by name."""
    values = images.measured()
    root = np.sqrt(np.maximum(values, 0.0))
    contrast = standardised(local_contrast(standardised(root), images.grid))
    ranks = standardised(rankdata(values, axis=1).astype(np.float32))
    yield "values", standardised(values)
    yield "square root", standardised(root)
    yield "logarithm", standardised(np.log(np.maximum(values, 0.0) + _FLOOR))
    yield "ranks", ranks
    yield "square root, smoothed", standardised(images.grid.smoothed(root, _SMOOTH))
    yield "local contrast", contrast
    yield "square root + local contrast", standardised(standardised(root) + contrast)
    yield "square root + ranks", standardised(standardised(root) + ranks)
    rough = root - images.grid.smoothed(root, 3.0 * _SMOOTH)
    yield "square root less its surroundings", standardised(rough)


def whitened(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return leading components (G, D), their singular values to the power of .3."""
    left, scale, _ = np.linalg.svd(values - values.mean(axis=0), full_matrices=False)
    weighted: NDArray[np.floating] = left[:, :_COMPONENTS] * scale[:_COMPONENTS] ** _POWER
    return weighted
