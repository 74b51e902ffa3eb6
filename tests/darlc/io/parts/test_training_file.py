"""Files of trainings: all that is written is read again; half or foreign files are refused."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from darlc.config import Config
from darlc.errors import InputError
from darlc.io.parts.training_file import (
    Training,
    read_summary,
    read_training,
    remove_training,
    training_path,
    write_training,
)

_KINDS = st.sampled_from([np.float32, np.float64, np.int64, np.uint8, np.bool_])
_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | arrays.arrays(_KINDS, arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))
)
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3)
    ),
    max_leaves=8,
)


def _training(values: dict) -> Training:
    return Training("joint", 2, "f" * 64, Config(include=("A",)).to_dict(), values)


def _same(one: object, other: object) -> bool:
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype != bool)
    return type(one) is type(other) and one == other


@given(values=st.dictionaries(st.text(max_size=5), _VALUES, max_size=4))
@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_everything_comes_back(tmp_path, values) -> None:
    path = tmp_path / "training"
    write_training(path, _training(values))
    again = read_training(path)
    assert _same(values, dict(again.values))
    assert (again.stage, again.epoch) == ("joint", 2)
    again.check("f" * 64, Config(include=("A",)), path)
    assert [each.name for each in tmp_path.iterdir()] == ["training"]


@pytest.fixture
def path(tmp_path) -> Path:
    path = training_path(tmp_path / "result.h5ad")
    write_training(path, _training({"a": np.arange(1000.0), "b": [1, {2: np.ones(3)}]}))
    return path


@pytest.mark.parametrize("share", np.linspace(0.0, 0.99, 12))
def test_a_file_that_was_cut_off_is_refused(path, share) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(InputError, match=r"result.h5ad.training does not hold a whole training"):
        read_training(path)


@pytest.mark.parametrize("share", np.linspace(0.0, 0.99, 23))
def test_a_changed_byte_is_refused_or_changes_nothing_that_is_used(path, share) -> None:
    whole = bytearray(path.read_bytes())
    whole[int(share * len(whole))] ^= 0x5A
    path.write_bytes(whole)
    try:
        again = read_training(path)
        again.check("f" * 64, Config(include=("A",)), path)
    except InputError as error:
        assert str(path) in str(error)
        return
    np.testing.assert_array_equal(again.values["a"], np.arange(1000.0))


def test_a_file_of_another_version_is_refused(path, monkeypatch) -> None:
    monkeypatch.setattr("importlib.metadata.version", lambda _package: "99.0")
    with pytest.raises(InputError, match=r"another version of darlc \(.*, this is 99.0\)") as told:
        read_training(path)
    assert "a whole training" not in str(told.value)


def test_what_differs_is_named(path) -> None:
    kept = read_training(path)
    with pytest.raises(InputError, match="on other data"):
        kept.check("0" * 64, Config(include=("A",)), path)
    with pytest.raises(InputError, match=r"other settings \(include, preset\)"):
        kept.check("f" * 64, Config(preset="quick"), path)


def test_a_write_that_fails_leaves_the_state_before(path, monkeypatch) -> None:
    before = path.read_bytes()

    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_training(path, _training({}))
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_removal_takes_what_a_killed_process_left(path) -> None:
    path.with_name(f".{path.name}.part").write_bytes(b"half")
    remove_training(path)
    remove_training(path)
    assert not list(path.parent.iterdir())


def test_the_summary_is_read_without_the_arrays(path) -> None:
    kept = read_training(path)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    found = read_summary(path)
    assert (found.reached, found.fingerprint) == (kept.reached, kept.fingerprint)
    found.check("f" * 64, Config(include=("A",)), path)
    with pytest.raises(InputError, match="has changed since it was written"):
        read_training(path)
