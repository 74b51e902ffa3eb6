"""Library sizes for the counts: totals are biased by composition, and can be corrected."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from darlc.images.grid import Grid
from darlc.learn.cluster.count_model import DISPERSION, CountModel
from darlc.learn.cluster.patterns import smooth_ratio
from darlc.learn.cluster.split_merge import CountClusters

_ROUNDS = 3
_SIGMA = 1.8
#: Genes that a cluster needs to tell a line, and how far genes may lie from its ends.
_FEWEST = 4
_STRENGTHS = (-0.5, 4.0)
#: Smallest correction: no pixel is without a library.
_LEAST = 0.05
#: EM steps before libraries are compared, and the dispersion that counts have where none is known.
_STEPS = 8
_POISSON = 1e6


def correct_library(
    counts: NDArray[np.float32],
    library: NDArray[np.float32],
    membership: NDArray[np.float32],
    grid: Grid,
) -> NDArray[np.float32]:
    """Correct total counts for the composition of the tissue (ours).

    Where a large cluster is expressed, totals rise although no library is larger, and relative to
    them a gene without a pattern seems to fall. What such a gene would look like can be read off
    the others. Genes of a cluster follow their pattern at different strengths: relative to *any*
    library they lie on a line, from a gene without a pattern through the cluster's consensus. The
    lines of all clusters start from the same point, so that is where they meet.

    A gene's place on its line and, by weighted least squares at every pixel, the point where the
    lines start and the consensus are estimated in turn. Noise moves a gene along its line and
    not beside it, so that it does not move the start.

    Parameters
    ----------
    counts
        (G, P).
    library
        (P,) totals.
    membership
        (G, K) by clusters that know of strengths: one of all weak genes has no line. Every gene
        counts for its likeliest cluster, or not at all where it is hardly in any.
    grid
        Where the pixels lie.

    Returns
    -------
    ndarray
        (P,) of mean 1; the totals where no cluster has four genes.
    """
    size = (library / library.mean()).astype(np.float32)
    hot = np.eye(membership.shape[1], dtype=np.float32)[membership.argmax(axis=1)]
    hot *= membership.sum(axis=1, keepdims=True) > 0.5
    hot = hot[:, hot.sum(axis=0) >= _FEWEST]
    used = hot.sum(axis=1) > 0
    if not used.any():
        return size
    mean = counts.sum(axis=1) / size.sum()
    relative = smooth_ratio(counts[used], size, grid.smoother(_SIGMA)) / mean[used, None]
    weight = (mean / (1.0 + mean / DISPERSION))[used, None]
    hot, pixel = hot[used], size / size.sum()
    consensus = (hot * weight).T @ relative / (hot * weight).sum(axis=0)[:, None]
    start = np.ones_like(size)
    for _ in range(_ROUNDS):
        line = consensus - start
        length = np.maximum(hot @ (np.square(line) @ pixel), 1e-9)
        strength = (((relative - start) * pixel) @ line.T * hot).sum(axis=1) / length
        strength = np.clip(strength, *_STRENGTHS)[:, None]
        design = np.hstack([1.0 - strength, hot * strength]).astype(np.float64)
        normal = (design * weight).T @ design
        normal += 1e-6 * np.trace(normal) / len(normal) * np.eye(len(normal))
        ends = np.linalg.solve(normal, (design * weight).T @ relative)
        start = np.maximum(ends[0], _LEAST).astype(np.float32)
        start /= start @ pixel
    size = size * start
    return (size / size.mean()).astype(np.float32)


def choose_library(
    counts: NDArray[np.float32],
    library: NDArray[np.float32],
    membership: NDArray[np.float32],
    grid: Grid,
    device: torch.device,
) -> CountModel:
    """Return the model of the counts under the totals, or under the corrected library if likelier.

    Simulated tissue is likelier under the corrected library, of real tissue some is and some is
    not: where strength is not all that genes of a cluster differ by, their lines do not meet.

    Parameters
    ----------
    counts
        (G, P).
    library
        (P,) totals.
    membership
        (G, K) to begin with; a few EM steps make them clusters of the counts.
    grid
        Where the pixels lie.
    device
        Where to compute.
    """
    pixel_totals = counts.sum(axis=0, dtype=np.float64)

    def fit(size: NDArray[np.float32], soft: Tensor) -> tuple[float, CountModel, Tensor]:
        model = CountModel(counts, size, grid, _POISSON, device)
        clusters = CountClusters(model)
        state = clusters.run(clusters.start(soft), _STEPS)
        used = np.log(np.maximum(model.size.cpu().numpy(), 1e-6))
        likelihood = clusters.evaluate(state) + float(pixel_totals @ used)
        return likelihood, model, state.membership[:, :-1]

    totals, plain, soft = fit(library, torch.from_numpy(membership))
    corrected, model, _ = fit(correct_library(counts, library, soft.cpu().numpy(), grid), soft)
    return model if corrected > totals else plain


def estimate_dispersion(model: CountModel, membership: Tensor) -> float:
    """Estimate the size φ of the negative binomial by moments under the clusters' patterns."""
    pattern = model.draw(membership).pattern
    label = membership.argmax(dim=1)
    expected = model.mean[:, None] * model.size * pattern[label].clamp_min(0.05)
    over = ((model.counts - expected).square() - expected).sum(dim=1)
    square = expected.square().sum(dim=1)
    # The median gene speaks: a few heavy-tailed ones would make every count look useless.
    return 1.0 / float((over / square).median().clamp(0.01, 1.0))
