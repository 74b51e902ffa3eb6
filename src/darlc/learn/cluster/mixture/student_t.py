"""The Student's t mixture model, as an estimator of scikit-learn."""

from __future__ import annotations

from typing import Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, DensityMixin, clone
from sklearn.cluster import KMeans
from sklearn.utils.validation import check_array, check_is_fitted
from torch import Tensor

from darlc.errors import InputError
from darlc.learn.cluster.mixture.t_density import Parameters, log_density, log_joint
from darlc.learn.cluster.mixture.t_steps import (
    Expectation,
    Prior,
    Scale,
    expect,
    log_prior,
    maximise,
    maximise_dof,
)


class StudentMixture(DensityMixin, BaseEstimator):  # type: ignore[misc]
    """Mixture of multivariate Student's t distributions, fitted by MAP-EM.

    Expectation–conditional-maximisation of Peel & McLachlan 2000 (Statistics and Computing 10)
    under conjugate priors, so that no component collapses. The priors are our choice; the paper
    (DARLC, section on the SMM) only names the model.

    Parameters
    ----------
    n_components
        Number K of components.
    scale
        ``"full"``, ``"tied"`` (one for all), ``"diagonal"`` or ``"spherical"`` scale matrices.
    dof_min, dof_max
        Bounds of the degrees of freedom.
    n_init
        k-means starts; the one with the best posterior objective is kept.
    max_iter
        Most EM iterations.
    tol
        EM ends when the objective gains less than this an observation.
    concentration
        Dirichlet concentration of the weights; 1 is flat.
    random_state
        Seed.

    Attributes
    ----------
    parameters_ : Parameters
        The fitted mixture, float64 on the CPU.
    objective_ : list of float
        Log posterior after every iteration; it never falls.
    n_iter_ : int
    converged_ : bool

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> points = np.concatenate([rng.normal(size=(50, 2)), rng.normal(9, 1, size=(50, 2))])
    >>> label = darlc.StudentMixture(2).fit_predict(points)
    >>> len(set(label[:50])), len(set(label[50:])), len(set(label))
    (1, 1, 2)
    """

    def __init__(
        self,
        n_components: int = 2,
        *,
        scale: Scale = "full",
        dof_min: float = 2.0,
        dof_max: float = 30.0,
        n_init: int = 1,
        max_iter: int = 200,
        tol: float = 1e-5,
        concentration: float = 1.0,
        random_state: int = 0,
    ) -> None:
        self.n_components = n_components
        self.scale = scale
        self.dof_min = dof_min
        self.dof_max = dof_max
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.concentration = concentration
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: object = None, labels: ArrayLike | None = None) -> Self:
        """Fit the mixture.

        Parameters
        ----------
        X
            (N, D) observations of the mixture; for DARLC the embeddings of the genes.
        y
            Ignored, as in scikit-learn.
        labels
            (N,) initial labels instead of k-means.

        Raises
        ------
        InputError
            There are fewer observations than components.
        """
        x = self._tensor(X)
        if len(x) < self.n_components:
            raise InputError(
                f"{len(x)} genes cannot be put into {self.n_components} clusters: "
                "ask for fewer clusters."
            )
        x, middle = _centred(x)
        prior = self._prior(x)
        if labels is not None:
            start = self._from_labels(x, np.asarray(labels), prior)
        else:
            start = self._best_start(x, prior)
        return self._keep(*self._run(x, start, prior, self.max_iter), middle)

    def refine(self, X: ArrayLike, iterations: int = 5) -> Self:
        """Update the fit for changed data by a few EM iterations from the current parameters."""
        check_is_fitted(self, "parameters_")
        x, middle = _centred(self._tensor(X))
        start = self.parameters_.moved(-middle)
        return self._keep(*self._run(x, start, self._prior(x), iterations), middle)

    def fit_memberships(
        self,
        X: ArrayLike,
        membership: ArrayLike,
        iterations: int = 10,
    ) -> Self:
        """Fit a component to each column of given memberships (N, K).

        Afterwards the mixture has K components.
        """
        (x, middle), fixed = _centred(self._tensor(X)), self._tensor(membership)
        self.n_components = fixed.shape[1]
        prior = self._prior(x)
        now = self._from_memberships(x, fixed, prior)
        for _ in range(iterations):
            now = self._maximise(x, expect(x, now, fixed), prior)
        self.parameters_ = now.moved(middle)
        return self

    def log_joint(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return log weight + log density of every component, (N, K)."""
        check_is_fitted(self, "parameters_")
        return log_joint(self._tensor(X), self.parameters_).numpy()

    def log_density(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the log density of every component, (N, K), without the weights."""
        check_is_fitted(self, "parameters_")
        return log_density(self._tensor(X), self.parameters_).numpy()

    def to_arrays(self) -> dict[str, NDArray[np.float64]]:
        """Return the parameters by name: weight, mean, cholesky and dof."""
        check_is_fitted(self, "parameters_")
        now = self.parameters_
        return {
            "weight": now.log_weight.exp().numpy(),
            "mean": now.mean.numpy(),
            "cholesky": now.factors.contiguous().numpy(),
            "dof": now.dof.numpy(),
        }

    def keep(self, kept: ArrayLike) -> StudentMixture:
        """Return the mixture of some components only, by position and in that order."""
        check_is_fitted(self, "parameters_")
        chosen = torch.from_numpy(np.asarray(kept, dtype=np.int64))
        smaller = clone(self).set_params(n_components=len(chosen))
        smaller.parameters_ = self.parameters_.of(chosen)
        return smaller

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return memberships, (N, K); rows sum to 1."""
        check_is_fitted(self, "parameters_")
        return torch.softmax(log_joint(self._tensor(X), self.parameters_), dim=1).numpy()

    def predict(self, X: ArrayLike) -> NDArray[np.int64]:
        """Return the component of highest membership, (N,)."""
        return self.log_joint(X).argmax(axis=1)

    def fit_predict(self, X: ArrayLike, y: object = None) -> NDArray[np.int64]:
        """Fit, and return the component of highest membership, (N,)."""
        return self.fit(X).predict(X)

    def score_samples(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return log densities under the mixture, (N,)."""
        check_is_fitted(self, "parameters_")
        return torch.logsumexp(log_joint(self._tensor(X), self.parameters_), dim=1).numpy()

    def score(self, X: ArrayLike, y: object = None) -> float:
        """Return the mean log density."""
        return float(self.score_samples(X).mean())

    def sample(self, n_samples: int = 1) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Draw points (n, D) from the mixture, and the components (n,) that they come from.

        The same ``random_state`` draws the same points.
        """
        check_is_fitted(self, "parameters_")
        arrays = self.to_arrays()
        random = np.random.default_rng(self.random_state)
        component = random.choice(len(arrays["weight"]), n_samples, p=arrays["weight"])
        dof = arrays["dof"][component]
        normal = random.normal(size=(n_samples, arrays["mean"].shape[1]))
        # A t variable is a normal one over the root of an independent chi square over its dof.
        normal /= np.sqrt(random.chisquare(dof) / dof)[:, None]
        points = np.einsum("nij,nj->ni", arrays["cholesky"][component], normal)
        return arrays["mean"][component] + points, component

    def bic(self, X: ArrayLike) -> float:
        """Return the Bayesian information criterion; lower is better."""
        x = self._tensor(X)
        return -2.0 * float(self.score_samples(x).sum()) + self._n_free(x.shape[1]) * np.log(len(x))

    def icl(self, X: ArrayLike) -> float:
        """Return the integrated completed likelihood: BIC plus twice the memberships' entropy."""
        membership = self.predict_proba(X)
        entropy = -(membership * np.log(np.maximum(membership, 1e-300))).sum()
        return self.bic(X) + 2.0 * float(entropy)

    def _n_free(self, dimension: int) -> int:
        k = self.n_components
        form = {
            "full": k * dimension * (dimension + 1) // 2,
            "tied": dimension * (dimension + 1) // 2,
            "diagonal": k * dimension,
            "spherical": k,
        }[self.scale]
        return (k - 1) + k * dimension + form + k

    @staticmethod
    def _tensor(data: ArrayLike) -> Tensor:
        return torch.from_numpy(check_array(np.asarray(data), dtype=np.float64))

    def _prior(self, x: Tensor) -> Prior:
        # The prior expects each component to fill a K-th part of the data's volume.
        dimension = x.shape[1]
        variance = _winsorise(x).var(dim=0, correction=0) + 1e-12
        shrink = self.n_components ** (-2.0 / dimension)
        return Prior(
            concentration=self.concentration,
            mean_precision=0.01,
            scale=variance.mean() * shrink * torch.ones_like(variance),
            scale_dof=dimension + 2.0,
        )

    def _best_start(self, x: Tensor, prior: Prior) -> Parameters:
        best: tuple[float, Parameters] | None = None
        near = _winsorise(x)
        for i in range(self.n_init):
            means = KMeans(self.n_components, n_init=1, random_state=self.random_state + i)
            start = self._from_labels(x, means.fit_predict(near.numpy()), prior)
            # A few iterations decide between starts; only the best one runs to the end.
            start, objective, _ = self._run(x, start, prior, min(20, self.max_iter))
            if best is None or objective[-1] > best[0]:
                best = objective[-1], start
        assert best is not None
        return best[1]

    def _from_labels(self, x: Tensor, labels: NDArray[np.int64], prior: Prior) -> Parameters:
        membership = torch.zeros(len(x), self.n_components, dtype=x.dtype)
        membership[torch.arange(len(x)), torch.from_numpy(labels.astype(np.int64))] = 1.0
        return self._from_memberships(x, membership, prior)

    def _from_memberships(self, x: Tensor, membership: Tensor, prior: Prior) -> Parameters:
        """Fit nearly Gaussian components to memberships (N, K)."""
        found = maximise(x, membership, membership, prior, self.scale)
        return Parameters(*found, torch.full_like(found[0], self.dof_max))

    def _run(
        self, x: Tensor, start: Parameters, prior: Prior, iterations: int
    ) -> tuple[Parameters, list[float], bool]:
        now, objectives = start, list[float]()
        expected = expect(x, now)
        for _ in range(iterations):
            now = self._maximise(x, expected, prior)
            expected = expect(x, now)
            objectives.append(expected.likelihood + log_prior(now, prior))
            if len(objectives) > 1 and objectives[-1] - objectives[-2] < self.tol * len(x):
                return now, objectives, True
        return now, objectives, False

    def _keep(
        self, found: Parameters, objective: list[float], converged: bool, middle: Tensor
    ) -> Self:
        """Keep what was found for centred data."""
        self.parameters_ = found.moved(middle)
        self.objective_, self.converged_, self.n_iter_ = objective, converged, len(objective)
        return self

    def _maximise(self, x: Tensor, expected: Expectation, prior: Prior) -> Parameters:
        """Return weights, means and scales, then degrees of freedom."""
        found = maximise(x, expected.membership, expected.weight, prior, self.scale)
        return Parameters(*found, maximise_dof(expected.evidence, self.dof_min, self.dof_max))


def _centred(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return data with mean 0, and their mean."""
    middle = x.mean(dim=0)
    return x - middle, middle


def _winsorise(x: Tensor) -> Tensor:
    """Clip outliers, so that no initial component holds only one of them."""
    centre = x.median(dim=0).values
    spread = 1.4826 * (x - centre).abs().median(dim=0).values
    spread = torch.where(spread > 0, spread, x.std(dim=0, correction=0))
    return centre + (x - centre).clamp(-4 * spread, 4 * spread)
