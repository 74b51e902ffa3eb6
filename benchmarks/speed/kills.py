"""Kill fits at random moments, continue them, and compare with a fit that was not killed.

``python -m benchmarks.speed.kills`` ends fits of a simulated tissue by SIGKILL, at moments that are
spread over the time in which something is kept of them: from the first state to the written result.
It continues each by ``darlc fit --resume`` and prints how far it had come, whether the arrays are
the same, and whether a file is left. It also prints what the file of a training costs: its size,
and the time for writing it.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import sys
import tempfile
import time
from contextlib import redirect_stderr, redirect_stdout
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np

from darlc.cli.commands import run
from darlc.io.parts.training_file import (
    read_summary,
    read_training,
    training_path,
    write_training,
)
from darlc.io.result_file import load
from darlc.results.result import Result
from darlc.simulation.tissue import simulate

#: Processes that have imported what a fit needs, which takes longer than these fits.
_PROCESSES = multiprocessing.get_context("forkserver")


def _fit(tissue: Path, out: Path, *more: str) -> BaseProcess:
    """Start ``darlc fit`` in a process of its own."""
    settings = ("--preset", "standard", "--clusters", "6", "--device", "cpu", *more)
    process = _PROCESSES.Process(target=_run, args=(str(tissue), "--out", str(out), *settings))
    process.start()
    return process


def _run(*arguments: str) -> None:
    with Path(os.devnull).open("w") as nothing, redirect_stdout(nothing), redirect_stderr(nothing):
        sys.exit(run(["fit", *arguments]))


def _same(one: Result, other: Result) -> bool:
    arrays = [
        (one.embedding, other.embedding),
        (one.membership, other.membership),
        (one.denoised[:], other.denoised[:]),
        *((one.mixture[name], other.mixture[name]) for name in other.mixture),
        *((one.history[name], other.history[name]) for name in other.history),
    ]
    equal = all(np.array_equal(mine, theirs) for mine, theirs in arrays)
    return equal and one.weights == other.weights


def _time_to_state(process: BaseProcess, path: Path) -> float:
    """Return the seconds until the file of a training is there, or the process has ended."""
    start = time.perf_counter()
    while not path.exists() and process.is_alive():
        time.sleep(0.002)
    return time.perf_counter() - start


def kills(tissue: Path, n: int, seed: int) -> int:
    """Kill and continue fits; print a line each, and return how many ended at the same arrays."""
    whole_path = tissue.with_name("whole.h5ad")
    start = time.perf_counter()
    process = _fit(tissue, whole_path)
    before = _time_to_state(process, training_path(whole_path))
    process.join()
    seconds = time.perf_counter() - start
    whole, kept = load(whole_path), seconds - before
    print(f"without a kill: {seconds:.1f} s, of which something is kept for {kept:.1f} s")
    moments, same, killed = random.Random(seed), 0, 0
    for i in range(n):
        out = tissue.with_name(f"killed_{i}.h5ad")
        process, path = _fit(tissue, out), training_path(out)
        _time_to_state(process, path)
        # One in each of as many equal parts of that time.
        moment = (i + moments.random()) / n * kept
        process.join(moment)
        process.kill()
        process.join()
        killed += path.exists()
        reached = read_summary(path).reached if path.exists() else "was over"
        again = _fit(tissue, out, "--resume")
        again.join()
        equal = again.exitcode == 0 and _same(load(out), whole)
        left = [each.name for each in tissue.parent.iterdir() if f"{out.name}." in each.name]
        same += equal and not left
        outcome = "same" if equal else "DIFFERS"
        print(f"killed {moment:5.1f} s after, {reached}: {outcome} {left}", flush=True)
    print(f"{killed} of {n} were killed with a state; {same} ended at the same arrays, and left")
    print("nothing beside the result")
    return same


def cost(tissue: Path) -> None:
    """Print the size of the file of a training, and how long one state takes to be written."""
    out = tissue.with_name("cost.h5ad")
    process, path, kept = _fit(tissue, out), training_path(out), None
    while process.is_alive():
        if path.exists():
            kept = read_training(path)
        time.sleep(0.05)
    if kept is None:
        return
    copy = tissue.with_name("copy.training")
    times = []
    for _ in range(10):
        start = time.perf_counter()
        write_training(copy, kept)
        times.append(time.perf_counter() - start)
    size = copy.stat().st_size / 2**20
    print(f"a state of {size:.1f} MiB ({kept.reached}) is written in {np.median(times):.3f} s")


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--genes", type=int, default=80)
    parser.add_argument("--observations", type=int, default=150)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    _PROCESSES.set_forkserver_preload(["darlc.cli.commands", "darlc.learn.train.run"])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tissue = simulate(seed=options.seed, genes=options.genes, clusters=6, platform="st")
        adata = tissue[: options.observations].copy()
        adata.write_h5ad(folder / "tissue.h5ad")
        cost(folder / "tissue.h5ad")
        kills(folder / "tissue.h5ad", options.kills, options.seed)


if __name__ == "__main__":
    main()
