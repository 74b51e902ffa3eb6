"""The noise of values that are not counts: what all genes share by chance, and its scale.

Ours, beyond the paper. Both are told by what clusters leave unexplained.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from darlc.images.grid import Grid
from darlc.images.statistics import morans_i
from darlc.learn.cluster.split_merge import CountClusters
from darlc.learn.cluster.values.value_model import Noise, ValueModel

#: EM steps before noise is told.
_STEPS = 8
#: Moran's I below which a map differs from pixel to pixel, as no pattern does; and most maps.
_ROUGH, _MOST = 0.15, 10
#: Widths, in pixels, between which most of the patterns' detail is.
_FINE, _COARSE = 1.2, 4.8


def value_model(
    values: NDArray[np.float32],
    soft: NDArray[np.float32],
    grid: Grid,
    device: torch.device | str = "cpu",
) -> ValueModel:
    """Return the model of genes' values; their noise is estimated.

    Parameters
    ----------
    values
        (G, P) on a scale where noise does not depend on the level.
    soft
        (G, K) initial memberships, updated by a few EM steps.
    grid
        Where the pixels lie.
    device
        Where to compute.
    """
    model = ValueModel(values, grid, device=device)
    clusters = CountClusters(model)
    state = clusters.run(clusters.start(torch.from_numpy(soft)), _STEPS)
    left = model.residuals(state.membership[:, :-1]).cpu().numpy()
    shared = shared_maps(left, grid)
    left -= (left @ shared.T) @ shared
    return ValueModel(values, grid, Noise(shared, noise_factor(left, grid)), device)


def shared_maps(left: NDArray[np.float32], grid: Grid) -> NDArray[np.float32]:
    """Return what genes share that differs from pixel to pixel, (C, P), orthonormal.

    Such as a cell's own light, its size, or what a spot captured: more than chance makes genes
    share (Marchenko–Pastur edge), and not smooth, as patterns are.

    Parameters
    ----------
    left
        (G, P) what clusters leave unexplained.
    grid
        Where the pixels lie.
    """
    scaled = left / np.maximum(left.std(axis=1, keepdims=True), 1e-12)
    power, axes = np.linalg.eigh((scaled @ scaled.T).astype(np.float64))
    edge = np.square(np.sqrt(len(left)) + np.sqrt(grid.n_pixels))
    kept = np.flatnonzero(power > edge)[::-1][:_MOST]
    if not kept.size:
        return np.empty((0, grid.n_pixels), dtype=np.float32)
    maps = (axes[:, kept].T @ scaled) / np.sqrt(power[kept])[:, None]
    rough = np.nan_to_num(morans_i(maps, grid.neighbours)) < _ROUGH
    return np.ascontiguousarray(maps[rough], dtype=np.float32)


def noise_factor(left: NDArray[np.float32], grid: Grid) -> float:
    """Return the noise at the scale of patterns, in units of that of neighbouring pixels.

    Blur makes noise of neighbouring pixels alike: there are fewer independent pixels than pixels.

    Parameters
    ----------
    left
        (G, P) what clusters leave unexplained, in deviations of the neighbours' noise.
    grid
        Where the pixels lie.
    """
    fine, coarse = grid.smoother(_FINE), grid.smoother(_COARSE)
    between = ((fine @ left.T) - (coarse @ left.T)).T
    independent = float(fine.diagonal().sum() - coarse.diagonal().sum())
    if independent <= 0:
        return 1.0
    density = np.einsum("gp,gp->g", between, left) / independent
    return float(np.clip(np.median(density), 1.0, 20.0))
