"""Kill fits at random moments, continue them, and compare with a fit that was not killed.

``python -m benchmarks.speed.kills`` ends fits of a simulated tissue by SIGKILL, continues each by
``darlc fit --resume`` and prints how far it had come and whether the arrays are the same. Then it
ends as many trainings of the viewer's process and prints whether processes, files or threads are
left. It also prints what the file of a training costs: its size, and the time for writing it.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from anndata import AnnData

from darlc.config import Config
from darlc.events import Losses
from darlc.images.sgep_images import rasterize
from darlc.io.parts.training_file import read_training, training_path, write_training
from darlc.io.result_file import load
from darlc.results.result import Result
from darlc.simulation.tissue import simulate
from darlc.worker.messages import read_message, write_message
from darlc.worker.wire import decode, pack_request

_COMMAND = (sys.executable, "-m", "darlc.cli", "fit")


def _fit(tissue: Path, out: Path, *more: str) -> subprocess.Popen[bytes]:
    settings = ("--preset", "quick", "--device", "cpu", *more)
    return subprocess.Popen(
        [*_COMMAND, str(tissue), "--out", str(out), *settings],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


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


def kills(tissue: Path, n: int, seed: int) -> int:
    """Kill and continue fits; print a line each, and return how many ended at the same arrays."""
    whole_path = tissue.with_name("whole.h5ad")
    start = time.perf_counter()
    _fit(tissue, whole_path).wait()
    seconds = time.perf_counter() - start
    whole = load(whole_path)
    print(f"without a kill: {seconds:.1f} s")
    moments, same = random.Random(seed), 0
    for i in range(n):
        out = tissue.with_name(f"killed_{i}.h5ad")
        process = _fit(tissue, out)
        moment = moments.uniform(0.0, seconds)
        try:
            process.wait(moment)
            reached = "was over"
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            path = training_path(out)
            reached = read_training(path).reached if path.exists() else "nothing was kept yet"
        code = _fit(tissue, out, "--resume").wait()
        equal = code == 0 and _same(load(out), whole)
        left = [each.name for each in tissue.parent.iterdir() if f"{out.name}." in each.name]
        same += equal and not left
        print(f"killed after {moment:5.1f} s, {reached}: {'same' if equal else 'DIFFERS'} {left}")
    print(f"{same} of {n} ended at the same arrays and left nothing beside the result")
    return same


def cancels(tissue: AnnData, folder: Path, n: int) -> None:
    """End trainings of the viewer's process at their first losses; print what is left of them."""
    images, threads, codes = rasterize(tissue), threading.active_count(), []
    request = pack_request(images, Config.from_preset("quick", device="cpu"))
    for _ in range(n):
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "darlc.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
        )
        requests, replies = cast(BinaryIO, process.stdin), cast(BinaryIO, process.stdout)
        write_message(requests, *request)
        while (message := read_message(replies)) is not None:
            if isinstance(decode(*message), Losses):
                break
        process.kill()
        codes.append(process.wait())
        requests.close()
        replies.close()
    left = [each.name for each in folder.iterdir()]
    print(
        f"{n} trainings cancelled: exit codes {sorted(set(codes))}, files left {left}, "
        f"threads {threads} before and {threading.active_count()} after"
    )


def cost(tissue: Path) -> None:
    """Print the size of the file of a training, and how long one state takes to be written."""
    out = tissue.with_name("cost.h5ad")
    process, path, kept = _fit(tissue, out), training_path(out), None
    while process.poll() is None:
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
    """Print all three."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--genes", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        adata = simulate(seed=options.seed, genes=options.genes, clusters=6, platform="st")
        adata.write_h5ad(folder / "tissue.h5ad")
        cost(folder / "tissue.h5ad")
        kills(folder / "tissue.h5ad", options.kills, options.seed)
        empty = folder / "empty"
        empty.mkdir()
        cancels(adata, empty, options.kills)


if __name__ == "__main__":
    main()
