"""How views are shown, whoever draws them: contrast limits, and what denoising took away."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Views whose values differ by a smaller share are flat up to rounding.
FLAT = 0.01


def contrast_limits(values: NDArray[np.floating], low: float | None = None) -> tuple[float, float]:
    """Return the values that the ends of a colormap stand for.

    Parameters
    ----------
    values
        Any shape; those that are not finite do not count.
    low
        Lower limit; None for a low percentile, so that a pattern uses the whole colormap.

    Returns
    -------
    tuple
        The upper limit is a high percentile, so that one bright pixel does not darken the rest.
    """
    known = values[np.isfinite(values)]
    if not known.size:
        return 0.0, 1.0
    bottom = float(np.percentile(known, 0.5)) if low is None else low
    top = float(np.percentile(known, 99.5))
    if top <= bottom:  # expressed in too few pixels to reach the percentile
        top = float(known.max())
    top = max(top, bottom + FLAT * abs(bottom))
    return (bottom, top) if top > bottom else (bottom, bottom + 1.0)


def residual(
    raw: NDArray[np.floating], denoised: NDArray[np.floating], counts: bool
) -> NDArray[np.floating]:
    """Return raw minus denoised views.

    Of counts, the difference of counts at the median library: there the residual of an accurate
    denoised view has mean zero, while logarithms of few counts are on average below the logarithm
    of their expectation. Other values are subtracted as they are.

    Parameters
    ----------
    raw, denoised
        Views of the same genes and pixels, log-normalised units.
    counts
        Whether these are logarithms of counts at the median library.
    """
    return np.expm1(raw) - np.expm1(denoised) if counts else raw - denoised
