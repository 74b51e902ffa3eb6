"""Random walks through the whole explorer: after every step all views show one dataset.

A walk is a seed, and tells its steps. ``DARLC_WALK_SEED`` and ``DARLC_WALK_STEPS`` of the
environment take another or a longer one; ``pytest -s`` tells the steps of one that crashes.
"""

from __future__ import annotations

import ctypes
import gc
import os
import sys

import napari
import numpy as np
import psutil
import pytest
from napari.utils.notifications import Notification
from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QApplication
from walks.at_random import RandomWalk, Tissue

from napari_darlc.processes.trainer import Trainer
from napari_darlc.processes.umap_process import UmapProcess

#: Steps between two looks at what only comes after a while, such as thumbnails.
_REST = 12
#: Steps after which caches are full, and between two looks at the memory of the process.
_WARM, _WEIGHED = 300, 50
#: How much it may grow from then on, in bytes.
_GROWTH = 40e6


@pytest.fixture(scope="module")
def tissues() -> list[Tissue]:
    """Return a usual tissue, a larger, a smaller, one that was never fitted, one as large."""
    return [
        Tissue("Usual", 14, 10, 3, seed=0),
        Tissue("Large", 45, 13, 5, seed=1),
        Tissue("Small", 5, 7, 2, seed=2),
        Tissue("Raw", 9, 8, 0, seed=3),
        Tissue("Other", 14, 9, 4, seed=4),
    ]


@pytest.fixture(autouse=True)
def no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Train and arrange nothing beside the window: what is said of it is said by the walk."""
    monkeypatch.setattr(Trainer, "prestart", lambda self: None)
    monkeypatch.setattr(UmapProcess, "ask", lambda self, *_: None)


def walk_along(
    steps: int,
    seed: int,
    viewer: napari.Viewer,
    tissues: list[Tissue],
    listeners_failed: list[Exception],
    notifications: list[Notification],
    caplog: pytest.LogCaptureFixture,
    qtbot: QtBot,
) -> None:
    walk, weights = RandomWalk(viewer, tissues, seed), []
    with qtbot.capture_exceptions() as raised:
        for number in range(1, steps + 1):
            walk.step()
            QApplication.processEvents()
            if number % _REST == 0 and walk.session.images is not None:
                qtbot.wait(400)  # what is throttled has begun
                qtbot.waitUntil(lambda: walk.at_rest)
                walk.check_pictures()
            walk.check()
            assert not raised and not listeners_failed
            assert not [each for each in notifications if each.severity.value == "error"]
            assert not [each for each in caplog.records if each.levelname == "ERROR"]
            if number >= _WARM and number % _WEIGHED == 0:
                weights.append(_in_use())
                print(f"{number} steps: {weights[-1] / 1e6:.0f} MB", flush=True)
    gc.collect()
    assert len(walk.alive) <= 3, "earlier datasets are still in memory"
    if len(weights) > 5:
        # Single numbers jump by what is open just then.
        growth = np.median(weights[-5:]) - np.median(weights[:5])
        assert growth < _GROWTH, f"the process grew by {growth / 1e6:.0f} MB"


def _in_use() -> int:
    """Return the bytes that the process holds, without what the C library keeps for later."""
    gc.collect()
    # What it keeps varies by 70 MB from look to look.
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "malloc_trim"):
        library.malloc_trim(0)
    return int(psutil.Process().memory_info().rss)


SEED, STEPS = (
    int(os.environ.get("DARLC_WALK_SEED", "0")),
    int(os.environ.get("DARLC_WALK_STEPS", "100")),
)


@pytest.mark.timeout(900)
def test_all_views_show_one_dataset(
    viewer: napari.Viewer,
    tissues: list[Tissue],
    listeners_failed: list[Exception],
    notifications: list[Notification],
    caplog: pytest.LogCaptureFixture,
    qtbot: QtBot,
) -> None:
    walk_along(STEPS, SEED, viewer, tissues, listeners_failed, notifications, caplog, qtbot)


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("seed", range(1, 6))
def test_all_views_show_one_dataset_on_long_walks(
    seed: int,
    viewer: napari.Viewer,
    tissues: list[Tissue],
    listeners_failed: list[Exception],
    notifications: list[Notification],
    caplog: pytest.LogCaptureFixture,
    qtbot: QtBot,
) -> None:
    """Nor does the process grow."""
    walk_along(1000, seed, viewer, tissues, listeners_failed, notifications, caplog, qtbot)
