"""A signal once asks for a stop, twice interrupts, and afterwards it is as it was."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading

import pytest

import darlc
from darlc.interrupts import finishing, stoppable

BOTH = pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM], ids=["ctrl+c", "end"])


@BOTH
def test_once_asks_and_twice_interrupts(first, capsys):
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(KeyboardInterrupt), stoppable() as asked:
        assert not asked()
        signal.raise_signal(first)
        assert asked()
        assert "stopping; what was learned so far is kept" in capsys.readouterr().err
        assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before
        signal.raise_signal(signal.SIGINT)
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before


@BOTH
def test_what_is_being_written_is_completed_first(first):
    done = []
    whole = "the file is whole"
    with pytest.raises(KeyboardInterrupt, match=f"interrupted; {whole}"), finishing(whole):
        signal.raise_signal(first)
        done.append(True)
    assert done == [True]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no request to end a process")
def test_a_fit_that_a_scheduler_ends_is_written(tmp_path):
    darlc.simulate(seed=1, genes=60, clusters=4, platform="st").write_h5ad(tmp_path / "a.h5ad")
    command = [sys.executable, "-m", "darlc.cli", "fit", "a.h5ad", "--out", "b.h5ad", "--json"]
    with subprocess.Popen(
        [*command, "--preset", "thorough"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stderr is not None
        for line in running.stderr:
            if "denoise" in line:  # training runs
                break
        running.send_signal(signal.SIGTERM)
        out, _ = running.communicate(timeout=120)
    assert running.returncode == 0 and json.loads(out)["stopped"]
    assert darlc.load(tmp_path / "b.h5ad").stopped


def test_nobody_asks_outside_the_main_thread():
    found = []

    def work():
        with stoppable() as asked:
            found.append(asked())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [False]


def test_a_handler_of_somebody_else_stays():
    pressed = []
    before = signal.signal(signal.SIGINT, lambda number, frame: pressed.append(number))
    try:
        with stoppable() as asked:
            signal.raise_signal(signal.SIGINT)
            assert not asked() and pressed == [signal.SIGINT]
    finally:
        signal.signal(signal.SIGINT, before)
