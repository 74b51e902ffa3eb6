"""Library sizes for the counts: totals are biased by composition, and can be corrected."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from darlc.data.grid import Grid
from darlc.learn.counts import CountModel
from darlc.learn.split_merge import CountClusters

_ROUNDS = 3
#: What most clusters share at a pixel is a low quantile of them; how low, the counts decide.
_QUANTILES = (0.2, 0.35)
_STEPS = 5
_SIGMA = 1.5
_POISSON = 1e6


def correct_library(
    counts: NDArray[np.float32],
    library: NDArray[np.float32],
    membership: NDArray[np.float32],
    grid: Grid,
    quantile: float = _QUANTILES[-1],
) -> NDArray[np.float32]:
    """Correct total counts for the composition of the tissue.

    Where a large cluster is expressed, totals rise although no library is larger. What most
    clusters share, a low quantile of their patterns over each pixel, belongs to the library.

    Parameters
    ----------
    counts
        (G, P).
    library
        (P,) totals.
    membership
        (G, K).
    grid
        Where the pixels lie.
    quantile
        Quantile over clusters that belongs to the library.

    Returns
    -------
    ndarray
        (P,) of mean 1.
    """
    smoother = grid.smoother(_SIGMA)
    pooled = membership.T @ counts
    pooled = pooled[pooled.sum(axis=1) > 0]
    size = (library / library.mean()).astype(np.float64)
    for _ in range(_ROUNDS):
        pattern = (smoother @ (pooled / size).T).T
        relative = pattern / np.maximum(np.median(pattern, axis=1, keepdims=True), 1e-9)
        size *= np.maximum(np.quantile(relative, quantile, axis=0), 0.05)
        size /= size.mean()
    return size.astype(np.float32)


def estimate_dispersion(model: CountModel, membership: Tensor) -> float:
    """Estimate the size φ of the negative binomial by moments under the clusters' patterns."""
    pattern, _ = model.patterns(membership)
    label = membership.argmax(dim=1)
    expected = model.mean[:, None] * model.size * pattern[label].clamp_min(0.05)
    over = ((model.counts - expected).square() - expected).sum(dim=1)
    square = expected.square().sum(dim=1)
    # The median gene speaks: a few heavy-tailed ones would make every count look useless.
    return 1.0 / float((over / square).median().clamp(0.01, 1.0))


def choose_library(
    counts: NDArray[np.float32],
    library: NDArray[np.float32],
    membership: NDArray[np.float32],
    grid: Grid,
    device: torch.device,
) -> NDArray[np.float32]:
    """Return the totals, or a corrected library if the counts are likelier under it.

    Likelier after a few EM steps from the memberships (G, K): clusters that were found with one
    library would speak for it.
    """
    candidates = [(library / library.mean()).astype(np.float32)]
    candidates += [correct_library(counts, library, membership, grid, q) for q in _QUANTILES]
    soft = torch.from_numpy(membership).to(device)
    pixel_totals = counts.sum(axis=0, dtype=np.float64)
    likelihoods = []
    for size in candidates:
        clusters = CountClusters(CountModel(counts, size, grid, _POISSON, device))
        fit = clusters.evaluate(clusters.run(clusters.start(soft), _STEPS))
        likelihoods.append(fit + float(pixel_totals @ np.log(np.maximum(size, 1e-6))))
    return candidates[int(np.argmax(likelihoods))]
