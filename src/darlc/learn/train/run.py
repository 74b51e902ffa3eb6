"""The run: from SGEP images to events, in stages, each of which can be stopped."""

from __future__ import annotations

import importlib.metadata
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import torch
from numpy.typing import NDArray

from darlc.config import Config
from darlc.errors import TrainingError
from darlc.estimate import Sizes, stage_costs
from darlc.events import (
    Denoised,
    Event,
    Finished,
    Losses,
    Memberships,
    Progress,
    Stage,
    Started,
)
from darlc.images.sgep_images import SGEPImages
from darlc.learn.cluster.values.value_clusters import gene_clusters
from darlc.learn.denoise.denoiser import Denoiser
from darlc.learn.denoise.pooling import Grids, Pooling, compare_poolings
from darlc.learn.denoise.views import (
    Views,
    choose_basis,
    choose_kind,
    draw_views,
    weight_of_denoised,
)
from darlc.learn.devices import choose_device, choose_precision
from darlc.learn.encode.embedding import embed_views
from darlc.learn.encode.network import MaskedAutoencoder
from darlc.learn.encode.tokens import make_tokens
from darlc.learn.encode.weights import pack
from darlc.learn.train.checkpoint import Checkpoint
from darlc.learn.train.given import Clusters, Given
from darlc.learn.train.joint_step import Goal, Learner, gentle_config, sharpen
from darlc.learn.train.notes import on_clusters, on_sums
from darlc.learn.train.other_genes import Answers, Learnt, answer
from darlc.learn.train.size_check import check_data, check_machine
from darlc.learn.train.time_left import TimeLeft
from darlc.results.denoised_views import DenoisedViews
from darlc.results.palette import cluster_colours, cluster_names
from darlc.results.result import Result
from darlc.wording import counted

_PACKAGES = ("napari-darlc", "torch", "torch-geometric", "anndata", "numpy", "scikit-learn")
_LAST_STEPS = 6


def train(
    images: SGEPImages,
    config: Config,
    stop: Callable[[], bool] | None = None,
    *,
    state: str | Path | None = None,
    resume: bool = False,
) -> Iterator[Event]:
    """Fit DARLC to SGEP images; a generator of events, the last one ``Finished``.

    Parameters
    ----------
    images
        All genes of the tissue.
    config
        Settings of the fit.
    stop
        Called often; once it returns True the run ends early with what was learned. To cancel,
        close the generator.
    state
        File in which the state of the training is kept, written after every epoch; nothing is kept
        by default. It stays when training has ended: delete it once the result is safe.
    resume
        Whether to continue the training that is kept in ``state``, if there is one. On a CPU the
        result is that of a training without the interruption.

    Yields
    ------
    Event
        See `darlc.events`.

    Raises
    ------
    InputError
        The data or the configuration cannot be fitted, or what is kept in ``state`` is not of them.
    TrainingError
        A value was not finite; the message names the stage.

    Examples
    --------
    >>> images = darlc.rasterize(darlc.read("tissue.h5ad"))
    >>> for event in darlc.train(images, darlc.Config.from_preset("quick")):
    ...     if isinstance(event, darlc.events.Finished):
    ...         print(event.result.stage)
    assign
    """
    kept = Checkpoint(
        None if state is None else Path(state), resume, lambda: images.fingerprint, config
    )
    yield from _Run(images, config, stop or (lambda: False), kept).events()


def train_given(
    images: SGEPImages,
    config: Config,
    stop: Callable[[], bool],
    given: Given,
    kept: Checkpoint,
) -> Iterator[Event]:
    """Fit one section of a study, whose clusters are known; yields events as `train` does."""
    yield from _Run(images, config, stop, kept, given).events()


