"""Pearson residuals of counts relative to a gene without a pattern."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

#: Overdispersion θ of the counts behind the residuals, the authors' default.
_OVERDISPERSION = 100.0


def pearson_residuals(
    counts: NDArray[np.float32], flat: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return by how many standard deviations counts exceed those of a flat gene, (g, P).

    Analytic Pearson residuals of a negative binomial, clipped at ± √P (Lause, Berens and Kobak
    2021, eq. 3 to 5).

    Parameters
    ----------
    counts
        (g, P), observed or expected.
    flat
        (g, P) counts that genes without a pattern would have; positive.
    """
    bound = math.sqrt(counts.shape[1])
    residuals = (counts - flat) / np.sqrt(flat + flat**2 / np.float32(_OVERDISPERSION))
    return np.clip(residuals, -bound, bound).astype(np.float32)
