"""Library sizes for the counts: totals are biased by composition, and can be corrected."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from darlc.data.grid import Grid
from darlc.learn.counts import FINE, CountModel

_ROUNDS = 3
_QUANTILE = 0.35
_SIGMA = 1.5
_POISSON = 1e6


def correct_library(
    counts: NDArray[np.float32],
    library: NDArray[np.float32],
    membership: NDArray[np.float32],
    grid: Grid,
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
        size *= np.maximum(np.quantile(relative, _QUANTILE, axis=0), 0.05)
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
    """Return the totals, or the corrected library if the counts are likelier under it."""
    candidates = [
        (library / library.mean()).astype(np.float32),
        correct_library(counts, library, membership, grid),
    ]
    soft = torch.from_numpy(membership).to(device)
    pixel_totals = counts.sum(axis=0, dtype=np.float64)
    likelihoods = []
    for size in candidates:
        model = CountModel(counts, size, grid, _POISSON, device)
        scores = model.score(soft)
        prior = torch.zeros(len(FINE), device=device)
        fit = float((soft * scores.total(prior)).cpu().double().sum())
        likelihoods.append(fit + float(pixel_totals @ np.log(np.maximum(size, 1e-6))))
    return candidates[int(np.argmax(likelihoods))]
