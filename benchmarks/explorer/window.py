"""How long a real window lets its user wait: the clock that all viewers are measured with.

It needs napari and nothing of ours, so that it also runs where another viewer is installed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence

import napari
import numpy as np
from qtpy.QtGui import QCursor
from qtpy.QtWidgets import QApplication

from napari_darlc.napari_private.windows import main_window, scene_canvas

SIZE = (1400, 900)
HEAD = f"{'milliseconds':<40}{'p50':>8}{'p95':>8}{'most':>8}{'CPU, p50':>12}{'load':>8}"
_PATIENCE = 10.0


def open_window() -> napari.Viewer:
    """Return a viewer of the size that is measured, with the pointer off its canvas."""
    viewer = napari.Viewer()
    viewer.window.resize(*SIZE)
    settle()
    # Genes are picked in a list, or by keys; over the canvas napari would describe what is there.
    window = main_window(viewer)
    assert window is not None
    QCursor.setPos(window.mapToGlobal(window.rect().topLeft()))
    settle()
    return viewer


def settle(seconds: float = 1.0) -> None:
    """Let the window finish what it is at."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        QApplication.processEvents()
        time.sleep(0.01)


class Clock:
    """Measures how long the window takes to show what was asked for."""

    def __init__(self, viewer: napari.Viewer) -> None:
        self._canvas = scene_canvas(viewer)
        assert self._canvas is not None
        self._drawn = 0
        self._canvas.events.draw.connect(self._on_draw, position="last")

    @property
    def drawn(self) -> int:
        """How often the canvas has been drawn."""
        return self._drawn

    def time(self, action: Callable[[], object]) -> tuple[float, float]:
        """Return seconds until the canvas is drawn and no event is left, and of all processors."""
        before = self._drawn
        start, worked = time.perf_counter(), time.process_time()
        action()
        while self._drawn == before:
            QApplication.processEvents()
            if time.perf_counter() - start > _PATIENCE:
                raise RuntimeError("the canvas was not drawn: is the window on a screen?")
        QApplication.processEvents()
        return time.perf_counter() - start, time.process_time() - worked

    def redraw(self) -> tuple[float, float]:
        """Return what the same picture takes again."""
        assert self._canvas is not None
        return self.time(self._canvas.update)

    def _on_draw(self, event: object) -> None:
        self._drawn += 1


def in_turn(
    change: Callable[[bool], object],
    measure: Callable[[], tuple[float, float]],
    times: int,
    block: int = 20,
) -> dict[bool, list[tuple[float, float]]]:
    """Measure without and with something, in blocks that alternate.

    Other work on the machine then slows both.

    Parameters
    ----------
    change
        Takes away or gives what is measured.
    measure
        Measures once, as `Clock.time` does.
    times
        How often each is measured, in whole blocks.
    block
        How many measurements follow one another.
    """
    took: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
    for each in range(-2, 2 * (times // block)):
        change(bool(each % 2))
        settle()
        seconds = [measure() for _ in range(block)]
        if each >= 0:  # the first two warm up
            took[bool(each % 2)] += seconds
    return took


def line(name: str, seconds: Sequence[tuple[float, float]]) -> None:
    """Print a row of the table, in milliseconds."""
    waited, worked = 1e3 * np.array(seconds).T
    p50, p95, most = np.percentile(waited, (50, 95, 100))
    load = os.getloadavg()[0]
    row = f"{p50:>8.1f}{p95:>8.1f}{most:>8.1f}{np.median(worked):>12.1f}{load:>8.1f}"
    print(f"{name:<40}{row}", flush=True)
