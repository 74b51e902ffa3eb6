"""Statistics of pictures and of vectors that more than one floor needs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

#: Largest variance, relative to the view's power, that rounding may give to a constant view.
_ROUNDING = 1e-12
#: Shorter vectors have no direction.
_LEAST_LENGTH = 1e-12


def standardised(views: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return views (n, P) with mean 0 and standard deviation 1 each; constant ones become 0."""
    centred = views.astype(np.float32)
    centred -= centred.mean(axis=1, keepdims=True)
    deviation = centred.std(axis=1, keepdims=True)
    return np.divide(centred, deviation, out=np.zeros_like(centred), where=deviation > 1e-6)


def unit_length(vectors: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return vectors (n, D) scaled to length 1 each; those of no length become 0."""
    vectors = vectors.astype(np.promote_types(vectors.dtype, np.float32), copy=False)
    scaled: NDArray[np.floating] = vectors / np.maximum(
        np.linalg.norm(vectors, axis=1, keepdims=True), _LEAST_LENGTH
    )
    return scaled


def morans_i(views: NDArray[np.floating], adjacency: sparse.csr_array) -> NDArray[np.float64]:
    """Return Moran's I of views (n, P) over touching pixels, (n,); NaN if constant, or nearly so.

    Parameters
    ----------
    views
        Values over tissue pixels.
    adjacency
        (P, P), symmetric. Rows are normalised, as in squidpy; a pixel without neighbours has no
        weight.
    """
    degree = np.asarray(adjacency.sum(axis=1), dtype=np.float64).ravel()
    inverse = np.divide(1.0, degree, out=np.zeros_like(degree), where=degree > 0)
    weights = sparse.dia_array((inverse[None], 0), shape=adjacency.shape) @ adjacency
    z = (views - views.mean(axis=1, keepdims=True)).astype(np.float64).T
    spread = np.einsum("pn,pn->n", z, z)
    level = len(z) * np.square(views.mean(axis=1, dtype=np.float64))
    ratio = np.full(len(views), np.nan)
    # The residual of a constant after rounding is not a pattern.
    np.divide(
        np.einsum("pn,pn->n", z, weights @ z), spread, out=ratio, where=spread > _ROUNDING * level
    )
    return ratio * len(degree) / max(float(weights.sum()), 1.0)
