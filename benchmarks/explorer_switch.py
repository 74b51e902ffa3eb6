"""How fast another gene is on the screen, and whether walking through genes fills the memory.

``python -m benchmarks.explorer_switch DATASET`` opens a real window on a dataset or a result and
prints a table: milliseconds from the choice of a gene until the canvas is drawn anew, as the user
would wait for it; a redraw of an empty viewer of the same size, which no plugin can beat; and how
much memory a thousand switches took. On a machine that is busy with other work the CPU time tells
more than the wait; the load says how busy it was. A dataset without a result gets smoothed
stand-ins for its denoised views, so that as much is drawn as after training.
"""

from __future__ import annotations

import argparse
import gc
import os
import time
from collections.abc import Callable
from pathlib import Path

import napari
import numpy as np
import psutil
from numpy.typing import NDArray
from qtpy.QtWidgets import QApplication

from darlc.data.io import open_dataset
from darlc.events import Denoised, Memberships, Started
from napari_darlc.compare import Choice
from napari_darlc.opening import Opened, prepare
from napari_darlc.session import Session
from napari_darlc.viewer_session import layers_of, session_of

_SIZE = (1400, 900)
_GENES, _CLUSTERS = 3000, 20
_PATIENCE = 10.0


class Clock:
    """Measures how long the window takes to show what was asked for."""

    def __init__(self, viewer: napari.Viewer) -> None:
        self._canvas = viewer.window._qt_viewer.canvas._scene_canvas
        self._drawn = False
        self._canvas.events.draw.connect(self._on_draw, position="last")

    def time(self, action: Callable[[], object]) -> tuple[float, float]:
        """Return seconds until the canvas is drawn and no event is left, and of all processors."""
        self._drawn = False
        start, worked = time.perf_counter(), time.process_time()
        action()
        while not self._drawn:
            QApplication.processEvents()
            if time.perf_counter() - start > _PATIENCE:
                raise RuntimeError("the canvas was not drawn: is the window on a screen?")
        QApplication.processEvents()
        return time.perf_counter() - start, time.process_time() - worked

    def redraw(self) -> tuple[float, float]:
        """Return what the same picture takes again."""
        return self.time(self._canvas.update)

    def _on_draw(self, event: object) -> None:
        self._drawn = True


def settle(seconds: float = 1.0) -> None:
    """Let the window finish what it is at."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        QApplication.processEvents()
        time.sleep(0.01)


def stand_in(session: Session, opened: Opened) -> None:
    """Give a session without a result smoothed views and clusters, as training would."""
    images = opened.images
    total = np.asarray(images.matrix.sum(axis=0)).ravel()
    genes = np.sort(np.argsort(-total)[:_GENES])
    smooth = (images.expression(genes) @ images.grid.smoother(1.5).T).astype(np.float16)
    membership = np.full((len(genes), _CLUSTERS), 0.1 / (_CLUSTERS - 1), dtype=np.float32)
    membership[np.arange(len(genes)), np.arange(len(genes)) % _CLUSTERS] = 0.9
    session.begin()
    session.receive(Started("cpu", genes))
    session.receive(Denoised(smooth))
    session.receive(Memberships("joint", membership))
    session.state = "ready"


def line(name: str, seconds: list[tuple[float, float]]) -> None:
    """Print a row of the table, in milliseconds."""
    waited, worked = 1e3 * np.array(seconds).T
    p50, p95, most = np.percentile(waited, (50, 95, 100))
    load = os.getloadavg()[0]
    row = f"{p50:>8.1f}{p95:>8.1f}{most:>8.1f}{np.median(worked):>12.1f}{load:>8.1f}"
    print(f"{name:<32}{row}", flush=True)


def measure_switches(
    clock: Clock, session: Session, genes: NDArray[np.int64]
) -> list[tuple[float, float]]:
    """Return what each gene took to be shown."""

    def show(gene: int) -> None:
        session.gene = gene

    return [clock.time(lambda gene=int(gene): show(gene)) for gene in genes]  # type: ignore[misc]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--switches", type=int, default=200)
    parser.add_argument(
        "--walk", type=int, default=1000, help="switches that memory is measured on"
    )
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    head = f"{'p50':>8}{'p95':>8}{'most':>8}{'CPU, p50':>12}{'load':>8}"
    print(f"{'milliseconds':<32}{head}")
    viewer = napari.Viewer()
    viewer.window._qt_window.resize(*_SIZE)
    settle()
    clock = Clock(viewer)
    line("redraw of an empty viewer", [clock.redraw() for _ in range(arguments.switches)])

    opened = prepare(open_dataset(arguments.dataset))
    session = session_of(viewer)
    session.open(opened.dataset, opened.images, opened.result, opened.gene)
    if opened.result is None:
        stand_in(session, opened)
    settle()
    model = session.model
    assert model is not None

    def draw(among: NDArray[np.int64], n: int) -> NDArray[np.int64]:
        chosen: NDArray[np.int64] = rng.choice(among, n, replace=n > len(among))
        return chosen

    measure_switches(clock, session, draw(model.genes, 20))
    line("redraw of the same gene", [clock.redraw() for _ in range(arguments.switches)])
    switches = arguments.switches
    line("gene switch", measure_switches(clock, session, draw(model.genes, switches)))
    every = np.arange(opened.images.n_genes)
    line("gene switch, any gene", measure_switches(clock, session, draw(every, switches)))
    layers = layers_of(viewer)
    layers.lay_side_by_side(True)
    settle()
    line("gene switch, side by side", measure_switches(clock, session, draw(model.genes, switches)))
    layers.gene_colours.show([Choice(), Choice(int(model.genes[0]), "raw")])
    settle()
    line(
        "gene switch, two in colours", measure_switches(clock, session, draw(model.genes, switches))
    )
    layers.gene_colours.end()
    settle()

    process = psutil.Process()
    gc.collect()
    before = process.memory_info().rss
    measure_switches(clock, session, draw(model.genes, arguments.walk))
    gc.collect()
    grown = (process.memory_info().rss - before) / 2**20
    print(f"memory after {arguments.walk} more switches: {grown:+.1f} MiB", flush=True)
    viewer.close()


if __name__ == "__main__":
    main()
