"""Arrays in one block of bytes, and where each lies in it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_INT16 = 32767
#: Each array starts at a multiple of so many bytes, as views of typed arrays must.
_ALIGNED = 8


class Arrays:
    """Arrays one after the other in a block, which may hold those of others, too.

    Parameters
    ----------
    block
        Where arrays are appended; a new one by default.
    """

    def __init__(self, block: bytearray | None = None) -> None:
        self.block = bytearray() if block is None else block
        #: Offset, type and shape of each array, by name; plain values for JSON.
        self.where: dict[str, dict[str, Any]] = {}

    def add(self, name: str, values: NDArray[Any]) -> None:
        """Append an array of any shape, little-endian."""
        self.block += bytes(-len(self.block) % _ALIGNED)
        self.where[name] = {
            "offset": len(self.block),
            "type": values.dtype.name,
            "shape": list(values.shape),
        }
        little = values.astype(values.dtype.newbyteorder("<"), copy=False)
        self.block += np.ascontiguousarray(little).tobytes()

    def add_scaled(self, name: str, values: NDArray[np.floating]) -> None:
        """Append values (n, m) as whole numbers, and the factor of each column, ``{name}Scale``."""
        scale = np.maximum(np.abs(values).max(axis=0, initial=0.0), 1e-30) / _INT16
        self.add(name, np.rint(values / scale).astype(np.int16))
        self.add(f"{name}Scale", scale.astype(np.float32))