class _Run:
    def __init__(
        self,
        images: SGEPImages,
        config: Config,
        stop: Callable[[], bool],
        kept: Checkpoint,
        given: Given | None = None,
    ) -> None:
        self.images, self.config, self.stop, self.kept = images, config, stop, kept
        self.given = given
        self.device = choose_device(config.device)
        self.precision = choose_precision(config.precision, self.device)
        self.timings: dict[str, float] = {}
        self.history: dict[str, list[float]] = defaultdict(list)
        self.completed: Stage = "rasterize"
        self.stopped = False
        if kept.resumed:
            self.completed, self.timings, history = kept.run()
            self.history.update(history)
        self._since = time.perf_counter()
        self._left: TimeLeft | None = None
        self.learner: Learner | None = None
        self.clusters: Clusters | None = None

    def events(self) -> Iterator[Event]:
        config = self.config
        sizes = Sizes.of(self.images, config)
        if self.given is None:
            yield from check_machine(sizes, config, self.device)
        with self._timed("rasterize"):
            known = None if self.given is None else self.given.selection
            grids = Grids.of(self.images, config, self.device, known)
            selection, drawing = grids.selection, grids.drawing
            check_data(grids.finest.select(selection.genes), config.clusters)
            self.notes = [*self.images.notes, *selection.notes]
            yield Started(str(self.device), selection.genes, tuple(self.notes))
            yield from self.kept.losses()
            self.pooling = Pooling(grids.tried[0], {})
            yield from self._pool(drawing, grids.tried)
            pooling = self.pooling
            everything, others = grids.everything(pooling), selection.others
            chosen = everything.select(selection.genes)
        self.notes += pooling.notes(chosen.grid)
        costs = stage_costs(sizes.with_genes(chosen.n_genes).with_pixels(chosen.n_pixels), config)
        self._left = TimeLeft(costs, spent=sum(self.timings.values()) if self.kept.resumed else 0.0)

        denoiser = self.denoiser = Denoiser(chosen, config.denoise, config.seed, self.device)
        with self._timed("denoise"):
            yield from self._denoise(denoiser)
            kind = choose_kind(chosen, config.pixels)
            factors, views = draw_views(denoiser, chosen, kind)
            basis = choose_basis(denoiser, views, kind, config.network.embedding)
            at_pictures = denoiser.at_pictures(drawing, pooling.factor)
            if pooling.factor > 1:
                factors = at_pictures(drawing)
        yield Denoised(DenoisedViews(factors, drawing.expression))

        with denoiser.weights.active():
            network = MaskedAutoencoder(
                make_tokens(chosen.grid, config.network.patch),
                torch.from_numpy(basis),
                config.network,
                weight_of_denoised(kind),
            )
        network = network.to(self.device)
        epochs = config.train.pretrain_epochs + config.train.joint_epochs
        learner = self.learner = Learner(
            network,
            views,
            gentle_config(config.train) if kind == "clean" else config.train,
            config.seed,
            epochs,
            self.precision,
        )
        clusters: Clusters = (
            gene_clusters(chosen, config, self.device)
            if self.given is None
            else self.given.clusters
        )
        self.clusters = clusters
        # With counts, the search starts from the linear embedding first: the pretrained one is not
        # always a better start.
        linear = self._embed(network, views) if clusters.counted and not self.given else None
        self.kept.restore("learner", learner.load_state_dict)
        self.kept.restore("clusters", clusters.load_state_dict)
        with self._timed("pretrain"):
            yield from self._pretrain(learner)
        with self._timed("search"):
            yield from self._search(learner, clusters, views, linear)
        with self._timed("joint"):
            yield from self._joint(learner, clusters, views)
        self._since = time.perf_counter()
        z = self._embed(network, views)
        yield from self._assign(clusters, z, len(others))
        if empty := clusters.finish():
            self.notes.append(f"{counted(empty, 'cluster')} without genes left out.")
        self.notes += on_clusters(
            clusters, "counts" if self.images.values == "counts" else "values"
        )
        yield Memberships("assign", clusters.membership, clusters.patternless)
        for _ in clusters.compare_sums():
            yield self._progress("assign", _LAST_STEPS, _LAST_STEPS + len(others))
        second = clusters.second_patterns(clusters.membership)
        self.notes += on_sums(second)
        answers = Answers(factors, z, clusters.membership, second)
        learnt = Learnt(denoiser, network, kind, clusters, self.device)
        for part in answer(everything.select(others), learnt):
            if pooling.factor > 1:
                rows = others[answers.n_genes - len(z) :][: part.n_genes]
                part = replace(part, factors=at_pictures(self.images.select(rows)))
            answers = answers.and_then(part)
            done = _LAST_STEPS + answers.n_genes - len(z)
            yield self._progress("assign", done, _LAST_STEPS + len(others))
        self._spend("assign")
        genes = np.concatenate([selection.genes, others])
        order = np.argsort(genes, kind="stable")
        answers, genes = answers.select(order), genes[order]
        labels = answers.membership.shape[1], clusters.patternless
        yield Finished(
            Result(
                gene_names=self.images.gene_names[genes],
                embedding=answers.z,
                membership=answers.membership,
                denoised=DenoisedViews(
                    answers.factors, lambda rows: self.images.expression(genes[rows])
                ),
                grid=self.images.grid,
                observation_pixel=self.images.observation_pixel,
                config=config,
                second_patterns=answers.second,
                drawing=order < len(z),
                pooling=pooling.factor,
                stage=self.completed,
                stopped=self.stopped,
                device=str(self.device),
                fingerprint=self.images.fingerprint,
                notes=tuple(self.notes),
                timings=self.timings,
                history={k: np.asarray(v, dtype=np.float64) for k, v in self.history.items()},
                mixture=clusters.mixture.to_arrays() | _curve(clusters),
                weights=pack(network, denoiser.to_arrays(), kind),
                versions={name: _version(name) for name in _PACKAGES},
                cluster_names=cluster_names(*labels),
                cluster_colours=cluster_colours(*labels),
            )
        )

    def _denoise(self, denoiser: Denoiser) -> Iterator[Event]:
        if self.given is not None:
            denoiser.load_state_dict(self.given.representation)
            self.completed = "denoise"
            return
        if self.kept.done("denoise"):
            self.kept.restore("denoiser", denoiser.load_state_dict)
            return
        total = self.config.denoise.epochs
        for epoch, loss in denoiser.fit():
            yield self._losses("denoise", epoch, {"total": loss})
            yield self._progress("denoise", epoch + 1, total)
            if self._stop_requested():
                break
        else:
            self.completed = "denoise"
        denoiser.finish()
        self._keep("denoise")

    def _pretrain(self, learner: Learner) -> Iterator[Event]:
        total = self.config.train.pretrain_epochs
        for epoch in range(self.kept.done("pretrain", total), total):
            if self._stop_requested():
                return
            yield from self._epoch(learner, "pretrain", epoch, total, None)
        if not self._stop_requested():
            self.completed = "pretrain"

    def _search(
        self,
        learner: Learner,
        clusters: Clusters,
        views: Views,
        linear: NDArray[np.float32] | None,
    ) -> Iterator[Event]:
        if self.kept.done("search"):
            return
        if self.given is not None:
            self.completed = "search"
            return
        z = self._embed(learner.network, views) if linear is None else linear
        yield self._progress("search", 0, clusters.n_steps)
        # The pretrained embedding is another start, whose clusters the counts may prefer.
        trained = () if linear is None else (learner.network,)
        others = (self._embed(network, views) for network in trained)
        found = clusters.start(z, self._stop_requested, others)
        for step, _ in enumerate(found, start=1):
            yield Memberships("search", clusters.membership, clusters.patternless)
            # The number of comparisons is only known at the end.
            yield self._progress("search", step, max(clusters.n_steps, step + 1))
        if not self._stop_requested():
            self.completed = "search"
        self._keep("search")
        yield self._progress("search", 1, 1)

    def _joint(self, learner: Learner, clusters: Clusters, views: Views) -> Iterator[Event]:
        total = self.config.train.joint_epochs
        for epoch in range(self.kept.done("joint", total), total):
            if self._stop_requested():
                return
            clusters.follow(self._embed(learner.network, views))
            yield Memberships("joint", clusters.membership, clusters.patternless)
            target = clusters.membership if clusters.counted else sharpen(clusters.membership)
            goal = Goal(
                clusters.mixture.parameters_.to(learner.network.basis),
                torch.from_numpy(target).to(self.device),
                (epoch + 1) / total,
            )
            beside = clusters.learn(self._stop_requested)
            yield from self._epoch(learner, "joint", epoch, total, goal, beside)
        if not self._stop_requested():
            self.completed = "joint"

    def _assign(self, clusters: Clusters, z: NDArray[np.float32], others: int) -> Iterator[Event]:
        for step in clusters.settle(z, _LAST_STEPS):
            yield self._progress("assign", step, _LAST_STEPS + others)
            if self._stop_requested():
                break
        if not np.isfinite(clusters.membership).all():
            raise TrainingError("assign", "a membership is not finite.")
        if not self.stopped:
            self.completed = "assign"

    def _epoch(
        self,
        learner: Learner,
        stage: Stage,
        epoch: int,
        total: int,
        goal: Goal | None,
        beside: Mapping[str, float] = MappingProxyType({}),
    ) -> Iterator[Event]:
        """Train on all genes once; losses ``beside`` the networks' are reported with them."""
        done = epoch * learner.n_batches
        for step, means in enumerate(learner.epoch(stage, goal), start=1):
            if means is not None:
                yield self._losses(stage, epoch, {**means, **beside})
                continue
            yield self._progress(stage, done + step, total * learner.n_batches)
            if self._stop_requested():
                return
        self._keep(stage, epoch + 1)

    def _pool(self, drawing: SGEPImages, tried: tuple[int, ...]) -> Iterator[Event]:
        """Choose the pooling."""
        if self.given is not None or self.kept.resumed:
            self.pooling = self.kept.pooling() if self.given is None else self.given.pooling
            return
        config = self.config
        for best in compare_poolings(drawing, tried, config.denoise, config.seed, self.device):
            self.pooling = best
            yield self._progress("rasterize", max(len(best.scores), 1), len(tried))
            if self._stop_requested():
                break

    def _keep(self, stage: Stage, epoch: int = 0) -> None:
        """Keep the state after some epochs of a stage; 0 at its end."""
        if self.stopped:
            return
        self._spend(stage)
        about = {
            "completed": self.completed,
            "timings": self.timings,
            "history": self.history,
            "pooling": self.pooling.factor,
            "scores": self.pooling.scores,
        }
        if said := self.kept.keep(
            stage, epoch, about, (self.denoiser, self.learner, self.clusters)
        ):
            self.notes.append(said)

    def _spend(self, stage: Stage) -> None:
        """Add the time since this was last called to that of a stage."""
        now = time.perf_counter()
        self.timings[stage] = self.timings.get(stage, 0.0) + now - self._since
        self._since = now

    def _embed(self, network: MaskedAutoencoder, views: Views) -> NDArray[np.float32]:
        z = embed_views(network, views, self.device)
        if not np.isfinite(z).all():
            raise TrainingError("joint", "an embedding is not finite.")
        return z

    def _stop_requested(self) -> bool:
        self.stopped = self.stopped or self.stop()
        return self.stopped

    def _losses(self, stage: Stage, epoch: int, values: dict[str, float]) -> Losses:
        for name, value in values.items():
            self.history[f"{stage}/{name}"].append(value)
        return Losses(stage, epoch, values)

    def _progress(self, stage: Stage, step: int, total: int) -> Progress:
        left = float("nan") if self._left is None else self._left.at(stage, step, total)
        return Progress(stage, step, total, left)

    @contextmanager
    def _timed(self, stage: Stage) -> Iterator[None]:
        self._since = time.perf_counter()
        yield
        self._spend(stage)


def _curve(clusters: Clusters) -> dict[str, NDArray[np.float64]]:
    """Return the objective of each number of clusters, where the counts chose it."""
    return {
        "sweep_clusters": np.array(list(clusters.curve), dtype=np.float64),
        "sweep_objective": np.array(list(clusters.curve.values()), dtype=np.float64),
    }


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
