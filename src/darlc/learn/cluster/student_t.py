"""The Student's t mixture model: MAP-EM with conjugate priors, log domain, all clusters at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, DensityMixin, clone
from sklearn.cluster import KMeans
from sklearn.utils.validation import check_array, check_is_fitted
from torch import Tensor

from darlc.errors import InputError

Scale = Literal["full", "tied", "diagonal", "spherical"]
_BISECTIONS = 40


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
        (K, D, D) lower factors of the scale matrices, whatever their form; (1, D, D) if tied.
    dof
        (K,) degrees of freedom.
    """

    log_weight: Tensor
    mean: Tensor
    cholesky: Tensor
    dof: Tensor

    def to(self, like: Tensor) -> Parameters:
        """Return a copy with the dtype and device of ``like``."""
        return Parameters(
            *(part.to(like) for part in (self.log_weight, self.mean, self.cholesky, self.dof))
        )


def mahalanobis(z: Tensor, parameters: Parameters) -> Tensor:
    """Return squared Mahalanobis distances (N, K) of ``z`` (N, D) to every component."""
    factor = parameters.cholesky
    if len(factor) == 1:
        # With one scale for all, whiten once instead of for every component.
        white = torch.linalg.solve_triangular(factor[0], z.T, upper=False).T
        centre = torch.linalg.solve_triangular(factor[0], parameters.mean.T, upper=False).T
        return (white[:, None] - centre).square().sum(dim=2)
    difference = (z[None] - parameters.mean[:, None]).transpose(1, 2)
    return torch.linalg.solve_triangular(factor, difference, upper=False).square().sum(dim=1).T


def log_density(z: Tensor, parameters: Parameters) -> Tensor:
    """Return log t densities (N, K) of ``z`` (N, D); differentiable in ``z``.

    The multivariate Student's t: Peel & McLachlan 2000, eq. 5.
    """
    dimension = z.shape[1]
    dof = parameters.dof
    half_log_det = torch.log(torch.diagonal(parameters.cholesky, dim1=1, dim2=2)).sum(dim=1)
    constant = (
        torch.lgamma((dof + dimension) / 2)
        - torch.lgamma(dof / 2)
        - 0.5 * dimension * torch.log(dof * torch.pi)
        - half_log_det
    )
    return constant - 0.5 * (dof + dimension) * torch.log1p(mahalanobis(z, parameters) / dof)


def log_joint(z: Tensor, parameters: Parameters) -> Tensor:
    """Return log weight + log density, (N, K); its softmax over K is the membership."""
    return parameters.log_weight + log_density(z, parameters)


