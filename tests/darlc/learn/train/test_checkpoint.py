"""A training that is cut off anywhere and continued gives the result of one that was not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest
import torch

from darlc.config import Config, TrainConfig
from darlc.errors import InputError
from darlc.events import Finished, Losses
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.io.parts.training_file import read_training, write_training
from darlc.learn.train import checkpoint
from darlc.learn.train.run import train
from darlc.results.result import Result
from darlc.simulation.tissue import simulate

_EPOCHS = {"pretrain": 2, "joint": 3}


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Such small arrays are not worth sharing out."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def small() -> SGEPImages:
    """60 genes that follow three patterns in 90 spots."""
    tissue = simulate(seed=5, genes=60, clusters=3, depth=400.0, platform="st")
    return rasterize(tissue[:90].copy())


@pytest.fixture(scope="module")
def short(config) -> Config:
    epochs = TrainConfig(
        pretrain_epochs=_EPOCHS["pretrain"], joint_epochs=_EPOCHS["joint"], batch=32
    )
    return config.replace(clusters=3, train=epochs)


@pytest.fixture(scope="module")
def whole(small, short) -> Result:
    return _finish(small, short)


def _finish(images: SGEPImages, config: Config, **kwargs) -> Result:
    *_, last = train(images, config, **kwargs)
    assert isinstance(last, Finished)
    return last.result


def _cut_off(images: SGEPImages, config: Config, state: Path, after: int) -> None:
    """Train, and end after some events, as if the process had been killed."""
    events = train(images, config, state=state)
    for _ in range(after):
        if next(events, None) is None:
            break
    events.close()


def _equal(one: Result, other: Result) -> None:
    np.testing.assert_array_equal(one.embedding, other.embedding)
    np.testing.assert_array_equal(one.membership, other.membership)
    np.testing.assert_array_equal(one.denoised[:], other.denoised[:])
    for name in ("mixture", "history"):
        mine, theirs = getattr(one, name), getattr(other, name)
        assert list(mine) == list(theirs)
        for key in mine:
            np.testing.assert_array_equal(mine[key], theirs[key])
    assert one.weights == other.weights
    assert (one.stage, one.stopped, one.notes) == (other.stage, other.stopped, other.notes)
    assert set(one.timings) == set(other.timings)


@pytest.fixture(scope="module")
def whole_of(small) -> Callable[[Config], Result]:
    """Return what trains by settings without an end; once for each."""
    return cache(partial(_finish, small))


@pytest.mark.parametrize("after", [3, 20, 31, 34, 36, 40, 44, 48, 52, 56, 60, 64, 70])
def test_cut_off_after_any_event_and_continued(small, short, whole, tmp_path, after) -> None:
    state = tmp_path / "training"
    _cut_off(small, short, state, after)
    _equal(_finish(small, short, state=state, resume=True), whole)


def test_cut_off_again_and_again(small, short, whole, tmp_path) -> None:
    state = tmp_path / "training"
    for _ in range(4):
        events = train(small, short, state=state, resume=True)
        before = state.stat().st_mtime_ns if state.exists() else 0
        for _ in events:
            if state.exists() and state.stat().st_mtime_ns != before:
                break
        events.close()
    assert read_training(state).stage in ("search", "pretrain")
    _equal(_finish(small, short, state=state, resume=True), whole)


@pytest.mark.parametrize(
    "changes",
    [{"count_weight": 0.0}, {"clusters": "auto"}, {"count_weight": 0.0, "clusters": "auto"}],
    ids=str,
)
@pytest.mark.parametrize("stage", ["denoise", "pretrain", "search", "joint"])
def test_every_kind_of_training_continues_after_every_stage(
    small, short, whole_of, tmp_path, changes, stage
) -> None:
    config, state = short.replace(**changes), tmp_path / "training"
    events = train(small, config, state=state)
    for _ in events:
        if state.exists() and read_training(state).stage == stage:
            break
    events.close()
    _equal(_finish(small, config, state=state, resume=True), whole_of(config))


def test_log_values_continue(small, short, tmp_path) -> None:
    log, state = replace(small, matrix=small.matrix.log1p(), values="log"), tmp_path / "training"
    _cut_off(log, short, state, 40)
    assert state.exists()
    _equal(_finish(log, short, state=state, resume=True), _finish(log, short))


@pytest.mark.slow
def test_a_pooled_grid_continues(images, config, tmp_path) -> None:
    pooled, state = config.replace(model_pixels=200), tmp_path / "training"
    _cut_off(images, pooled, state, 40)
    assert state.exists()
    _equal(_finish(images, pooled, state=state, resume=True), _finish(images, pooled))


def test_losses_so_far_are_reported_again(small, short, whole, tmp_path) -> None:
    state = tmp_path / "training"
    _cut_off(small, short, state, 48)
    events = list(train(small, short, state=state, resume=True))
    totals = [event.values["total"] for event in events if isinstance(event, Losses)]
    expected = [whole.history[f"{stage}/total"] for stage in ("denoise", "pretrain", "joint")]
    np.testing.assert_array_equal(totals, np.concatenate(expected))


def test_without_a_state_training_begins_anew(small, short, whole, tmp_path) -> None:
    state = tmp_path / "training"
    _equal(_finish(small, short, state=state, resume=True), whole)
    assert read_training(state).epoch == _EPOCHS["joint"]


def test_nothing_is_written_unless_asked_for(small, short, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    _finish(small, short)
    assert not list(tmp_path.iterdir())


def test_a_training_on_other_data_or_with_other_settings_is_refused(small, short, tmp_path) -> None:
    state = tmp_path / "training"
    _cut_off(small, short, state, 48)
    fewer = small.select(np.arange(50))
    with pytest.raises(InputError, match="training keeps a training on other data"):
        next(train(fewer, short, state=state, resume=True))
    other = short.replace(seed=1, train=replace(short.train, batch=16))
    with pytest.raises(InputError, match=r"other settings \(seed, train.batch\)"):
        next(train(small, other, state=state, resume=True))


def test_parts_that_do_not_fit_are_refused(small, short, tmp_path) -> None:
    state = tmp_path / "training"
    _cut_off(small, short, state, 48)
    kept = read_training(state)
    del kept.values["learner"]["random"]
    write_training(state, kept)
    with pytest.raises(InputError, match="does not hold a whole training"):
        _finish(small, short, state=state, resume=True)


def test_a_disk_that_is_full_keeps_the_last_state_and_says_so(
    small, short, whole, tmp_path, monkeypatch
) -> None:
    state, write, calls = tmp_path / "training", checkpoint.write_training, []

    def full(path, training) -> None:
        calls.append(training.stage)
        if len(calls) > 2:
            raise OSError(28, "No space left on device")
        write(path, training)

    monkeypatch.setattr(checkpoint, "write_training", full)
    result = _finish(small, short, state=state)
    said = [note for note in result.notes if "No space left" in note]
    assert len(said) == 1
    assert "continues from epoch 1 of pretrain" in said[0]
    np.testing.assert_array_equal(result.membership, whole.membership)
    monkeypatch.undo()
    _equal(_finish(small, short, state=state, resume=True), whole)
