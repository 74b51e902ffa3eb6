"""Sections computed by workers of this machine."""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import cloudpickle
import numpy as np
import pytest

import darlc
from darlc.errors import InputError, TrainingError
from darlc.events import AtSection, Memberships, StudyFinished
from darlc.learn.study.run import train_study
from darlc.learn.study.workers import OnWorkers, open_tasks
from darlc.learn.tasks import InProcess, Tasks

distributed = pytest.importorskip("distributed")
# Workers cannot import this module.
cloudpickle.register_pickle_by_value(sys.modules[__name__])


@pytest.fixture(scope="module")
def tasks() -> Iterator[Tasks]:
    with open_tasks(workers=2) as opened:
        yield opened


def counting(first: int, last: int) -> Iterator[int]:
    yield from range(first, last)


def process_of(value: object) -> int:
    return os.getpid()


def lost_once(marker: str) -> int:
    """End the worker that computes this for the first time."""
    if not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return 7


def wrong(name: str) -> None:
    raise InputError(f"section {name}: no expression.")


def test_one_worker_is_this_process() -> None:
    for workers in (0, 1):
        with open_tasks(workers) as opened:
            assert isinstance(opened, InProcess)


def test_workers_take_sections_in_turn(tasks) -> None:
    kept = tasks.keep(process_of, ["a", "b", "c", "d"])
    one, two, three, four = tasks.get(process_of, kept)
    assert one == three != two == four


def test_functions_come_to_what_is_kept(tasks) -> None:
    kept = tasks.keep(pow, [2, 3], [3, 2])
    assert tasks.get(pow, kept, [2, 2]) == [64, 81]
    assert os.getpid() not in tasks.get(process_of, kept)
    assert list(tasks.run(counting, [0, 5], [2, 7])) == [(0, 1), (1, 6)]


def test_errors_of_sections_come_as_they_are(tasks) -> None:
    with pytest.raises(InputError, match="section B"):
        tasks.get(wrong, ["B"])


def test_an_error_of_a_worker_is_the_same_here() -> None:
    error = pickle.loads(pickle.dumps(TrainingError("joint", "a value is not finite.")))
    assert error.stage == "joint"
    assert str(error) == "stage 'joint': a value is not finite."


def test_a_study_is_the_same_as_in_this_process(tasks) -> None:
    study = darlc.simulate_study(1, sections=2, genes=60, clusters=3, depth=2000, platforms="st")
    images = {name: darlc.rasterize(adata) for name, adata in study.items()}
    config = darlc.Config.from_preset("quick", clusters=3, genes=50, device="cpu")
    *_, here = train_study(images, config)
    *_, there = train_study(images, config, tasks=tasks)
    assert isinstance(here, StudyFinished) and isinstance(there, StudyFinished)
    one, other = here.result, there.result
    np.testing.assert_array_equal(one.gene_names, other.gene_names)
    np.testing.assert_allclose(one.membership, other.membership, atol=1e-3)
    np.testing.assert_allclose(one.keeps, other.keeps, atol=1e-3)
    for name in images:
        first, second = one.section(name), other.section(name)
        np.testing.assert_allclose(first.denoised[:5], second.denoised[:5], atol=1e-3)
        np.testing.assert_allclose(first.embedding, second.embedding, atol=2e-2)


def test_a_lost_workers_section_is_done_again(tasks, tmp_path) -> None:
    kept = tasks.keep(lost_once, [str(tmp_path / "marker")])
    assert tasks.get(pow, kept, [2]) == [49]


@pytest.mark.slow
@pytest.mark.parametrize("lost", ["describe", "search", "train"])
def test_a_worker_lost_in_any_stage_changes_nothing(lost, tmp_path) -> None:
    study = darlc.simulate_study(1, sections=2, genes=60, clusters=3, depth=2000, platforms="st")
    images = {name: darlc.rasterize(adata) for name, adata in study.items()}
    config = darlc.Config.from_preset("quick", clusters=3, genes=50, device="cpu")
    *_, here = train_study(images, config)
    killed = 0
    with open_tasks(workers=2) as tasks:
        for event in train_study(images, config, tasks=tasks):
            there = event
            begun = {
                "describe": isinstance(event, AtSection) and event.part == 0,
                "search": isinstance(event, Memberships),
                "train": isinstance(event, AtSection) and event.part == 3,
            }[lost]
            if begun and not killed:
                killed = next(iter(tasks.client.run(os.getpid).values()))
                os.kill(killed, signal.SIGKILL)
    assert killed
    assert isinstance(here, StudyFinished) and isinstance(there, StudyFinished)
    np.testing.assert_allclose(here.result.membership, there.result.membership, atol=1e-3)
    np.testing.assert_allclose(here.result.keeps, there.result.keeps, atol=1e-3)


def test_a_lost_scheduler_is_an_error_and_no_wait() -> None:
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        tasks = OnWorkers(distributed.Client(cluster, set_as_default=False))
        kept = tasks.keep(abs, [-1])
        assert tasks.get(pow, kept, [2]) == [1]
    for ask in (tasks.keep, tasks.get):
        with pytest.raises(TrainingError, match="scheduler"):
            ask(pow, kept, [2])


def test_what_cannot_be_used_is_a_sentence(monkeypatch) -> None:
    monkeypatch.setattr("darlc.learn.study.workers.CONNECT", 1)
    with (
        pytest.raises(InputError, match="one of them"),
        open_tasks(2, "tcp://127.0.0.1:1"),
    ):
        pass
    with pytest.raises(InputError, match="no scheduler"), open_tasks(0, "tcp://127.0.0.1:1"):
        pass


@pytest.mark.slow
def test_after_the_scheduler_is_lost_the_study_goes_on(tmp_path) -> None:
    study = darlc.simulate_study(1, sections=2, genes=60, clusters=3, depth=2000, platforms="st")
    images = {name: darlc.rasterize(adata) for name, adata in study.items()}
    config = darlc.Config.from_preset("quick", clusters=3, genes=50, device="cpu")
    *_, here = train_study(images, config)
    folder = tmp_path / "out.training"
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
        ) as cluster,
        pytest.raises(TrainingError, match="scheduler"),
    ):
        tasks = OnWorkers(distributed.Client(cluster, set_as_default=False))
        for event in train_study(images, config, tasks=tasks, state=folder):
            if isinstance(event, Memberships):
                cluster.close()
    *_, there = train_study(images, config, state=folder, resume=True)
    np.testing.assert_allclose(here.result.membership, there.result.membership, atol=1e-3)
    np.testing.assert_allclose(here.result.keeps, there.result.keeps, atol=1e-3)
