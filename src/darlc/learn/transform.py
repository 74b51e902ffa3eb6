"""From pooled values to what the networks see: variance-stabilised expression."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from darlc.data.images import SGEPImages


def stabilise(images: SGEPImages) -> NDArray[np.float32]:
    """Return the genes' variance-stabilised values over tissue pixels, (G, P).

    Counts and normalised values: square root after scaling every pixel to the median library;
    logs as they are.
    """
    values = images.measured()
    if images.values == "log":
        return values
    values /= images.library / np.median(images.library)
    return np.sqrt(values, out=values)
