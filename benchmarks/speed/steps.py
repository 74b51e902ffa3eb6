"""How long the parts of a fit take, each beside what bounds it, in one table.

``python -m benchmarks.speed.steps`` fits simulated tissue once and prints: the seconds of every
stage; a step of the counts' EM over its own products of matrices; an EM iteration of the mixture
over scikit-learn's ``GaussianMixture`` with the same form of covariance; and the images a second of
pretraining and of the joint stage. What is compared is measured in turn in one process, and the
least of several times counts. On a CPU it is the processor's time, of one thread, so that other
work on the machine hardly matters.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from torch import Tensor

import darlc
from darlc.config import Config, NetworkConfig, TrainConfig
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.learn.cluster.count_model import STRENGTHS, CountModel
from darlc.learn.cluster.mixture.student_t import StudentMixture
from darlc.learn.cluster.pattern_learner import PatternLearner
from darlc.learn.cluster.split_merge import CountClusters
from darlc.learn.denoise.transform import stabilise
from darlc.learn.denoise.views import Views
from darlc.learn.devices import choose_device
from darlc.learn.encode.network import MaskedAutoencoder
from darlc.learn.encode.tokens import make_tokens
from darlc.learn.train.joint_step import Goal, Learner
from darlc.simulation.tissue import simulate

FORMS = {"diagonal": "diag", "tied": "tied", "full": "full", "spherical": "spherical"}
_ITERATIONS, _ROUNDS = 20, 3
_DIMENSION = 30

Row = tuple[str, str]


def least_seconds(device: torch.device, *tasks: Callable[[], object]) -> list[float]:
    """Return the least time of each task over some rounds, in which they take turns."""
    on_cpu = device.type == "cpu"
    clock = time.process_time if on_cpu else time.perf_counter
    seconds = [float("inf")] * len(tasks)
    for _ in range(_ROUNDS):
        for i, task in enumerate(tasks):
            start = clock()
            task()
            if not on_cpu:
                torch.accelerator.synchronize(device)
            seconds[i] = min(seconds[i], clock() - start)
    return seconds


def measure_stages(images: SGEPImages, preset: str, device: torch.device) -> list[Row]:
    """Return the seconds of every stage of a fit."""
    config = Config.from_preset(preset, device=str(device))  # type: ignore[arg-type]
    start = time.perf_counter()
    *_, finished = darlc.train(images, config)
    assert isinstance(finished, darlc.events.Finished)
    whole = time.perf_counter() - start
    rows = [(f"{stage}, s", f"{t:.1f}") for stage, t in finished.result.timings.items()]
    return [*rows, (f"the whole {preset} fit, s", f"{whole:.1f}")]


def measure_counts(images: SGEPImages, label: NDArray[np.int64], device: torch.device) -> list[Row]:
    """Return the time of a step of the counts' EM over that of its products of matrices."""
    model = CountModel(images.measured(), images.library, images.grid, device=device)
    hard = torch.from_numpy(np.eye(label.max() + 1, dtype=np.float32)[label]).to(device)
    clusters = CountClusters(model)
    state = clusters.run(clusters.start(hard), 3)
    share = model.draw(state.membership[:, :-1]).share
    pattern = torch.rand(len(STRENGTHS) * share.shape[1], images.n_pixels, device=device)

    def products(learnt: bool) -> None:
        for band in model.bands.bands:
            _ = share.T @ band, share.T @ band if learnt else None
        _ = model.seen @ pattern[: share.shape[1]].T, model.expected @ pattern.T

    rows = []
    for learnt in (False, True):
        if learnt:
            learner = PatternLearner(clusters, images.grid, TrainConfig(joint_epochs=4), 0)
            learner.epoch(state)
        step, bound = least_seconds(device, lambda: clusters.step(state), partial(products, learnt))
        name = "learnt" if learnt else "Wiener"
        rows.append((f"counts' EM step, {name} filter, s", f"{step:.3f}"))
        rows.append((f"counts' EM step, {name} filter, over its products", f"{step / bound:.1f}"))
    return rows


