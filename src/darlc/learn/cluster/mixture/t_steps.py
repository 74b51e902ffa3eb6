"""Steps of MAP-EM for the Student's t mixture, with conjugate priors, in the log domain.

Expectation–conditional-maximisation of Peel & McLachlan 2000 (Statistics and Computing 10). The
priors are our choice, so that no component collapses. Observations are centred: sums of squares are
expanded, and little is lost by cancellation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from darlc.learn.cluster.mixture.t_density import Parameters, log_scale, squared_distances

Scale = Literal["full", "tied", "diagonal", "spherical"]
#: Newton steps for the degrees of freedom, after which nothing changes in float64.
_NEWTON = 3


@dataclass(frozen=True)
class Prior:
    """Conjugate priors, in the data's own units.

    Dirichlet on the weights; normal around 0 on every mean given its scale; inverse Wishart on the
    scale (inverse gamma on its free entries for the restricted forms).
    """

    concentration: float
    mean_precision: float
    scale: Tensor
    scale_dof: float


@dataclass(frozen=True)
class Expectation:
    """What observations say under some parameters.

    Parameters
    ----------
    membership
        (N, K).
    weight
        (N, K) memberships times expected precisions: outliers have little weight.
    evidence
        (K,) on the degrees of freedom.
    likelihood
        Log-likelihood of all observations.
    """

    membership: Tensor
    weight: Tensor
    evidence: Tensor
    likelihood: float


def expect(x: Tensor, now: Parameters, fixed: Tensor | None = None) -> Expectation:
    """Return memberships and expected precisions of ``x`` (N, D); memberships may be fixed."""
    dof, total = now.dof, now.dof + x.shape[1]
    distance = squared_distances(x, now.mean, now.cholesky) / dof
    tail = torch.log1p(distance)
    joint = now.log_weight + log_scale(now) - 0.5 * total * tail
    most = joint.amax(dim=1, keepdim=True)
    density = torch.exp(joint - most)
    every = density.sum(dim=1, keepdim=True)
    membership = density / every if fixed is None else fixed
    weight = membership * (total / dof) / (1.0 + distance)
    mass = membership.sum(dim=0).clamp_min(1e-12)
    shape = total / 2
    common = torch.log(total / dof) + torch.digamma(shape) - torch.log(shape)
    evidence = common - ((membership * tail).sum(dim=0) + weight.sum(dim=0)) / mass
    return Expectation(membership, weight, evidence, float((most + torch.log(every)).sum()))


def maximise(
    x: Tensor, membership: Tensor, weight: Tensor, prior: Prior, scale: Scale
) -> tuple[Tensor, Tensor, Tensor]:
    """Return log weights, means and scale factors that maximise the expected log posterior.

    Parameters
    ----------
    x
        (N, D).
    membership, weight
        (N, K), as in ``Expectation``.
    prior
        The priors.
    scale
        Form of the scale matrices.
    """
    k, dimension = membership.shape[1], x.shape[1]
    mass = membership.sum(dim=0)
    # Zero where a flat or sparse prior and an empty component would give a negative weight.
    numerator = (mass + prior.concentration - 1.0).clamp_min(1e-10)
    log_weight = torch.log(numerator / numerator.sum())

    sums, weights = weight.T @ x, weight.sum(dim=0)[:, None]
    mean = sums / (weights + prior.mean_precision)
    extra = prior.scale_dof + dimension + 2.0
    # Below, scatter around the means and the pull of the prior together: means are weighted sums.
    if scale == "full":
        # A component at a time, whose arrays fit into a processor's cache.
        scatter = torch.stack([(each[:, None] * x).T @ x for each in weight.T])
        scatter -= mean[:, :, None] * sums[:, None, :]
        matrix = (torch.diag(prior.scale) + scatter) / (mass + extra)[:, None, None]
        return log_weight, mean, torch.linalg.cholesky(matrix)
    if scale == "tied":
        pooled = (weight.sum(dim=1, keepdim=True) * x).T @ x - mean.T @ sums
        matrix = (torch.diag(prior.scale) + pooled)[None] / (mass.sum() + extra + k - 1.0)
        return log_weight, mean, torch.linalg.cholesky(matrix)
    square = weight.T @ x.square() - mean * sums
    if scale == "diagonal":
        variance = (prior.scale + square) / (mass + extra)[:, None]
    else:
        summed = (prior.scale.sum() + square.sum(dim=1)) / (dimension * (mass + extra))
        variance = summed[:, None].expand(k, dimension)
    return log_weight, mean, variance.sqrt()


def maximise_dof(evidence: Tensor, least: float, most: float) -> Tensor:
    """Return the degrees of freedom (K,), between two bounds, that the evidence (K,) asks for.

    They solve log(ν / 2) - ψ(ν / 2) + 1 + evidence = 0. In u = 1 / ν the left side is convex and
    about u + u² / 3 + 1 + evidence, so that Newton's method needs few steps from its root.
    """
    bounds = 1.0 / most, 1.0 / least
    inverse = 1.5 * (torch.sqrt((4.0 / 3.0 * (-1.0 - evidence) + 1.0).clamp_min(1.0)) - 1.0)
    inverse = inverse.clamp(*bounds)
    for _ in range(_NEWTON):
        half = 0.5 / inverse
        value = torch.log(half) - torch.digamma(half) + 1.0 + evidence
        slope = 2.0 * half * (half * torch.polygamma(1, half) - 1.0)
        inverse = (inverse - value / slope).clamp(*bounds)
    return 1.0 / inverse


def log_prior(now: Parameters, prior: Prior) -> float:
    """Return the log density of parameters under the prior, up to a constant."""
    k, dimension = now.mean.shape
    weights = (prior.concentration - 1.0) * now.log_weight.sum()
    pull = squared_distances(torch.zeros_like(now.mean[:1]), now.mean, now.cholesky).sum()
    if now.is_diagonal:
        trace = (prior.scale / now.cholesky.square()).sum(dim=1)
    else:
        inverse = torch.cholesky_inverse(now.cholesky)
        trace = (inverse.diagonal(dim1=1, dim2=2) * prior.scale).sum(dim=1)
    extra = prior.scale_dof + dimension + 2.0
    if not now.is_diagonal and len(now.cholesky) < k:
        extra += k - 1.0
    scales = (extra * now.half_log_det + 0.5 * trace).sum()
    return float(weights - 0.5 * prior.mean_precision * pull - scales)
