"""The mixture against closed forms: a rising objective, known clusters."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture

from darlc.errors import InputError
from darlc.learn.cluster.mixture.student_t import StudentMixture

SCALES = ("full", "tied", "diagonal", "spherical")


def _clusters(seed: int = 0, n: int = 120, k: int = 4, d: int = 3) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    centres = random.normal(0, 6, (k, d))
    labels = random.integers(k, size=n)
    return centres[labels] + random.standard_t(6, (n, d)), labels


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("concentration", [1.0, 3.0])
def test_em_never_lowers_the_posterior(scale: str, concentration: float) -> None:
    for seed in range(4):
        x, _ = _clusters(seed)
        mixture = StudentMixture(
            5, scale=scale, tol=0.0, max_iter=60, concentration=concentration, random_state=seed
        ).fit(x)
        gains = np.diff(mixture.objective_)
        assert len(gains) > 3
        assert gains.min() >= -1e-8 * abs(mixture.objective_[-1])


@pytest.mark.parametrize("scale", SCALES)
def test_finds_separated_clusters_and_bounds_its_dof(scale: str) -> None:
    x, labels = _clusters(seed=3, n=400)
    mixture = StudentMixture(4, scale=scale, n_init=5, dof_min=2.5, dof_max=20).fit(x)
    assert adjusted_rand_score(labels, mixture.predict(x)) > 0.95
    dof = mixture.parameters_.dof
    assert torch.isfinite(dof).all()
    assert dof.min() >= 2.5
    assert dof.max() <= 20


def test_memberships_are_probabilities_and_follow_a_permutation() -> None:
    x, _ = _clusters()
    mixture = StudentMixture(4).fit(x)
    membership = mixture.predict_proba(x)
    np.testing.assert_allclose(membership.sum(axis=1), 1.0)
    order = np.random.default_rng(0).permutation(len(x))
    np.testing.assert_allclose(mixture.predict_proba(x[order]), membership[order])


def test_many_degrees_of_freedom_are_a_gaussian() -> None:
    x, _ = _clusters(seed=1, n=2000)
    t = StudentMixture(4, dof_min=1e6, dof_max=1e6, n_init=3, max_iter=500, tol=1e-9).fit(x)
    gaussian = GaussianMixture(4, n_init=3, tol=1e-9, max_iter=500, random_state=0).fit(x)
    assert t.score(x) == pytest.approx(gaussian.score(x), abs=2e-2)
    assert adjusted_rand_score(t.predict(x), gaussian.predict(x)) > 0.99


def test_outliers_do_not_break_it_where_a_gaussian_breaks() -> None:
    random = np.random.default_rng(0)
    centres = np.array([[0.0, 0.0], [6.0, 0.0], [0.0, 6.0]])
    labels = random.integers(3, size=300)
    x = np.vstack([centres[labels] + random.normal(0, 1, (300, 2)), random.normal(0, 60, (8, 2))])
    t = StudentMixture(3, scale="tied", n_init=10).fit(x)
    gaussian = GaussianMixture(3, covariance_type="tied", n_init=10, random_state=0).fit(x)
    assert adjusted_rand_score(labels, t.predict(x)[:300]) > 0.9
    assert adjusted_rand_score(labels, gaussian.predict(x)[:300]) < 0.6


@pytest.mark.parametrize("scale", ["full", "tied", "diagonal", "spherical"])
def test_samples_are_drawn_from_the_density(scale: str) -> None:
    x, _ = _clusters(seed=3, n=600)
    mixture = StudentMixture(4, scale=scale, n_init=3, random_state=1).fit(x)
    points, component = mixture.sample(20_000)
    arrays = mixture.to_arrays()
    share = np.bincount(component, minlength=4) / len(component)
    np.testing.assert_allclose(share, arrays["weight"], atol=0.02)
    # The squared distance over the dimension follows an F distribution.
    for k in range(4):
        drawn = points[component == k] - arrays["mean"][k]
        whitened = np.linalg.solve(arrays["cholesky"][k], drawn.T)
        ratio = np.square(whitened).sum(axis=0) / x.shape[1]
        assert stats.kstest(ratio, stats.f(x.shape[1], arrays["dof"][k]).cdf).pvalue > 1e-4
    again, _ = mixture.sample(20_000)
    np.testing.assert_array_equal(points, again)


def test_bic_prefers_the_true_number() -> None:
    x, _ = _clusters(seed=5, n=600)
    bic = {k: StudentMixture(k, scale="tied", n_init=5).fit(x).bic(x) for k in (2, 3, 4, 5, 6)}
    assert min(bic, key=bic.__getitem__) == 4


def test_refine_follows_moving_data() -> None:
    x, labels = _clusters(seed=3, n=300)
    mixture = StudentMixture(4, n_init=5).fit(x)
    moved = x + 0.5
    before = mixture.score(moved)
    mixture.refine(moved, iterations=10)
    assert mixture.score(moved) > before
    assert adjusted_rand_score(labels, mixture.predict(moved)) > 0.95


@pytest.mark.parametrize("scale", SCALES)
def test_where_the_origin_is_makes_no_difference(scale: str) -> None:
    x, labels = _clusters(seed=3, n=300)
    here = StudentMixture(4, scale=scale, max_iter=20).fit(x, labels=labels)
    there = StudentMixture(4, scale=scale, max_iter=20).fit(x + 1e4, labels=labels)
    np.testing.assert_allclose(there.predict_proba(x + 1e4), here.predict_proba(x), atol=1e-6)
    np.testing.assert_allclose(there.to_arrays()["mean"], here.to_arrays()["mean"] + 1e4)
    for mixture, data in ((here, x), (there, x + 1e4)):
        before = mixture.objective_[-1]
        assert mixture.refine(data, 3).objective_[-1] >= before
    some = here.keep([2, 0])
    np.testing.assert_allclose(some.predict_proba(x).sum(axis=1), 1.0)
    np.testing.assert_array_equal(
        some.to_arrays()["cholesky"], here.to_arrays()["cholesky"][[2, 0]]
    )


def test_fewer_genes_than_clusters_is_refused() -> None:
    with pytest.raises(InputError, match="3 genes cannot be put into 5 clusters"):
        StudentMixture(5).fit(np.eye(3))
