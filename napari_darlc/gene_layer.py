"""The layer that shows genes: an image whose slices are genes and have names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from napari.components import Dims
from napari.layers import Image
from numpy.typing import NDArray


class GeneLayer(Image):
    """An image layer whose status names the gene that is shown."""

    #: What the genes are called on the screen.
    gene_labels: NDArray[np.str_] = np.empty(0, dtype=np.str_)

    @property
    def _type_string(self) -> str:
        # It is an image to napari in every way: controls, writers, icon.
        return "image"

    def _slice_dims(self, dims: Dims, *args: Any, **kwargs: Any) -> None:
        # To lay genes along an axis of the screen, all of them would have to be computed.
        if dims.ndim - 3 not in dims.displayed:
            super()._slice_dims(dims, *args, **kwargs)

    def get_status(
        self, position: Sequence[float] | None = None, *args: Any, **kwargs: Any
    ) -> dict[str, str]:
        """Return napari's status, led by the name of the gene at the position."""
        status = super().get_status(position, *args, **kwargs)
        # Asked in a thread, at times when the session already shows another gene.
        gene = -1 if position is None or len(position) < 3 else round(position[-3])
        if 0 <= gene < len(self.gene_labels):
            for part in ("coordinates", "value"):
                status[part] = f"{self.gene_labels[gene]} {status[part]}"
        return status
