"""Whether the window answers while it trains: a heartbeat of 10 ms, with gene switches.

``python -m benchmarks.explorer.heartbeat DATASET`` opens a real window with the explorer's *Train*
tab on a dataset, and shows another gene at a fixed pace: first for a while without training, then
during a whole training in its process, as the button *Train* starts it, then for a while with its
result. A timer of the event loop that should fire every 10 ms says how long the window did not
answer. The table has these gaps in milliseconds; below it stand the longest ones, with what the
window was told of training meanwhile.

The processors of a user's machine are the window's and the training's alone. Where others work on
the machine at the same time, gaps are longer, for the window waits for a processor: raise the
priority of the benchmark and say so beside its figures, or look at the last columns, which say how
much of a gap the window's thread worked itself. In the rest of a gap it waited: for a processor, or
for another thread of its process.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QEventLoop, Qt, QTimer

from benchmarks.explorer.switch import stand_in
from benchmarks.explorer.window import open_window, settle
from darlc.config import Config
from darlc.events import Event
from darlc.io import open_dataset
from napari_darlc.opening.loading import prepare
from napari_darlc.session.session import Session
from napari_darlc.viewer_session import session_of, trainer_of
from napari_darlc.widgets.explorer import Explorer

_BEAT_MS = 10
_HEAD = (
    f"{'milliseconds':<28}{'beats':>8}{'p50':>8}{'p95':>8}{'p99':>8}{'most':>8}{'load':>8}"
    f"{'CPU, p99':>10}{'most':>8}"
)


class Heart:
    """Notes when the event loop comes round, and what training told of in between."""

    def __init__(self, session: Session) -> None:
        self.beats: list[float] = []
        self.worked: list[float] = []
        self.events: list[tuple[float, str]] = []
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        session.event_received.connect(self._note)

    def run(self, until: Callable[[], bool]) -> NDArray[np.float64]:
        """Return the gaps between beats from now until something is true, and the work in them.

        (2, n) milliseconds: by the clock, and of this thread on a processor.
        """
        self.beats, self.worked, self.events = [], [], []
        loop = QEventLoop()
        watch = QTimer()
        watch.timeout.connect(lambda: loop.quit() if until() else None)
        watch.start(200)
        self._timer.start(_BEAT_MS)
        loop.exec()
        watch.stop()
        self._timer.stop()
        return 1e3 * np.diff([self.beats, self.worked])

    def _beat(self) -> None:
        self.beats.append(time.perf_counter())
        self.worked.append(time.thread_time())

    def _note(self, event: Event) -> None:
        self.events.append((time.perf_counter(), type(event).__name__))

    def longest(self, n: int) -> list[str]:
        """Return sentences on the longest gaps: when, how long, and the events within."""
        gaps, worked = 1e3 * np.diff([self.beats, self.worked])
        said = []
        for i in np.argsort(-gaps)[:n]:
            begun, ended = self.beats[i], self.beats[i + 1]
            within = [name for at, name in self.events if begun <= at <= ended]
            when = begun - self.beats[0]
            said.append(
                f"{gaps[i]:>8.0f} ms at {when:>6.1f} s, {worked[i]:>4.0f} of them worked  "
                f"{' '.join(within) or '-'}"
            )
        return said


def row(name: str, gaps: NDArray[np.float64]) -> float:
    """Print a row of the table, and return its 99th percentile."""
    clock, worked = gaps
    p50, p95, p99, most = np.percentile(clock, (50, 95, 99, 100))
    figures = f"{p50:>8.1f}{p95:>8.1f}{p99:>8.1f}{most:>8.1f}{os.getloadavg()[0]:>8.1f}"
    work = f"{np.percentile(worked, 99):>10.1f}{worked.max():>8.1f}"
    print(f"{name:<28}{len(clock):>8}{figures}{work}", flush=True)
    return float(p99)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--genes", type=int, default=3000, help="genes that draw the patterns")
    parser.add_argument("--pace", type=int, default=500, help="milliseconds between two switches")
    parser.add_argument("--seconds", type=float, default=40, help="of each part without training")
    parser.add_argument("--tab", default="Train", help="the explorer's tab at the front")
    arguments = parser.parse_args()

    viewer = open_window()
    opened = prepare(open_dataset(arguments.dataset))
    session = session_of(viewer)
    session.open(opened.dataset, opened.images, gene=opened.gene)
    # As many layers are drawn before training as after it.
    stand_in(session, opened)
    explorer = Explorer(viewer)
    viewer.window.add_dock_widget(explorer, area="right")
    explorer.open("Train")
    explorer.open(arguments.tab)
    settle(3)
    trainer = trainer_of(viewer)
    while not trainer.devices:
        settle(0.1)

    rng = np.random.default_rng(0)
    genes = np.argsort(-np.asarray(opened.images.matrix.sum(axis=0)).ravel())[:_MOST]

    def switch() -> None:
        session.gene = int(rng.choice(genes))

    switches = QTimer()
    switches.timeout.connect(switch)
    switches.start(arguments.pace)
    heart = Heart(session)

    def for_a_while() -> Callable[[], bool]:
        end = time.perf_counter() + arguments.seconds
        return lambda: time.perf_counter() > end

    print(_HEAD)
    before = row("without training", heart.run(for_a_while()))
    begun = time.perf_counter()
    trainer.start(Config.from_preset(arguments.preset, genes=arguments.genes))
    during = row("during training", heart.run(lambda: not session.running))
    took, longest = time.perf_counter() - begun, heart.longest(8)
    row("with its result", heart.run(for_a_while()))
    print(f"training took {took:.0f} s; p99 is {during / before:.2f} times that without")
    print("the longest gaps during training, and the events within:", *longest, sep="\n")
    switches.stop()
    session.mark_saved()
    viewer.close()
    settle()


#: Genes that are switched among: those with most molecules.
_MOST = 3000


if __name__ == "__main__":
    main()
