"""A bar in napari's list of activities while a worker runs.

The plugin's workers are superqt's. napari's own have such a bar, but they stay listed until napari
quits, with references to all their arguments, datasets included.
"""

from __future__ import annotations

from typing import Any

from napari import current_viewer
from napari.utils import progress
from superqt.utils import WorkerBase


def show_busy(worker: WorkerBase[Any], doing: str) -> None:
    """Show what a worker is doing, from its start to its end.

    Parameters
    ----------
    worker
        A worker that was not started yet.
    doing
        Text of the bar, such as ``"Writing cortex.h5ad"``.
    """
    bar: progress | None = None
    over = False

    def begin(*_: object) -> None:
        nonlocal bar
        if current_viewer() is None:
            return  # the window was closed meanwhile, and its list of activities with it
        bar = progress(total=0, desc=doing)
        # The worker may end while the bar is created, as napari processes events then.
        if over:
            bar.close()

    def end(*_: object) -> None:
        nonlocal over
        over = True
        if bar is not None:
            bar.close()

    worker.started.connect(begin)
    worker.finished.connect(end)
