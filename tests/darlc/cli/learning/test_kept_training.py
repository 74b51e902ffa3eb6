"""``darlc fit --resume``: whatever ended a fit, the same command continues it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from darlc import api
from darlc.cli.commands import run
from darlc.errors import InputError
from darlc.io import rescue
from darlc.io.parts.training_file import read_training, training_path
from darlc.io.result_file import load
from darlc.simulation.tissue import simulate


@pytest.fixture
def source(tmp_path) -> Path:
    tissue = simulate(seed=5, genes=60, clusters=3, depth=400.0, platform="st")[:90].copy()
    tissue.write_h5ad(tmp_path / "tissue.h5ad")
    return tmp_path / "tissue.h5ad"


@pytest.fixture
def command(source) -> list[str]:
    settings = ["--preset", "quick", "--clusters", "3", "--device", "cpu"]
    return ["fit", str(source), "--out", str(source.with_name("result.h5ad")), *settings]


def _names(source: Path) -> list[str]:
    return sorted(each.name for each in source.parent.iterdir())


def _in_joint_stage(monkeypatch, error: BaseException) -> None:
    """Let a fit fail after the first epoch of the joint stage."""
    fit = api.fit

    def failing(adata, config, on_event, *args, **kwargs):
        def follow(event) -> None:
            on_event(event)
            state = kwargs["state"]
            if state.exists() and read_training(state).stage == "joint":
                raise error

        return fit(adata, config, follow, *args, **kwargs)

    monkeypatch.setattr(api, "fit", failing)


def test_a_killed_fit_continues_to_the_same_result(source, command, capsys) -> None:
    out = source.with_name("result.h5ad")
    killed = subprocess.Popen([sys.executable, "-m", "darlc.cli", *command])
    while not (training_path(out).exists() and read_training(training_path(out)).epoch):
        assert killed.poll() is None, "the fit ended before it could be killed"
        time.sleep(0.01)
    killed.kill()
    killed.wait()
    assert not out.exists()
    assert run([*command, "--resume"]) == 0
    assert "continuing from epoch" in capsys.readouterr().err
    assert _names(source) == ["result.h5ad", "tissue.h5ad"]
    resumed = load(out)
    assert run(command) == 0
    again = load(out)
    np.testing.assert_array_equal(resumed.membership, again.membership)
    np.testing.assert_array_equal(resumed.embedding, again.embedding)


@pytest.mark.parametrize(
    "error", [MemoryError(), OSError(28, "No space left"), KeyboardInterrupt()]
)
def test_what_ends_a_fit_is_followed_by_how_to_continue(
    source, command, capsys, monkeypatch, error
) -> None:
    with monkeypatch.context() as patch:
        _in_joint_stage(patch, error)
        assert run(command) != 0
    said = capsys.readouterr().err
    assert "result.h5ad.training keeps what was learned: the same command with --resume" in said
    assert run([*command, "--resume"]) == 0
    assert _names(source) == ["result.h5ad", "tissue.h5ad"]


def test_a_result_that_cannot_be_written_keeps_the_training(
    source, command, capsys, monkeypatch
) -> None:
    def full(*args) -> None:
        raise InputError("No space left on device")

    monkeypatch.setattr(rescue, "save", full)
    assert run(command) == 2
    assert "--resume continues" in capsys.readouterr().err
    assert _names(source) == ["result.h5ad.training", "tissue.h5ad"]


def test_other_settings_are_refused_and_the_training_is_kept(
    source, command, capsys, monkeypatch
) -> None:
    with monkeypatch.context() as patch:
        _in_joint_stage(patch, MemoryError())
        run(command)
    capsys.readouterr()
    assert run([*command, "--resume", "--seed", "3"]) == 2
    said = capsys.readouterr().err
    assert "other settings (seed)" in said
    assert "the same command" not in said
    assert _names(source) == ["result.h5ad.training", "tissue.h5ad"]


def test_without_resume_the_user_is_told_what_is_replaced(source, command, capsys) -> None:
    training_path(source.with_name("result.h5ad")).write_bytes(b"an older one")
    assert run(command) == 0
    assert "is about to be replaced" in capsys.readouterr().err
    assert _names(source) == ["result.h5ad", "tissue.h5ad"]


def test_resume_without_an_interrupted_fit_begins_anew(source, command, capsys) -> None:
    assert run([*command, "--resume"]) == 0
    assert "continuing" not in capsys.readouterr().err
    assert _names(source) == ["result.h5ad", "tissue.h5ad"]
