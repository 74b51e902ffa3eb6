"""A study in one process and by two workers: seconds, and memory of the largest process.

``python -m benchmarks.speed.workers`` fits equal sections once with each number of workers, and
says whether the outcomes agree. Beside the seconds that passed, which depend on what else the
machine does, are the processor's: of this process, and of the busiest worker. With ``--threads 1``
their sum is what a study takes where every worker has a core of its own, as long as workers do not
wait for each other.
"""

from __future__ import annotations

import argparse
import os
import time

import numpy as np
import psutil
import torch

from darlc.config import Config
from darlc.events import StudyFinished
from darlc.images.sgep_images import rasterize
from darlc.learn.study.run import train_study
from darlc.learn.study.workers import OnWorkers, open_tasks
from darlc.simulation.study import simulate_study


def memory(value: object = None) -> float:
    """Return the most memory that this process has had, in GiB."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def processor(value: object = None) -> float:
    """Return the processor's seconds that this process has taken."""
    return time.process_time()


def main() -> None:
    """Print a row for each number of workers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sections", type=int, default=4)
    parser.add_argument("--genes", type=int, default=500)
    parser.add_argument("--platform", default="st")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--clusters", type=int, default=0, help="0 chooses the number")
    parser.add_argument("--threads", type=int, default=0, help="of this process; 0 for all cores")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    made = simulate_study(
        1, sections=options.sections, genes=options.genes, clusters=10, depth=300.0,
        platforms=options.platform, unpatterned=0.1,
    )  # fmt: skip
    images = {name: rasterize(adata) for name, adata in made.items()}
    config = Config.from_preset("quick", clusters=options.clusters or "auto", device="cpu")
    print(
        "| workers | seconds | processor's, this process | busiest worker "
        "| GiB of the largest | like the first |"
    )
    print("| --- | --- | --- | --- | --- | --- |")
    first: StudyFinished | None = None
    for workers in options.workers:
        with open_tasks(workers) as tasks:
            there = tasks.client.run(processor) if isinstance(tasks, OnWorkers) else {}
            start, here = time.perf_counter(), processor()
            *_, last = train_study(images, config, tasks=tasks)
            seconds = time.perf_counter() - start
            assert isinstance(last, StudyFinished)
            here = processor() - here
            used, busiest = [memory()], 0.0
            if isinstance(tasks, OnWorkers):
                used = list(tasks.client.run(memory).values())
                after = tasks.client.run(processor)
                busiest = max(after[each] - there[each] for each in after)
        first = first or last
        same = np.allclose(last.result.membership, first.result.membership, atol=1e-3)
        print(
            f"| {workers} | {seconds:.1f} | {here:.1f} | {busiest:.1f} "
            f"| {max(used):.2f} | {same} |",
            flush=True,
        )
    print(f"{psutil.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
