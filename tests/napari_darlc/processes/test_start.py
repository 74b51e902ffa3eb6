"""Workers leave no trace once they have ended, whatever order they end in."""

from __future__ import annotations

import gc
import inspect
import threading
import time
import warnings
from pathlib import Path
from weakref import ref

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QRunnable, QThreadPool, QTimer
from superqt.utils import WorkerBase, create_worker

import napari_darlc
from napari_darlc.processes.start import start


class Data:
    """Stands for what a worker works on."""


def work(data: Data, begun: threading.Event, go_on: threading.Event) -> None:
    begun.set()
    assert go_on.wait(10)


@pytest.mark.parametrize("last", [0, 1])
def test_workers_that_overlap_put_back_what_shows_warnings(last: int, qtbot: QtBot) -> None:
    shown_by = warnings.showwarning
    data = [Data(), Data()]
    held = [ref(each) for each in data]
    begun, go_on = ([threading.Event() for _ in data] for _ in range(2))
    ended: list[int] = []
    for i in range(2):
        worker = create_worker(work, data[i], begun[i], go_on[i])
        worker.finished.connect(lambda i=i: ended.append(i))
        start(worker)
        qtbot.waitUntil(begun[i].is_set)
    del worker
    data.clear()
    for i in (1 - last, last):
        go_on[i].set()
        qtbot.waitUntil(lambda i=i: i in ended)

    def gone() -> None:
        gc.collect()
        assert [each() for each in held] == [None, None]

    qtbot.waitUntil(gone)
    assert warnings.showwarning is shown_by


@pytest.mark.parametrize("in_loop", [False, True])
def test_a_worker_works_once_the_call_that_starts_it_has_returned(
    in_loop: bool, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    said: list[str] = []

    class SlowPool:
        """Comes back late, as where another thread holds the interpreter."""

        @staticmethod
        def globalInstance() -> type[SlowPool]:
            return SlowPool

        @staticmethod
        def start(worker: QRunnable) -> None:
            pool = QThreadPool.globalInstance()
            assert pool is not None
            pool.start(worker)
            time.sleep(0.2)
            said.append("started")

    monkeypatch.setattr(inspect.getmodule(WorkerBase), "QThreadPool", SlowPool)
    worker = create_worker(lambda: said.append("worked"))
    if in_loop:
        QTimer.singleShot(0, lambda: start(worker))
    else:
        start(worker)
    qtbot.waitUntil(lambda: len(said) == 2)
    assert said == ["started", "worked"]


def test_all_workers_start_so() -> None:
    plugin = Path(napari_darlc.__file__).parent
    makers = ("create_worker", "@thread_worker")
    for path in plugin.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        if any(maker in source for maker in makers):
            started = ("processes.start import start", "start_opening(target, worker")
            assert any(each in source for each in started), path
            assert "worker.start()" not in source, path
