"""Densities against scipy's, in every form of the scale matrices."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_t

from darlc.learn.cluster.mixture.t_density import Parameters, log_density, log_joint, mahalanobis

FORMS = ("full", "tied", "diagonal")


def _parameters(random: np.random.Generator, k: int, d: int, dof: float, form: str) -> Parameters:
    root = random.normal(0, 1, (1 if form == "tied" else k, d, d))
    scale = torch.from_numpy(root @ root.transpose(0, 2, 1) + 0.5 * np.eye(d))
    if form == "diagonal":
        factor = scale.diagonal(dim1=1, dim2=2).sqrt()
    else:
        factor = torch.linalg.cholesky(scale)
    return Parameters(
        torch.log_softmax(torch.from_numpy(random.normal(size=k)), dim=0),
        torch.from_numpy(random.normal(0, 2, (k, d))),
        factor,
        torch.full((k,), dof, dtype=torch.float64),
    )


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    dimension=st.integers(1, 6),
    components=st.integers(2, 4),
    dof=st.floats(1.0, 60.0),
)
def test_density_equals_scipy(
    form: str, seed: int, dimension: int, components: int, dof: float
) -> None:
    random = np.random.default_rng(seed)
    x = random.normal(0, 3, (17, dimension))
    parameters = _parameters(random, components, dimension, dof, form)
    ours = log_density(torch.from_numpy(x), parameters).numpy()
    scale = (parameters.factors @ parameters.factors.transpose(1, 2)).numpy()
    mean = parameters.mean.numpy()
    theirs = np.column_stack(
        [multivariate_t(mean[k], scale[k], df=dof).logpdf(x) for k in range(components)]
    )
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("offset", [0.0, 1e5])
def test_distances_equal_those_of_differences_wherever_the_data_lie(form, offset) -> None:
    random = np.random.default_rng(0)
    parameters = _parameters(random, 5, 8, 4.0, form).moved(torch.full((8,), offset))
    x = offset + torch.from_numpy(random.normal(0, 3, (30, 8)))
    difference = (x[None] - parameters.mean[:, None]).transpose(1, 2)
    white = torch.linalg.solve_triangular(parameters.factors, difference, upper=False)
    torch.testing.assert_close(
        mahalanobis(x, parameters), white.square().sum(dim=1).T, rtol=1e-7, atol=1e-7
    )
    at_means = mahalanobis(parameters.mean, parameters).diagonal()
    assert (at_means >= 0).all() and (at_means < 1e-6).all()


@pytest.mark.parametrize("form", FORMS)
def test_gradients_to_the_data_are_those_of_finite_differences(form) -> None:
    random = np.random.default_rng(1)
    parameters = _parameters(random, 3, 4, 5.0, form)
    x = torch.from_numpy(random.normal(0, 2, (6, 4))).requires_grad_()
    assert torch.autograd.gradcheck(lambda z: log_joint(z, parameters), x)


@pytest.mark.parametrize("form", FORMS)
def test_some_components_are_a_mixture_of_their_own(form) -> None:
    random = np.random.default_rng(2)
    parameters = _parameters(random, 4, 3, 5.0, form)
    x = torch.from_numpy(random.normal(0, 2, (6, 3)))
    chosen = torch.tensor([3, 1])
    some = parameters.of(chosen)
    torch.testing.assert_close(log_density(x, some), log_density(x, parameters)[:, chosen])
    torch.testing.assert_close(some.log_weight.exp().sum(), torch.tensor(1.0).double())
