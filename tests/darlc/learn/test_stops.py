"""Stop and keep, wherever it is said: what was learned is whole, can be written and be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from anndata import AnnData

from darlc.config import Config
from darlc.events import Finished
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.io.result_file import load
from darlc.learn.cluster.clustering import GeneClusters
from darlc.learn.train.run import train
from darlc.results.result import Result
from darlc.simulation.tissue import simulate

SCALES = ("tied", "spherical", "diagonal", "full")
NUMBERS = (3, "auto")


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Such small arrays are not worth sharing out."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def small() -> AnnData:
    """40 genes that follow three patterns in 53 spots."""
    return simulate(seed=5, genes=40, clusters=3, depth=400.0, platform="st")[:53].copy()


@pytest.fixture(scope="module")
def small_images(small) -> SGEPImages:
    return rasterize(small)


class Stop:
    """Says stop from the n-th time on that it is asked; never, if there is no n."""

    def __init__(self, at: int | None = None) -> None:
        self.at, self.asked = at, 0

    def __call__(self) -> bool:
        self.asked += 1
        return self.at is not None and self.asked > self.at


def configured(config: Config, scale: str, number: object) -> Config:
    return config.replace(
        clusters=number,
        mixture=replace(config.mixture, scale=scale, restarts=1),
        denoise=replace(config.denoise, epochs=2),
        train=replace(config.train, batch=20),
    )


def run(images: SGEPImages, config: Config, stop: Callable[[], bool]) -> Result:
    *_, last = train(images, config, stop)
    assert isinstance(last, Finished)
    return last.result


def assert_whole(result: Result) -> None:
    """Memberships, mixture and names are of the same clusters."""
    k = result.n_clusters
    assert k >= 1 and len(result.cluster_names) == len(result.cluster_colours) == k
    np.testing.assert_allclose(result.membership.sum(axis=1), 1.0, atol=1e-5)
    for name in ("weight", "mean", "cholesky", "dof"):
        assert len(result.mixture[name]) == k, name
        assert np.isfinite(result.mixture[name]).all(), name


def begun(images: SGEPImages, config: Config, stop: Stop) -> GeneClusters:
    """Search for clusters of embeddings that tell three patterns apart."""
    random = np.random.default_rng(0)
    z = (3 * np.eye(4)[np.arange(40) % 3] + random.normal(0, 0.4, (40, 4))).astype(np.float32)
    clusters = GeneClusters(images, config, torch.device("cpu"))
    list(clusters.start(z, stop))
    for _ in clusters.settle(z, 1):
        pass
    return clusters


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("scale", SCALES)
def test_a_search_may_end_between_its_steps(small_images, config, scale, number) -> None:
    config = configured(config, scale, number)
    never = Stop()
    begun(small_images, config, never)
    for at in range(0, never.asked, 6):
        clusters = begun(small_images, config, Stop(at))
        clusters.finish()
        k = clusters.membership.shape[1]
        np.testing.assert_allclose(clusters.membership.sum(axis=1), 1.0, atol=1e-5)
        assert {len(value) for value in clusters.mixture.to_arrays().values()} == {k}


def test_a_stopped_search_keeps_the_best_number_once_it_has_compared(small_images, config) -> None:
    config = configured(config, "tied", "auto")
    assert not begun(small_images, config, Stop(2)).curve, "two numbers are no comparison"
    assert len(begun(small_images, config, Stop(8)).curve) >= 4


@pytest.mark.parametrize("number", NUMBERS)
def test_stopped_results_are_whole(small, small_images, config, number, tmp_path: Path) -> None:
    config = configured(config, "spherical", number)
    never = Stop()
    run(small_images, config, never)
    for at in range(0, never.asked, 13):
        result = run(small_images, config, Stop(at))
        assert result.stopped
        assert_whole(result)
        assert_whole(load(result.with_data(small).save(tmp_path / "stopped.h5ad")))


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("scale", SCALES)
def test_stopped_anywhere_results_are_whole(
    small, small_images, config, scale, number, tmp_path: Path
) -> None:
    config = configured(config, scale, number)
    never = Stop()
    run(small_images, config, never)
    for at in range(never.asked):
        result = run(small_images, config, Stop(at))
        assert result.stopped == (at < never.asked)
        assert_whole(result)
        assert_whole(load(result.with_data(small).save(tmp_path / "stopped.h5ad")))
