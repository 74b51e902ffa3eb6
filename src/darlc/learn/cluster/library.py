"""Library sizes for the counts: totals, or totals corrected for the bias of composition."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from darlc.images.grid import Grid
from darlc.learn.cluster.count_model import DISPERSION, CountModel
from darlc.learn.cluster.patterns import smooth_ratio
from darlc.learn.cluster.split_merge import CountClusters, State

_ROUNDS = 3
_SIGMA = 1.8
#: Fewest genes of a cluster for a line, and how far beyond its ends genes may be.
_FEWEST = 4
_STRENGTHS = (-0.5, 4.0)
#: Smallest correction, so that every pixel has a positive library.
_LEAST = 0.05
#: EM steps before libraries are compared, and the dispersion that is assumed for it.
_STEPS = 8
_POISSON = 1e6


def correct_library(
    counts: NDArray[np.float32],
    library: NDArray[np.float32],
    membership: NDArray[np.float32],
    grid: Grid,
) -> NDArray[np.float32]:
    """Correct total counts for the composition of the tissue (ours).

    Where a large cluster is expressed, totals rise although the library does not, and relative to
    the totals a gene without a pattern seems to fall. The profile of such a gene can be estimated
    from the other genes: genes of a cluster follow their pattern at different strengths, so that
    relative to *any* library they are on a line from a gene without a pattern through the cluster's
    consensus. The lines of all clusters meet at their common start.

    A gene's position on its line and, by weighted least squares at every pixel, the start of the
    lines and the consensus are estimated in turn. Noise moves a gene along its line, so that it
    does not move the start.

    Parameters
    ----------
    counts
        (G, P).
    library
        (P,) totals.
    membership
        (G, K) of clusters whose genes differ in strength. Every gene counts for its likeliest
        cluster, or for none where all its memberships are small.
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
    # (A gene that this section lacks has no molecules, and no weight.)
    relative = smooth_ratio(counts[used], size, grid.smoother(_SIGMA))
    relative /= np.where(mean > 0, mean, 1.0)[used, None].astype(np.float32)
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

    Simulated tissues are likelier under the corrected library, but of real tissues only some: where
    genes of a cluster differ by more than strength, the lines do not meet.

    Parameters
    ----------
    counts
        (G, P).
    library
        (P,) totals.
    membership
        (G, K) initial memberships, updated by a few EM steps on the counts.
    grid
        Where the pixels lie.
    device
        Where to compute.
    """

    def fit(size: NDArray[np.float32], soft: Tensor) -> tuple[float, CountModel, Tensor]:
        model = CountModel(counts, size, grid, _POISSON, device)
        clusters = CountClusters(model)
        state = clusters.run(clusters.start(soft), _STEPS)
        return log_likelihood(clusters, state), model, state.membership[:, :-1]

    totals, plain, soft = fit(library, torch.from_numpy(membership))
    corrected, model, _ = fit(correct_library(counts, library, soft.cpu().numpy(), grid), soft)
    return model if corrected > totals else plain


def log_likelihood(clusters: CountClusters, state: State) -> float:
    """Return the log-likelihood of counts, which can be compared between libraries.

    A Poisson likelihood, whatever the dispersion, as that scales all scores; genes are left out of
    the patterns that explain them.
    """
    model = clusters.model
    assert isinstance(model, CountModel)
    used = torch.log(model.size.double().clamp_min(1e-6))
    poisson = model if model.dispersion == _POISSON else model.dispersed(_POISSON)
    explained = CountClusters(poisson).evaluate(state)
    return explained + float(model.counts.sum(dim=0, dtype=torch.float64) @ used)


def estimate_dispersion(model: CountModel, membership: Tensor) -> float:
    """Estimate the size φ of the negative binomial by moments under the clusters' patterns."""
    pattern = model.draw(membership).pattern
    label = membership.argmax(dim=1)
    expected = model.mean[:, None] * model.size * pattern[label].clamp_min(0.05)
    seen = model.mean > 0
    over = ((model.counts - expected).square() - expected).sum(dim=1)[seen]
    square = expected.square().sum(dim=1)[seen]
    # The median over genes, as a few heavy-tailed genes would dominate a mean.
    return 1.0 / float((over / square).median().clamp(0.01, 1.0))