@dataclass(frozen=True)
class Prior:
    """Conjugate priors, in the data's own units.

    Dirichlet on the weights; normal on every mean given its scale; inverse Wishart on the scale
    (inverse gamma on its free entries for the restricted forms).
    """

    concentration: float
    mean: Tensor
    mean_precision: float
    scale: Tensor
    scale_dof: float


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
        prior = self._prior(x)
        if labels is not None:
            start = self._from_labels(x, np.asarray(labels), prior)
        else:
            start = self._best_start(x, prior)
        self.parameters_, self.objective_, self.converged_ = self._run(
            x, start, prior, self.max_iter
        )
        self.n_iter_ = len(self.objective_)
        return self

    def refine(self, X: ArrayLike, iterations: int = 5) -> Self:
        """Update the fit for changed data by a few EM iterations from the current parameters."""
        check_is_fitted(self, "parameters_")
        x = self._tensor(X)
        self.parameters_, self.objective_, self.converged_ = self._run(
            x, self.parameters_, self._prior(x), iterations
        )
        self.n_iter_ = len(self.objective_)
        return self

    def fit_memberships(
        self,
        X: ArrayLike,
        membership: ArrayLike,
        iterations: int = 10,
    ) -> Self:
        """Fit a component to each column of given memberships (N, K).

        Afterwards the mixture has K components.
        """
        x, fixed = self._tensor(X), self._tensor(membership)
        self.n_components = fixed.shape[1]
        prior = self._prior(x)
        log_weight, mean, cholesky = self._maximise(x, fixed, fixed, prior)
        now = Parameters(log_weight, mean, cholesky, torch.full_like(log_weight, self.dof_max))
        for _ in range(iterations):
            now = self._step(x, now, prior, fixed)
        self.parameters_ = now
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
            "cholesky": now.cholesky.expand(self.n_components, -1, -1).contiguous().numpy(),
            "dof": now.dof.numpy(),
        }

    def keep(self, kept: ArrayLike) -> StudentMixture:
        """Return the mixture of some components only, by position and in that order."""
        check_is_fitted(self, "parameters_")
        chosen = torch.from_numpy(np.asarray(kept, dtype=np.int64))
        now = self.parameters_
        log_weight = torch.log_softmax(now.log_weight[chosen], dim=0)
        smaller = clone(self).set_params(n_components=len(chosen))
        factors = now.cholesky if len(now.cholesky) == 1 else now.cholesky[chosen]
        smaller.parameters_ = Parameters(log_weight, now.mean[chosen], factors, now.dof[chosen])
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
            mean=x.mean(dim=0),
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
        dof = torch.full((self.n_components,), self.dof_max, dtype=x.dtype)
        log_weight, mean, cholesky = self._maximise(x, membership, membership, prior)
        return Parameters(log_weight, mean, cholesky, dof)

    def _run(
        self, x: Tensor, start: Parameters, prior: Prior, iterations: int
    ) -> tuple[Parameters, list[float], bool]:
        now, objectives = start, []
        converged = False
        for _ in range(iterations):
            now = self._step(x, now, prior)
            objectives.append(self._objective(x, now, prior))
            if len(objectives) > 1 and objectives[-1] - objectives[-2] < self.tol * len(x):
                converged = True
                break
        return now, objectives, converged

    def _step(
        self, x: Tensor, now: Parameters, prior: Prior, fixed: Tensor | None = None
    ) -> Parameters:
        """One ECM iteration: memberships; weights, means and scales; then degrees of freedom."""
        dimension = x.shape[1]
        distance = mahalanobis(x, now)
        membership = torch.softmax(log_joint(x, now), dim=1) if fixed is None else fixed
        precision = (now.dof + dimension) / (now.dof + distance)
        log_weight, mean, cholesky = self._maximise(x, membership, membership * precision, prior)
        shape = (now.dof + dimension) / 2
        log_precision = torch.log(precision) + torch.digamma(shape) - torch.log(shape)
        mass = membership.sum(dim=0).clamp_min(1e-12)
        evidence = (membership * (log_precision - precision)).sum(dim=0) / mass
        return Parameters(log_weight, mean, cholesky, self._maximise_dof(evidence))

    def _maximise(
        self, x: Tensor, membership: Tensor, weight: Tensor, prior: Prior
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Weights, means and scale factors that maximise the expected log posterior."""
        k, dimension = self.n_components, x.shape[1]
        mass = membership.sum(dim=0)
        # Zero where a flat or sparse prior and an empty component would give a negative weight.
        numerator = (mass + prior.concentration - 1.0).clamp_min(1e-10)
        log_weight = torch.log(numerator / numerator.sum())

        total = weight.sum(dim=0)[:, None] + prior.mean_precision
        mean = (weight.T @ x + prior.mean_precision * prior.mean) / total
        pull = mean - prior.mean
        extra = prior.scale_dof + dimension + 2.0
        if self.scale in ("full", "tied"):
            centred = x[None] - mean[:, None]
            scatter = torch.einsum("nk,kni,knj->kij", weight, centred, centred)
            scatter = scatter + prior.mean_precision * pull[:, :, None] * pull[:, None, :]
            base = torch.diag(prior.scale)
            if self.scale == "full":
                matrix = (base + scatter) / (mass + extra)[:, None, None]
            else:
                pooled = base + scatter.sum(dim=0, keepdim=True)
                matrix = pooled / (mass.sum() + extra + k - 1.0)
            return log_weight, mean, torch.linalg.cholesky(matrix)
        square = weight.T @ x.square() - 2 * mean * (weight.T @ x)
        square = square + weight.sum(dim=0)[:, None] * mean.square()
        square = square + prior.mean_precision * pull.square()
        if self.scale == "diagonal":
            variance = (prior.scale + square) / (mass + extra)[:, None]
        else:
            summed = (prior.scale.sum() + square.sum(dim=1)) / (dimension * (mass + extra))
            variance = summed[:, None].expand(k, dimension)
        return log_weight, mean, torch.diag_embed(variance.sqrt())

    def _maximise_dof(self, evidence: Tensor) -> Tensor:
        """Solve for every component's degrees of freedom by bisection, clamped to the bounds."""

        def slope(dof: Tensor) -> Tensor:
            return torch.log(dof / 2) - torch.digamma(dof / 2) + 1.0 + evidence

        low = torch.full_like(evidence, self.dof_min)
        high = torch.full_like(evidence, self.dof_max)
        # The slope decreases with dof: where it is still positive at a bound, the bound is optimal.
        for _ in range(_BISECTIONS):
            middle = 0.5 * (low + high)
            rising = slope(middle) > 0
            low, high = torch.where(rising, middle, low), torch.where(rising, high, middle)
        return 0.5 * (low + high)

    def _objective(self, x: Tensor, now: Parameters, prior: Prior) -> float:
        """Log posterior up to a constant."""
        dimension = x.shape[1]
        likelihood = torch.logsumexp(log_joint(x, now), dim=1).sum()
        weights = (prior.concentration - 1.0) * now.log_weight.sum()
        pull = mahalanobis(prior.mean[None], now).sum()
        half_log_det = torch.log(torch.diagonal(now.cholesky, dim1=1, dim2=2)).sum(dim=1)
        inverse = torch.cholesky_inverse(now.cholesky)
        trace = (torch.diagonal(inverse, dim1=1, dim2=2) * prior.scale).sum(dim=1)
        extra = prior.scale_dof + dimension + 2.0
        if self.scale == "tied":
            scales = (extra + self.n_components - 1.0) * half_log_det[0] + 0.5 * trace[0]
        else:
            scales = (extra * half_log_det + 0.5 * trace).sum()
        return float(likelihood + weights - 0.5 * prior.mean_precision * pull - scales)


def _winsorise(x: Tensor) -> Tensor:
    """Clip outliers, so that no initial component holds only one of them."""
    centre = x.median(dim=0).values
    spread = 1.4826 * (x - centre).abs().median(dim=0).values
    spread = torch.where(spread > 0, spread, x.std(dim=0, correction=0))
    return centre + (x - centre).clamp(-4 * spread, 4 * spread)
