"""Task 6: what each part of the method is worth. One part off at a time, all else the same.

Parts with a setting are turned off by it. For the others this module puts a stand-in in the
engine's place while a variant runs, so that the engine carries no switches for the benchmark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Self
from unittest import mock

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.cluster import KMeans
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.quality.cache import kept
from benchmarks.quality.methods import Method, ours
from benchmarks.quality.scores import against_truth, paired
from benchmarks.quality.settings import Settings, Unavailable
from benchmarks.quality.tables import Plot, Table
from benchmarks.quality.tasks.splitting import split
from benchmarks.quality.tissues import Tissue
from darlc.config import DenoiseConfig, NetworkConfig
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.images.statistics import standardised
from darlc.learn.cluster.mixture.student_t import StudentMixture
from darlc.learn.denoise.denoiser import Denoiser
from darlc.learn.denoise.transform import stabilise
from darlc.learn.encode import losses
from darlc.learn.encode.network import MaskedAutoencoder
from darlc.learn.encode.tokens import Tokens

FULL = "full"
#: With the count observation model, and without: the published model, where training must do
#: all the work that the counts otherwise do.
COUNT_WEIGHTS = (1.0, 0.0)
#: Depths at which the plain baseline reaches an adjusted Rand index of about .5 to .7.
_GENES, _CLUSTERS = 600, 12
_REPORTING = (
    Tissue("visium mixed", 221, _GENES, _CLUSTERS, 50),
    Tissue("st mixed", 222, _GENES, _CLUSTERS, 150, (("platform", "st"),)),
    Tissue("merfish mixed", 223, _GENES, _CLUSTERS, 20, (("platform", "merfish"),)),
)
_TUNING = (
    Tissue("visium mixed", 31, _GENES, _CLUSTERS, 50),
    Tissue("st mixed", 32, _GENES, _CLUSTERS, 150, (("platform", "st"),)),
    Tissue("merfish mixed", 33, _GENES, _CLUSTERS, 20, (("platform", "merfish"),)),
)
_SEEDS = (0, 1)
_REAL = "mob"
_SPLITS = {False: 201, True: 11}
#: Components that the Gaussian view is described by, and its smoothing in pixels.
_COMPONENTS = 60
_SIGMA = 2.0
#: A Student's t of so many degrees of freedom is a Gaussian.
_GAUSSIAN = 1e4
_LLOYD = 3

Patch = tuple[str, Any]


class GaussianDenoiser(Denoiser):
    """The GAT's stand-in: what represents the tissue are components of smoothed genes."""

    def __init__(
        self, images: SGEPImages, config: DenoiseConfig, seed: int, device: torch.device
    ) -> None:
        super().__init__(images, config, seed, device)
        self._smoother = images.grid.smoother(_SIGMA)
        self._values = stabilise(images)

    def fit(self) -> Iterator[tuple[int, float]]:
        """Learn nothing, in one step."""
        yield 0, 0.0

    def finish(self) -> None:
        """Describe pixels by the leading components of the smoothed genes."""
        smooth = standardised(self.denoise(self._values))
        _, scale, right = np.linalg.svd(smooth, full_matrices=False)
        kept = min(_COMPONENTS, int((scale > 1e-4 * scale[0]).sum()))
        self.basis = np.ascontiguousarray(right[:kept].T).astype(np.float32)
        self.scale = scale[:kept].astype(np.float32)

    def denoise(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return smoothed values, (g, P)."""
        return np.ascontiguousarray((self._smoother @ values.T).T)


class HardMixture(StudentMixture):
    """The mixture's stand-in: k-means, with memberships of 0 and 1."""

    def fit(self, X: ArrayLike, y: object = None, labels: ArrayLike | None = None) -> Self:
        """Fit k-means to (N, D)."""
        x = np.asarray(X, dtype=np.float64)
        means = KMeans(self.n_components, n_init=self.n_init, random_state=self.random_state)
        return self._follow(x, means.fit_predict(x))

    def refine(self, X: ArrayLike, iterations: int = 5) -> Self:
        """Follow moving data with a few of Lloyd's iterations."""
        x = np.asarray(X, dtype=np.float64)
        for _ in range(min(iterations, _LLOYD)):
            self._follow(x, self._nearest(x))
        return self

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return memberships of 0 and 1, (N, K)."""
        return np.eye(self.n_components)[self._nearest(np.asarray(X, dtype=np.float64))]

    def _follow(self, x: NDArray[np.float64], labels: NDArray[np.int64]) -> Self:
        return self.fit_memberships(x, np.eye(self.n_components)[labels])

    def _nearest(self, x: NDArray[np.float64]) -> NDArray[np.int64]:
        mean = self.parameters_.mean.numpy()
        # |x − m|² without the part that is the same for all means.
        return (np.square(mean).sum(axis=1) - 2.0 * x @ mean.T).argmin(axis=1)


class PoolingAutoencoder(MaskedAutoencoder):
    """The read-out's stand-in: the mean over tokens, and no principal components to start at."""

    def __init__(
        self, tokens: Tokens, basis: Tensor, config: NetworkConfig, beside: float = 1.0
    ) -> None:
        super().__init__(tokens, basis, config, beside)
        self.pool = nn.Linear(config.width, basis.shape[1])

    def encode(self, values: Tensor, visible: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Embed genes by the mean of their encoded tokens."""
        hidden = self.enter(self.gather(values)) + self.place
        if visible is not None:
            hidden = hidden.gather(1, visible[:, :, None].expand(-1, -1, self.width))
        hidden = self.encoder(hidden)
        return hidden, functional.normalize(self.pool(hidden.mean(dim=1)), dim=1)


_contrastive = losses.contrastive


def indifferent(
    online: Tensor, target: Tensor, temperature: float, membership: Tensor | None = None
) -> Tensor:
    """Contrast without class-collision weights: genes of one cluster are pushed apart too."""
    return _contrastive(online, target, temperature)


def unpaced(confidence: Tensor, progress: float) -> Tensor:
    """Self-pacing off: every gene weighs 1 from the start."""
    return torch.ones_like(confidence)


@dataclass(frozen=True)
class Variant:
    """A part of the method that is off.

    Parameters
    ----------
    name
        As the table shows it.
    changes
        Settings that differ, as `benchmarks.quality.methods.ours` takes them.
    patches
        What stands in, by the name that the engine finds it under.
    """

    name: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    patches: tuple[Patch, ...] = ()

    @contextmanager
    def off(self) -> Iterator[None]:
        """Have the stand-ins in place."""
        with ExitStack() as stack:
            for name, stand_in in self.patches:
                stack.enter_context(mock.patch(name, stand_in))
            yield

    def method(self, settings: Settings, count_weight: float) -> Method:
        """Return the variant as a method."""
        fit = ours(settings.preset, count_weight=count_weight, **self.changes)

        def method(images: SGEPImages, clusters: int | None, seed: int) -> Any:
            with self.off():
                return fit(images, clusters, seed)

        name = f"{self.name}, {count_weight}, {settings.preset}"
        return kept(settings, name, method, engine=True)


def _without(**train: float) -> dict[str, Any]:
    return {"train": train}


VARIANTS = (
    Variant(FULL),
    Variant(
        "Gaussian representation, not GAT",
        patches=(("darlc.learn.train.run.Denoiser", GaussianDenoiser),),
    ),
    Variant("no masked modelling", _without(masked=0.0)),
    Variant("no contrast", _without(contrastive=0.0)),
    Variant(
        "no class-collision weights",
        patches=(("darlc.learn.encode.losses.contrastive", indifferent),),
    ),
    Variant("target is the online network", _without(momentum=0.0)),
    Variant(
        "k-means, no mixture",
        patches=(("darlc.learn.cluster.search.StudentMixture", HardMixture),),
    ),
    Variant("Gaussian mixture", {"mixture": {"dof_min": _GAUSSIAN, "dof_max": _GAUSSIAN}}),
    Variant("no KL", _without(kl=0.0)),
    Variant("no mixture likelihood", _without(likelihood=0.0)),
    Variant("no balance", _without(balance=0.0)),
    Variant("patterns by the Wiener filter", _without(pattern_rate=0.0)),
    Variant("no self-pacing", patches=(("darlc.learn.encode.losses.pace", unpaced),)),
    Variant("two steps, no joint stage", _without(joint_epochs=0)),
    Variant("no training", _without(pretrain_epochs=0, joint_epochs=0)),
    Variant(
        "mean pooling read-out",
        patches=(("darlc.learn.train.run.MaskedAutoencoder", PoolingAutoencoder),),
    ),
)


@dataclass(frozen=True, eq=False)
class ClusteringTask:
    """Images to cluster, and how to judge the clusters.

    Parameters
    ----------
    dataset
        Name.
    images
        The genes.
    clusters
        Number K that is asked for.
    score
        From labels (G,) to a figure; high is good.
    """

    dataset: str
    images: SGEPImages
    clusters: int
    score: Callable[[NDArray[np.int64]], float]


def run(settings: Settings) -> list[Table]:
    """Measure every variant with and without the count observation model."""
    table = Table(
        "ablation",
        (
            *("variant", "count weight", "ARI", "ARI − full", "standard error"),
            *("held-out bulb", "bulb − full", "fits", "seconds", "note"),
        ),
        settings.out,
        Plot("ARI − full", "variant", "count weight"),
    )
    fits = Table(
        "ablation_fits",
        ("variant", "count weight", "dataset", "seed", "score", "seconds"),
        settings.out,
        quiet=True,
    )
    simulated = simulated_cases(settings)
    real = real_cases(settings, table)
    seeds = _SEEDS[:1] if settings.subset else _SEEDS
    for count_weight in COUNT_WEIGHTS:
        for variant in VARIANTS:
            method = variant.method(settings, count_weight)
            for case in (*simulated, *real):
                for seed in seeds:
                    answer = method(case.images, case.clusters, seed)
                    fits.append(
                        {
                            "variant": variant.name,
                            "count weight": count_weight,
                            "dataset": case.dataset,
                            "seed": seed,
                            "score": case.score(answer.labels),
                            "seconds": answer.seconds,
                        }
                    )
            table.append(summarise(fits, variant.name, count_weight, simulated, real))
    return [table, fits]


def simulated_cases(settings: Settings) -> list[ClusteringTask]:
    """Return the simulated tissues, judged by the adjusted Rand index."""
    tissues = _TUNING if settings.tuning else _REPORTING
    return [
        _simulated(tissue, settings) for tissue in (tissues[1:2] if settings.subset else tissues)
    ]


def real_cases(settings: Settings, table: Table) -> list[ClusteringTask]:
    """Return the bulb, judged on held-out molecules; a row says where it is missing."""
    if settings.subset:
        return []
    try:
        tissue = split(_REAL, _SPLITS[settings.tuning], settings.data, genes=_GENES)
    except Unavailable as error:
        table.append({"note": str(error)})
        return []
    return [ClusteringTask(_REAL, tissue.train, tissue.clusters, tissue.score)]


def summarise(
    fits: Table,
    variant: str,
    count_weight: float,
    simulated: list[ClusteringTask],
    real: list[ClusteringTask],
) -> dict[str, Any]:
    """Return a variant's row: means, and differences to the full model paired over fits."""

    def scores(name: str, cases: list[ClusteringTask]) -> list[float]:
        return [
            score
            for case in cases
            for score in fits.numbers(
                "score", variant=name, dataset=case.dataset, **{"count weight": count_weight}
            )
        ]

    own = scores(variant, simulated)
    difference, error = paired(own, scores(FULL, simulated))
    row: dict[str, Any] = {
        "variant": variant,
        "count weight": count_weight,
        "ARI": float(np.mean(own)),
        "ARI − full": difference,
        "standard error": error,
        "fits": len(own),
        "seconds": float(
            np.mean(fits.numbers("seconds", variant=variant, **{"count weight": count_weight}))
        ),
    }
    if real:
        held_out = scores(variant, real)
        row["held-out bulb"] = float(np.mean(held_out))
        row["bulb − full"] = paired(held_out, scores(FULL, real))[0]
    return row


def _simulated(tissue: Tissue, settings: Settings) -> ClusteringTask:
    adata = tissue.make(settings.data)
    truth = adata.var["pattern"].to_numpy()
    return ClusteringTask(
        tissue.name,
        rasterize(adata),
        tissue.clusters,
        lambda labels: against_truth(truth, labels).ari,
    )
