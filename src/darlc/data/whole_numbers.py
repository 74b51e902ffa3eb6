"""Whether the values of a matrix are whole numbers, as counts are."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

#: Values that are looked at first: they settle it for nearly all that are no counts.
_FEW = 1000


def is_whole(matrix: Any) -> bool:
    """Return whether all values of a matrix, dense or sparse, are whole numbers."""
    values = matrix.data if sparse.issparse(matrix) else np.asarray(matrix)
    if values.dtype.kind in "bui":
        return True
    return values.dtype.kind == "f" and all(
        bool(np.all(part == np.rint(part))) for part in (values[:_FEW], values)
    )
