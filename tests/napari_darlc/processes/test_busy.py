"""What a worker is doing is on the screen while it does it, and nothing is kept of it later."""

from __future__ import annotations

import gc
import threading
from typing import Any
from weakref import ref

import napari
import pytest
from napari._qt.widgets.qt_progress_bar import QtLabeledProgressBar
from napari.utils import progress
from pytestqt.qtbot import QtBot
from superqt.utils import create_worker

from napari_darlc.processes import busy
from napari_darlc.processes.busy import show_busy


class Data:
    """Stands for a dataset."""


def bars(viewer: napari.Viewer) -> list[str]:
    found = viewer.window._qt_window.findChildren(QtLabeledProgressBar)
    return [bar.description_label.text().removesuffix(": ") for bar in found]


def test_the_bar_goes_with_the_worker(viewer: napari.Viewer, qtbot: QtBot) -> None:
    data, go_on = Data(), threading.Event()
    gone = ref(data)

    def work(data: Data) -> None:
        go_on.wait(10)

    worker = create_worker(work, data)
    show_busy(worker, "Writing cortex.h5ad")
    assert bars(viewer) == []
    worker.start()
    qtbot.waitUntil(lambda: bars(viewer) == ["Writing cortex.h5ad"])
    del worker, data
    go_on.set()
    qtbot.waitUntil(lambda: bars(viewer) == [])

    def freed() -> None:
        gc.collect()
        assert gone() is None

    qtbot.waitUntil(freed)


def test_a_worker_that_is_done_at_once_leaves_no_bar(viewer: napari.Viewer, qtbot: QtBot) -> None:
    for _ in range(5):
        worker = create_worker(lambda: None)
        show_busy(worker, "Exporting genes")
        with qtbot.waitSignal(worker.signals.finished):
            worker.start()
    qtbot.waitUntil(lambda: bars(viewer) == [])


def test_a_worker_whose_window_is_closed_has_no_bar(
    viewer: napari.Viewer, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []

    def note(**options: Any) -> progress:
        begun.append(options["desc"])
        return progress(**options)

    monkeypatch.setattr(busy, "progress", note)
    for expected in (["Opening cortex.h5ad"], []):
        begun.clear()
        worker = create_worker(lambda: None)
        show_busy(worker, "Opening cortex.h5ad")
        with qtbot.waitSignal(worker.signals.finished):
            worker.start()
            if not expected:
                viewer.close()
        qtbot.wait(50)
        assert begun == expected
