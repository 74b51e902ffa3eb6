"""A bar in napari's list of activities for as long as a worker is at work.

The plugin's workers are superqt's. Napari's own come with such a bar, but it also lists them as
tasks until it quits, and they keep whatever they were given, datasets included.
"""

from __future__ import annotations

from typing import Any

from napari.utils import progress
from superqt.utils import WorkerBase


def show_busy(worker: WorkerBase[Any], doing: str) -> None:
    """Tell the user what a worker is doing, from its start to its end.

    Parameters
    ----------
    worker
        One that was not started yet.
    doing
        What is said of it: ``"Writing cortex.h5ad"``.
    """
    bar: progress | None = None
    over = False

    def begin(*_: object) -> None:
        nonlocal bar
        bar = progress(total=0, desc=doing)
        # The end may come while the bar is made: napari processes events to show it.
        if over:
            bar.close()

    def end(*_: object) -> None:
        nonlocal over
        over = True
        if bar is not None:
            bar.close()

    worker.started.connect(begin)
    worker.finished.connect(end)
