"""Genes of a result by name, and views of those that it does not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from darlc.errors import InputError

if TYPE_CHECKING:
    from darlc.images.sgep_images import SGEPImages
    from darlc.results.result import Result


def rows_of(result: Result, images: SGEPImages) -> NDArray[np.int64]:
    """Return the rows (g,) that genes have in a result; -1 for those that it does not hold.

    Raises
    ------
    InputError
        The images lie on other tissue pixels than the result.
    """
    if not np.array_equal(images.grid.mask, result.grid.mask):
        raise InputError(
            "the images lie on another tissue grid than the result: rasterize the same data."
        )
    row = {name: i for i, name in enumerate(result.gene_names)}
    return np.array([row.get(name, -1) for name in images.gene_names], dtype=np.int64)


def among_all(
    values: NDArray[np.floating], genes: NDArray[np.int64], n: int
) -> NDArray[np.float32]:
    """Lay rows of some genes, at positions (g,), among all n genes; NaN for the others."""
    rows = np.full((n, *values.shape[1:]), np.nan, dtype=np.float32)
    rows[genes] = values
    return rows


def levels(images: SGEPImages) -> NDArray[np.float32]:
    """Return the means (g,) of genes: of counts, rates at the median library; else values."""
    if images.values == "counts":
        share = np.asarray(images.matrix.sum(axis=0)).ravel() / images.library.sum()
        return (share * np.median(images.library)).astype(np.float32)
    return images.expression().mean(axis=1).astype(np.float32)


def flat_views(images: SGEPImages) -> NDArray[np.float32]:
    """Return the views (g, P) that genes without a pattern have, log-normalised units."""
    level = np.log1p(levels(images)) if images.values == "counts" else levels(images)
    return np.repeat(level[:, None], images.n_pixels, axis=1)
