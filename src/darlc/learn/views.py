"""The two views that the network sees, and the frozen basis that its read-out starts from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darlc.data.statistics import standardised


@dataclass(frozen=True, eq=False)
class Views:
    """Raw and denoised views of genes, standardised over tissue pixels, (G, P) each."""

    raw: NDArray[np.float32]
    denoised: NDArray[np.float32]

    @classmethod
    def of(cls, stabilised: NDArray[np.float32], denoised: NDArray[np.float32]) -> Views:
        """Standardise variance-stabilised values and their denoised counterpart."""
        return cls(standardised(stabilised), standardised(denoised))

    def basis(self, representation: NDArray[np.float32], dimension: int) -> NDArray[np.float32]:
        """Return the leading components (P, D) of the denoised views, orthonormal.

        Parameters
        ----------
        representation
            (P, C) orthonormal; the denoised views lie in its span.
        dimension
            Most components.
        """
        _, _, right = np.linalg.svd(self.denoised @ representation, full_matrices=False)
        return np.ascontiguousarray(representation @ right[:dimension].T).astype(np.float32)
