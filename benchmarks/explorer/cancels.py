"""What trainings that are cancelled leave behind: processes, files, threads and descriptors.

``python -m benchmarks.explorer.cancels`` opens a real window on a simulated tissue and trains once,
which tells how many events a training has. Then it trains again and again, each time cancelled
after another event, every fifth time before the process has answered at all, and prints what the
window's process has after the first, after every fifth and after the last of them. Moments are
events and not seconds, so that each training is under way when it is cancelled, however busy the
machine is.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
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
from napari_darlc.session.session import Session
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


def _is_reached(session: Session, heard: list[Event], moment: int) -> bool:
    return len(heard) >= moment or not session.running


def moments(cycles: int, events: int, seed: int) -> list[int]:
    """Return after how many events each training is cancelled, spread over a whole training.

    Parameters
    ----------
    cycles
        Number of trainings.
    events
        Events of a training that is not cancelled; the last one tells its end.
    seed
        Of the order and the moments.

    Returns
    -------
    list of int
        Between 0 and ``events - 2``, so that the training still runs; the first and every fifth
        of them are 0: before the process has answered.
    """
    rng = random.Random(seed)
    late = iter(rng.sample(range(cycles), cycles))
    return [
        0 if i % 5 == 0 else 1 + int((next(late) + rng.random()) / cycles * (events - 2))
        for i in range(cycles)
    ]


def main() -> None:
    """Print the table, and what each training had told when it was cancelled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=20)
    parser.add_argument("--genes", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
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

        begun = time.perf_counter()
        trainer.start(config)
        _wait(lambda: not session.running)
        session.mark_saved()
        seconds, events = time.perf_counter() - begun, len(heard)
        print(f"a whole training takes {seconds:.1f} s, and tells {events} events\n{_HEAD}")
        reached: Counter[str] = Counter()
        begun = time.perf_counter()
        for i, moment in enumerate(moments(options.cycles, events, options.seed)):
            heard.clear()
            trainer.start(config)
            _wait(partial(_is_reached, session, heard, moment))
            # Between two events too; of those without an answer, while the process starts.
            settle(rng.random() * (0.1 if moment else 1.0))
            named = type(heard[-1]).__name__ if heard else "no answer"
            reached[named if session.running else "its end: not cancelled"] += 1
            trainer.cancel()
            session.mark_saved()
            if i == 0 or (i + 1) % 5 == 0 or i + 1 == options.cycles:
                row(f"after {i + 1} cancelled", folder)
        seconds = time.perf_counter() - begun
        session.mark_saved()
        trainer.close()
        row("after its end", folder)
        print(f"{options.cycles} trainings took {seconds:.0f} s; the last event of each:")
        print(*(f"{named} {times}" for named, times in reached.most_common()), sep=", ")
        viewer.close()
        settle()


if __name__ == "__main__":
    main()
