"""Large objects of sections are in files while nothing is computed of them."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import sparse

from darlc.images.grid import Grid
from darlc.learn import on_disk
from darlc.learn.cluster.count_model import CountModel
from darlc.learn.on_disk import OnDisk, call, keep, mapped, put, taken
from darlc.learn.tasks import InProcess


@pytest.fixture(autouse=True)
def small(monkeypatch) -> None:
    """Have objects of a few kilobytes be large."""
    monkeypatch.setattr(on_disk, "LARGE", 1000)


def made(n: int = 1000) -> dict:
    random = np.random.default_rng(0)
    return {
        "array": random.normal(size=n),
        "tensor": torch.from_numpy(random.normal(size=(n, 3)).astype(np.float32)).T,
        "sparse": sparse.random_array((n, 5), density=0.3, random_state=0, format="csc"),
        "empty": torch.empty(0),
        "name": "ctrl",
    }


def same(one: dict, other: dict) -> None:
    assert one.keys() == other.keys() and one["name"] == other["name"]
    np.testing.assert_array_equal(one["array"], other["array"])
    torch.testing.assert_close(one["tensor"], other["tensor"], rtol=0, atol=0)
    assert (one["sparse"] != other["sparse"]).nnz == 0
    assert other["empty"].shape == (0,)


def test_what_is_put_into_a_file_is_the_same() -> None:
    value = made()
    kept = put(value)
    assert isinstance(kept, OnDisk)
    same(value, kept.load())
    assert put(kept) is kept
    # In another process, too.
    same(value, pickle.loads(pickle.dumps(kept)).load())


def test_changes_do_not_reach_the_file() -> None:
    kept = put(made())
    first = kept.load()
    first["array"][:] = 0.0
    first["tensor"].zero_()
    same(made(), kept.load())


def test_arrays_that_are_mapped_are_those_of_a_file() -> None:
    value = mapped(made())
    same(made(), value)
    for array in (value["array"], value["sparse"].data, value["sparse"].indices):
        while array.base is not None and not isinstance(array, np.memmap):
            array = array.base.obj if isinstance(array.base, memoryview) else array.base
        assert isinstance(array, np.memmap)
    # In another process they are its own.
    same(made(), pickle.loads(pickle.dumps(value)))


def test_small_values_stay() -> None:
    value = made(2)
    assert put(value) is value and taken(value) is value


def test_functions_are_called_with_what_is_in_files() -> None:
    kept = keep(made, 500)
    assert isinstance(kept, OnDisk)
    assert call(len, kept) == 5
    # What comes back unchanged is not written again.
    assert keep(dict.copy, kept) is not kept
    assert keep(lambda value: value, kept) is kept
    mine = made()
    assert keep(lambda value: value, mine) is mine


def test_a_file_that_cannot_be_written_is_no_error(monkeypatch) -> None:
    def full(*given: object, **more: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(on_disk.tempfile, "TemporaryFile", full)
    value = made()
    assert put(value) is value


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_files_are_gone_with_what_they_hold() -> None:
    def files() -> int:
        links = [os.readlink(each) for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]
        return sum("darlc-" in each or "(deleted)" in each for each in links)

    before = files()
    kept = [put(made()) for _ in range(3)]
    assert files() == before + 3
    loaded = kept[0].load()
    del kept
    same(made(), loaded)  # what is mapped stays until it is not needed
    assert files() == before + 1
    del loaded
    assert files() == before


def test_a_model_of_counts_scores_the_same() -> None:
    random = np.random.default_rng(1)
    mask = np.ones((12, 10), dtype=bool)
    grid = Grid(mask, np.eye(3))
    counts = random.poisson(3.0, (30, 120)).astype(np.float32)
    model = CountModel(counts, counts.sum(axis=0), grid)
    membership = torch.softmax(torch.randn(30, 3, generator=torch.Generator().manual_seed(0)), 1)
    tasks = InProcess()
    (kept,) = tasks.keep(CountModel.dispersed, [model], [2.5])
    assert isinstance(kept, OnDisk)
    (scores,) = tasks.get(CountModel.score, [kept], [membership])
    torch.testing.assert_close(
        scores.by_strength, model.score(membership).by_strength, rtol=0, atol=0
    )
