"""What a layer shows, as napari hands it to the canvas."""

from __future__ import annotations

import numpy as np
from napari.layers import Image
from numpy.typing import NDArray


def drawn_values(layer: Image) -> NDArray[np.float32]:
    """Return the values (H, W) that are drawn, which napari has no public name for."""
    return np.asarray(layer._data_view, dtype=np.float32)
