"""Correlations of many views with one, some of them at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from darlc.images.statistics import standardised
from darlc.results.denoised_views import at_once


def correlations(
    views: Callable[[slice], NDArray[np.floating]], n: int, target: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Return the correlations (n,) of views with one; 0 where a view is constant.

    Parameters
    ----------
    views
        Returns those of some of the n rows, (m, P).
    n
        Number of views.
    target
        (P,) the one, with mean 0 and standard deviation 1.
    """
    share = target.astype(np.float64) / len(target)
    parts = [standardised(views(part)) @ share for part in at_once(n, len(target))]
    return np.clip(np.concatenate(parts), -1.0, 1.0) if parts else np.empty(0)
