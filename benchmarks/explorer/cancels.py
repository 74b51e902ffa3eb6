"""What trainings that are cancelled leave behind: processes, files, threads and descriptors.

``python -m benchmarks.explorer.cancels`` opens a real window on a simulated tissue and trains once.
Then it trains again and again, each time cancelled at another moment of the training, and prints
what the window's process has after the first and after the last of them.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil
from qtpy.QtCore import QThreadPool

from benchmarks.explorer.window import open_window, settle
from darlc.config import Config
from darlc.data.dataset import Dataset
from darlc.events import Event
from darlc.simulation.tissue import simulate
from napari_darlc.opening.loading import prepare
from napari_darlc.processes.trainer import Trainer
from napari_darlc.viewer_session import session_of

_HEAD = f"{'':<24}{'processes':>10}{'files':>7}{'threads':>9}{'of Python':>11}{'descriptors':>13}"


def row(name: str, folder: Path) -> None:
    """Print what this process has, once its threads have ended."""
    pool, me = QThreadPool.globalInstance(), psutil.Process()
    assert pool is not None
    _wait(lambda: pool.activeThreadCount() == 0)
    # Idle threads of the pool end by themselves after half a minute, or by this.
    pool.waitForDone(0)
    files = sum(path.is_file() for path in folder.rglob("*"))
    print(
        f"{name:<24}{len(me.children(recursive=True)):>10}{files:>7}{me.num_threads():>9}"
        f"{threading.active_count():>11}{me.num_fds():>13}",
        flush=True,
    )


def _wait(until: Callable[[], bool], seconds: float = 600.0) -> None:
    end = time.perf_counter() + seconds
    while not until():
        settle(0.02)
        if time.perf_counter() > end:
            raise RuntimeError("what was waited for did not come")


def main() -> None:
    """Print the table, and in which state of the session each training was cancelled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=20)
    parser.add_argument("--genes", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    moments = random.Random(options.seed)
    config = Config.from_preset("quick", device="cpu", clusters=6)
    tissue = simulate(seed=options.seed, genes=options.genes, clusters=6, platform="st")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        viewer = open_window()
        session = session_of(viewer)
        opened = prepare(Dataset(tissue, Path("simulated tissue"), "simulated"))
        session.open(opened.dataset, opened.images)
        trainer = Trainer(session, folder=folder)
        heard: list[Event] = []
        session.event_received.connect(heard.append)

        trainer.start(config)
        _wait(lambda: bool(heard))
        begun = time.perf_counter()
        _wait(lambda: not session.running)
        seconds = time.perf_counter() - begun
        session.mark_saved()
        reached: Counter[str] = Counter()
        print(f"a whole training takes {seconds:.1f} s\n{_HEAD}")
        for i in range(options.cycles):
            # The first moments are before the process has answered: it starts anew each time.
            heard.clear()
            trainer.start(config)
            moment = (i + moments.random()) / options.cycles * seconds
            if i:
                _wait(lambda: bool(heard))
            settle(moment)
            reached[type(heard[-1]).__name__ if heard else "no answer"] += session.running
            trainer.cancel()
            if i == 0:
                row("after 1 cancelled", folder)
        row(f"after {options.cycles} cancelled", folder)
        session.mark_saved()
        trainer.close()
        row("after its end", folder)
        print("the last event before each was cancelled:", dict(reached))
        viewer.close()
        settle()


if __name__ == "__main__":
    main()
