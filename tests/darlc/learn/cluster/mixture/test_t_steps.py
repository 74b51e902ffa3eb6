"""Steps of EM against their formulas, written out."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.optimize import brentq
from scipy.special import digamma

from darlc.learn.cluster.mixture.t_density import Parameters, log_joint
from darlc.learn.cluster.mixture.t_steps import Prior, expect, log_prior, maximise, maximise_dof

N, D, K = 90, 4, 3
SCALES = ("full", "tied", "diagonal", "spherical")


@pytest.fixture
def x() -> torch.Tensor:
    random = np.random.default_rng(0)
    centres = random.normal(0, 4, (K, D))
    data = centres[random.integers(K, size=N)] + random.standard_t(5, (N, D))
    return torch.from_numpy(data - data.mean(axis=0))


@pytest.fixture
def prior(x) -> Prior:
    return Prior(1.5, 0.01, 0.3 * x.var(dim=0), D + 2.0)


@pytest.fixture
def now(x) -> Parameters:
    random = np.random.default_rng(1)
    return Parameters(
        torch.tensor([0.2, 0.5, 0.3]).double().log(),
        x[torch.from_numpy(random.choice(N, K, replace=False))],
        torch.from_numpy(random.uniform(0.5, 2.0, (K, D))),
        torch.tensor([3.0, 8.0, 20.0]).double(),
    )


def test_expectations_are_those_of_the_densities(x, now) -> None:
    found = expect(x, now)
    joint = log_joint(x, now)
    membership = torch.softmax(joint, dim=1)
    difference = (x[:, None] - now.mean) / now.cholesky
    precision = (now.dof + D) / (now.dof + difference.square().sum(dim=2))
    torch.testing.assert_close(found.membership, membership)
    torch.testing.assert_close(found.weight, membership * precision)
    assert found.likelihood == pytest.approx(float(torch.logsumexp(joint, dim=1).sum()))
    shape = (now.dof + D) / 2
    log_precision = torch.log(precision) + torch.digamma(shape) - torch.log(shape)
    evidence = (membership * (log_precision - precision)).sum(dim=0) / membership.sum(dim=0)
    torch.testing.assert_close(found.evidence, evidence)
    fixed = torch.full((N, K), 1.0 / K).double()
    torch.testing.assert_close(expect(x, now, fixed).weight, fixed * precision)


@pytest.mark.parametrize("scale", SCALES)
def test_means_and_scales_are_weighted_moments(x, now, prior, scale) -> None:
    """Sums of squares are expanded in the code, and written out as differences here."""
    expected = expect(x, now)
    membership, weight = expected.membership, expected.weight
    log_weight, mean, factor = maximise(x, membership, weight, prior, scale)
    mass = membership.sum(dim=0)
    share = mass + prior.concentration - 1.0
    torch.testing.assert_close(log_weight.exp(), share / share.sum())
    total = weight.sum(dim=0)[:, None] + prior.mean_precision
    torch.testing.assert_close(mean, weight.T @ x / total)
    centred = x[:, None] - mean
    scatter = torch.einsum("nk,nki,nkj->kij", weight, centred, centred)
    scatter += prior.mean_precision * mean[:, :, None] * mean[:, None, :]
    extra = prior.scale_dof + D + 2.0
    base = torch.diag(prior.scale)
    diagonal = (base + scatter).diagonal(dim1=1, dim2=2)
    wanted = {
        "full": (base + scatter) / (mass + extra)[:, None, None],
        "tied": ((base + scatter.sum(dim=0)) / (mass.sum() + extra + K - 1.0))[None],
        "diagonal": torch.diag_embed(diagonal / (mass + extra)[:, None]),
        "spherical": (diagonal.sum(dim=1) / (D * (mass + extra)))[:, None, None] * torch.eye(D),
    }[scale]
    matrix = torch.diag_embed(factor.square()) if factor.ndim == 2 else factor @ factor.mT
    torch.testing.assert_close(matrix, wanted)


@pytest.mark.parametrize("dof", [0.3, 1.0, 2.7, 12.0, 400.0])
def test_degrees_of_freedom_solve_their_equation(dof) -> None:
    evidence = -1.0 - (np.log(dof / 2) - digamma(dof / 2))

    def slope(value: float) -> float:
        return float(np.log(value / 2) - digamma(value / 2) + 1.0 + evidence)

    asked = torch.tensor([evidence], dtype=torch.float64)
    root = brentq(slope, 0.01, 1e5, xtol=1e-13, rtol=1e-13)
    assert float(maximise_dof(asked, 0.01, 1e5)) == pytest.approx(root, rel=1e-8)
    assert float(maximise_dof(asked, 2.0, 30.0)) == pytest.approx(np.clip(root, 2.0, 30.0))


def test_evidence_for_a_gaussian_gives_the_most_degrees_of_freedom() -> None:
    nowhere = torch.tensor([-1.0, -0.5, -50.0], dtype=torch.float64)
    torch.testing.assert_close(
        maximise_dof(nowhere, 2.0, 30.0), torch.tensor([30.0, 30.0, 2.0]).double()
    )


@pytest.mark.parametrize("scale", SCALES)
def test_what_maximises_is_a_maximum(x, now, prior, scale) -> None:
    """Of the expected log posterior, against small changes of every mean and scale."""
    expected = expect(x, now)
    found = maximise(x, expected.membership, expected.weight, prior, scale)
    best = Parameters(*found, now.dof)

    def objective(parameters: Parameters) -> float:
        # The normal's expected log density given precisions; a factor of dof cancels.
        factors = parameters.factors
        difference = (x[None] - parameters.mean[:, None]).transpose(1, 2)
        white = torch.linalg.solve_triangular(factors, difference, upper=False)
        log_det = torch.log(factors.diagonal(dim1=1, dim2=2)).sum(dim=1)
        likelihood = -0.5 * (expected.weight.T * white.square().sum(dim=1)).sum()
        likelihood -= (expected.membership.sum(dim=0) * log_det).sum()
        likelihood += (expected.membership * parameters.log_weight).sum()
        return float(likelihood) + log_prior(parameters, prior)

    top = objective(best)
    for factor in (0.98, 1.02):
        scaled = Parameters(best.log_weight, best.mean, factor * best.cholesky, best.dof)
        assert objective(scaled) < top
        moved = Parameters(best.log_weight, factor * best.mean, best.cholesky, best.dof)
        assert objective(moved) < top
