"""How far patterns are smoothed: as far as the counts that they must explain say."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from darlc.data.grid import Grid
from darlc.learn.counts import SIGMA, CountModel
from darlc.learn.split_merge import CountClusters

#: Standard deviations, in pixels, that are compared; about half an octave apart.
_SIGMAS = (0.4, 0.6, 0.8, SIGMA, 1.8, 2.5)
_STEPS = 4


def choose_smoothing(
    counts: NDArray[np.float32],
    library: NDArray[np.float32],
    membership: NDArray[np.float32],
    grid: Grid,
    dispersion: float,
    device: torch.device,
) -> CountModel:
    """Return the model of the counts whose patterns are smoothed as the counts like it best.

    Many molecules on few pixels draw sharp patterns, few molecules on many pixels need their
    neighbours. The leave-one-out likelihood compares both fairly: what smoothing saves in noise and
    what it costs in detail are both paid for by genes that did not take part in the pattern.

    Parameters
    ----------
    counts
        (G, P).
    library
        (P,).
    membership
        (G, K) to begin with, for a few EM steps each.
    grid
        Where the pixels lie.
    dispersion
        Of the counts; the same for all that are compared.
    device
        Where to compute.
    """
    soft = torch.from_numpy(membership).to(device)

    def fit(position: int) -> tuple[float, CountModel]:
        model = CountModel(counts, library, grid, dispersion, device, _SIGMAS[position])
        clusters = CountClusters(model)
        return clusters.evaluate(clusters.run(clusters.start(soft), _STEPS)), model

    start = _SIGMAS.index(SIGMA)
    best, model = fit(start)
    # The likelihood has one peak over widths: walk up from the middle, on either side.
    for step in (-1, 1):
        position = start + step
        while 0 <= position < len(_SIGMAS):
            value, tried = fit(position)
            if value <= best:
                break
            best, model, position = value, tried, position + step
        if model.sigma != SIGMA:
            break
    return model
