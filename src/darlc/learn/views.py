"""The two views that the network sees, and the frozen basis that its read-out starts from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darlc.data.statistics import standardised

#: Length of the embedding where none was asked for.
_NOISY, _CLEAN = 20, 60
#: Clean images: power of the singular values that the leading components keep. Weak components are
#: signal there, and it is in them that one gene differs from another.
_POWER = 0.3


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
            Most components; 0 takes as many as noisy pixels support.
        """
        _, _, right = np.linalg.svd(self.denoised @ representation, full_matrices=False)
        return np.ascontiguousarray(representation @ right[: dimension or _NOISY].T).astype(
            np.float32
        )

    def clean_basis(self, dimension: int) -> NDArray[np.float32]:
        """Return the leading components (P, D) of both views together, partly whitened.

        For clean images, whose raw views hold detail that the denoised ones do not.

        Parameters
        ----------
        dimension
            Most components; 0 takes as many as clean pixels support.
        """
        # Of the pixels' covariance: there are many more genes than pixels, or few of both.
        covariance = self.raw.T @ self.raw + self.denoised.T @ self.denoised
        power, components = np.linalg.eigh(covariance.astype(np.float64))
        kept = np.flatnonzero(power > 1e-6 * power[-1])[::-1][: dimension or _CLEAN]
        scale = np.sqrt(power[kept] / power[-1])
        return (components[:, kept] * scale ** (_POWER - 1.0)).astype(np.float32)
