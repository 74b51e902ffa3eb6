"""Multivariate Student's t densities of a mixture's components, all at once."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor


@dataclass(frozen=True)
class Parameters:
    """Parameters of the mixture, as tensors of one dtype and device.

    Parameters
    ----------
    log_weight
        (K,) log mixing weights.
    mean
        (K, D).
    cholesky
        Lower factors of the scale matrices: (K, D, D), (1, D, D) if one is for all, or their
        diagonals (K, D) if all are diagonal.
    dof
        (K,) degrees of freedom.
    """

    log_weight: Tensor
    mean: Tensor
    cholesky: Tensor
    dof: Tensor

    @property
    def is_diagonal(self) -> bool:
        """Whether ``cholesky`` holds diagonals only."""
        return self.cholesky.ndim == 2

    @property
    def factors(self) -> Tensor:
        """Lower factors as matrices, (K, D, D), whatever their form."""
        whole = torch.diag_embed(self.cholesky) if self.is_diagonal else self.cholesky
        return whole.expand(len(self.mean), -1, -1)

    @property
    def half_log_det(self) -> Tensor:
        """Half of the log determinants of the scale matrices, (K,), or (1,) if tied."""
        diagonal = self.cholesky if self.is_diagonal else self.cholesky.diagonal(dim1=1, dim2=2)
        return torch.log(diagonal).sum(dim=1)

    def to(self, like: Tensor) -> Parameters:
        """Return a copy with the dtype and device of ``like``."""
        return Parameters(
            *(part.to(like) for part in (self.log_weight, self.mean, self.cholesky, self.dof))
        )

    def moved(self, by: Tensor) -> Parameters:
        """Return a copy whose means are moved by a vector (D,)."""
        return replace(self, mean=self.mean + by)

    def of(self, components: Tensor) -> Parameters:
        """Return the parameters of some components, by position; weights sum to 1 again."""
        tied = not self.is_diagonal and len(self.cholesky) == 1
        return Parameters(
            torch.log_softmax(self.log_weight[components], dim=0),
            self.mean[components],
            self.cholesky if tied else self.cholesky[components],
            self.dof[components],
        )


def mahalanobis(z: Tensor, parameters: Parameters) -> Tensor:
    """Return squared Mahalanobis distances (N, K) of ``z`` (N, D) to every component."""
    middle = parameters.mean.mean(dim=0)
    return squared_distances(z - middle, parameters.mean - middle, parameters.cholesky)


def squared_distances(values: Tensor, means: Tensor, cholesky: Tensor) -> Tensor:
    """Return squared Mahalanobis distances (N, K).

    Where one product of matrices gives those to all components, squares are expanded.

    Parameters
    ----------
    values, means
        (N, D) and (K, D), both centred, so that little is lost by cancellation.
    cholesky
        As in ``Parameters``.
    """
    if cholesky.ndim == 2:
        precision = cholesky.square().reciprocal()
        scaled = means * precision
        offset = (scaled * means).sum(dim=1)
        square = torch.addmm(offset, values, scaled.T, alpha=-2.0)
        return torch.addmm(square, values.square(), precision.T).clamp_min(0.0)
    if len(cholesky) == 1:
        # With one scale for all, whiten once instead of for every component.
        white = torch.linalg.solve_triangular(cholesky[0], values.T, upper=False).T
        centre = torch.linalg.solve_triangular(cholesky[0], means.T, upper=False).T
        offset = white.square().sum(dim=1, keepdim=True) + centre.square().sum(dim=1)
        return torch.addmm(offset, white, centre.T, alpha=-2.0).clamp_min(0.0)
    # A component at a time, whose arrays fit into a processor's cache.
    whole = torch.eye(means.shape[1], dtype=means.dtype, device=means.device)
    inverse = torch.linalg.solve_triangular(cholesky, whole.expand_as(cholesky), upper=False)
    each = [
        torch.addmm(one @ mean, values, one.T, beta=-1.0).square().sum(dim=1)
        for one, mean in zip(inverse, means, strict=True)
    ]
    return torch.stack(each, dim=1)


def log_scale(parameters: Parameters) -> Tensor:
    """Return the log density (K,) of every component at its mean."""
    dimension, dof = parameters.mean.shape[1], parameters.dof
    return (
        torch.lgamma((dof + dimension) / 2)
        - torch.lgamma(dof / 2)
        - 0.5 * dimension * torch.log(dof * torch.pi)
        - parameters.half_log_det
    )


def log_density(z: Tensor, parameters: Parameters) -> Tensor:
    """Return log t densities (N, K) of ``z`` (N, D); differentiable in ``z``.

    The multivariate Student's t: Peel & McLachlan 2000, eq. 5.
    """
    dof = parameters.dof
    tail = torch.log1p(mahalanobis(z, parameters) / dof)
    return log_scale(parameters) - 0.5 * (dof + z.shape[1]) * tail


def log_joint(z: Tensor, parameters: Parameters) -> Tensor:
    """Return log weight + log density, (N, K); its softmax over K is the membership."""
    return parameters.log_weight + log_density(z, parameters)