def measure_mixture(clusters: int, genes: int) -> list[Row]:
    """Return the time of an EM iteration over scikit-learn's, by form of covariance."""
    random = np.random.default_rng(0)
    label = np.append(np.arange(clusters), random.integers(clusters, size=genes - clusters))
    x = random.normal(size=(clusters, _DIMENSION))[label]
    x += random.standard_t(6, x.shape)
    means = np.stack([x[label == k].mean(axis=0) for k in range(clusters)])
    rows = []
    for ours, theirs in FORMS.items():
        mixture = StudentMixture(clusters, scale=ours, max_iter=_ITERATIONS, tol=-np.inf)  # type: ignore[arg-type]
        mixture.fit(x, labels=label)
        # What one iteration takes beside the start, which scikit-learn's fit does each time.
        short, long = (
            partial(
                GaussianMixture(
                    clusters,
                    covariance_type=theirs,
                    means_init=means,
                    init_params="random_from_data",
                    max_iter=1 + n,
                    tol=0.0,
                    random_state=0,
                ).fit,
                x,
            )
            for n in (0, _ITERATIONS)
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            own, start, all_of_it = least_seconds(
                torch.device("cpu"), partial(mixture.refine, x, _ITERATIONS), short, long
            )
        rows.append(
            (f"mixture EM, {ours}, over scikit-learn's", f"{own / (all_of_it - start):.2f}")
        )
    return rows


def measure_network(images: SGEPImages, clusters: int, device: torch.device) -> list[Row]:
    """Return how many images a second pretraining and the joint stage take."""
    values = stabilise(images)
    views = Views.of(values, images.grid.smoothed(values, 2.0))
    basis = np.linalg.svd(views.denoised, full_matrices=False)[2][:_DIMENSION].T.copy()
    torch.manual_seed(0)
    network = MaskedAutoencoder(
        make_tokens(images.grid), torch.from_numpy(basis.astype(np.float32)), NetworkConfig()
    ).to(device)
    learner = Learner(network, views, TrainConfig(), seed=0, epochs=4 * _ROUNDS)
    with torch.no_grad():
        z: Tensor = network(learner.raw.to(device), learner.denoised.to(device)).cpu()
    mixture = StudentMixture(clusters, scale="tied", max_iter=_ITERATIONS).fit(z.numpy())
    target = torch.from_numpy(mixture.predict_proba(z.numpy()).astype(np.float32)).to(device)
    goal = Goal(mixture.parameters_.to(network.basis), target, 1.0)
    pretrain, joint = least_seconds(
        device,
        lambda: list(learner.epoch("pretrain")),
        lambda: list(learner.epoch("joint", goal)),
    )
    return [
        ("images a second, pretraining", f"{images.n_genes / pretrain:.0f}"),
        ("images a second, joint stage", f"{images.n_genes / joint:.0f}"),
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--genes", type=int, default=600)
    parser.add_argument("--clusters", type=int, default=12)
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--device", default="auto")
    chosen = parser.parse_args()
    device = choose_device(chosen.device)
    torch.set_num_threads(1)
    tissue = simulate(seed=1, genes=chosen.genes, clusters=chosen.clusters, platform="visium")
    images = rasterize(tissue)
    label = np.unique(tissue.var["pattern"].astype(str), return_inverse=True)[1]
    print(f"{chosen.genes} genes over {images.n_pixels} pixels, {device}\n")
    print("| what | measured |\n| --- | ---: |")
    for rows in (
        lambda: measure_mixture(22, 3000),
        lambda: measure_counts(images, label, device),
        lambda: measure_network(images, chosen.clusters, device),
        lambda: measure_stages(images, chosen.preset, device),
    ):
        for name, value in rows():
            print(f"| {name} | {value} |", flush=True)


if __name__ == "__main__":
    main()
