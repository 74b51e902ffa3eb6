"""Stable numbering of clusters during training, by matching them to earlier ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment


def matched(before: NDArray[np.floating], after: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return the order of clusters that matches them to the columns of earlier ones.

    The assignment maximises the shared membership of all pairs together; unmatched clusters fill
    the remaining columns, the largest first.

    Parameters
    ----------
    before, after
        (G, K) and (G, L) memberships of the same genes.

    Returns
    -------
    (L,)
        Columns of ``after``, in their new order.
    """
    n = after.shape[1]
    shared = before.T.astype(np.float64) @ after
    old, new = linear_sum_assignment(shared, maximize=True)
    stays = (old < n) & (shared[old, new] > 0)
    order = np.full(n, -1, dtype=np.int64)
    order[old[stays]] = new[stays]
    rest = np.setdiff1d(np.arange(n), order)
    if len(rest):
        sizes = np.bincount(after.argmax(axis=1), minlength=n)
        order[order < 0] = rest[np.argsort(-sizes[rest], kind="stable")]
    return order
