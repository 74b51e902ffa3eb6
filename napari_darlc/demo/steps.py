"""Scripted steps in a window, each of which waits for a condition without blocking the window."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import napari
import numpy as np
from napari.utils.notifications import Notification, NotificationSeverity, notification_manager
from qtpy.QtCore import QObject, QTimer

from napari_darlc.napari_private.notification_boxes import notification_boxes
from napari_darlc.napari_private.windows import main_window
from napari_darlc.session.session import Session

_TICK_MS = 50
#: Seconds to wait for thumbnails and canvas to be drawn.
_SETTLE = 1.5
#: A gene to show is in one of this many largest clusters, and has at least this confidence.
_LARGE, _SURE = 5, 0.95

#: Generator of what to wait for: a condition, or a number of seconds.
Steps = Iterator[Callable[[], bool] | float]


class DemoSteps(QObject):
    """Runs steps on the GUI thread without blocking it.

    An error notification ends it, and so does closing the window.

    Parameters
    ----------
    viewer
        Viewer of the window.
    steps
        The steps.
    patience
        Most seconds to wait for a condition.
    on_end
        Called at the end, with the error as a sentence; empty without an error.
    """

    def __init__(
        self,
        viewer: napari.Viewer,
        steps: Steps,
        patience: float,
        on_end: Callable[[str], None],
    ) -> None:
        super().__init__(main_window(viewer))
        self._steps = steps
        self._patience = patience
        self._on_end = on_end
        self._ready: Callable[[], bool] = lambda: True
        self._deadline = float("inf")
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._timer.start(_TICK_MS)
        notification_manager.notification_ready.connect(self._on_notification)

    def _tick(self) -> None:
        try:
            if not self._ready():
                if time.monotonic() > self._deadline:
                    self._end(f"A condition was not met within {self._patience:.0f} s.")
                return
            awaited = next(self._steps)
        except StopIteration:
            self._end("")
        except Exception as error:
            self._end(f"{type(error).__name__}: {error}")
        else:
            self._await(awaited)

    def _await(self, awaited: Callable[[], bool] | float) -> None:
        now = time.monotonic()
        if callable(awaited):
            self._ready, self._deadline = awaited, now + self._patience
        else:
            end = now + awaited
            self._ready, self._deadline = lambda: time.monotonic() >= end, float("inf")

    def _on_notification(self, notification: Notification) -> None:
        if notification.severity >= NotificationSeverity.ERROR:
            self._end(notification.message)

    def _end(self, complaint: str) -> None:
        if self._timer.isActive():
            self._timer.stop()
            notification_manager.notification_ready.disconnect(self._on_notification)
            self._on_end(complaint)


def photograph(viewer: napari.Viewer, path: Path) -> Steps:
    """Save a picture of the whole window, without notifications, and print its name."""
    for box in notification_boxes():
        box.close()
    yield _SETTLE
    viewer.window.screenshot(path, flash=False)
    print(path, flush=True)


def surest_gene(session: Session) -> int:
    """Return a highly expressed gene of high confidence in one of the larger clusters."""
    model, images = session.model, session.images
    assert model is not None and images is not None
    largest = np.argsort(-np.bincount(model.cluster, minlength=model.n_clusters))[:_LARGE]
    among = np.flatnonzero(np.isin(model.cluster, largest) & (model.confidence >= _SURE))
    rows = among if len(among) else np.arange(len(model.genes))
    total = np.asarray(images.matrix[:, model.genes[rows]].sum(axis=0)).ravel()
    return int(model.genes[rows[total.argmax()]])
