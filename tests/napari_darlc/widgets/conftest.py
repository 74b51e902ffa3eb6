"""Sessions with a tissue, and what drives them, for the tests of the docks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import napari
import numpy as np
import pytest
from psygnal import Signal
from qtpy.QtWidgets import QWidget

from darlc.config import Config
from darlc.data.dataset import Dataset
from darlc.events import Denoised, Memberships, Started
from darlc.images.sgep_images import SGEPImages
from darlc.results.result import Result
from napari_darlc.session.session import Session
from napari_darlc.viewer_session import session_of


class FakeTrainer:
    """Notes what it was asked for."""

    devices_changed = Signal(list)

    def __init__(self) -> None:
        self.devices = ["cpu"]
        self.asked: list[Any] = []
        self.interrupted: Path | None = None

    def resume(self) -> None:
        self.asked.append("resume")

    def prestart(self) -> None:
        self.asked.append("devices")

    def start(self, config: Config) -> None:
        self.asked.append(config)

    def stop(self) -> None:
        self.asked.append("stop")

    def cancel(self) -> None:
        self.asked.append("cancel")


@pytest.fixture
def layout() -> str:
    """Return one layout: the docks treat them alike."""
    return "hexagonal"


@pytest.fixture
def trainer() -> FakeTrainer:
    """Return a trainer that trains nothing."""
    return FakeTrainer()


@pytest.fixture
def session(session_with_tissue: Session) -> Session:
    """Return a session that shows the small tissue, of no window."""
    return session_with_tissue


@pytest.fixture
def window_session(viewer: napari.Viewer, dataset: Dataset, images: SGEPImages) -> Session:
    """Return the session of a napari window that shows the small tissue."""
    session = session_of(viewer)
    session.open(dataset, images)
    return session


@pytest.fixture
def learn() -> Callable[[Session, Result], None]:
    """Return what lets training get as far as memberships."""

    def learn(session: Session, result: Result) -> None:
        session.begin()
        session.receive(Started("cpu", np.arange(result.n_genes)))
        session.receive(Denoised(result.denoised))
        session.receive(Memberships("joint", result.membership))

    return learn


@pytest.fixture
def colours_of() -> Callable[[QWidget], Counter[str]]:
    """Return what counts the colours of a widget's pixels, by ``#rrggbb``."""

    def colours_of(widget: QWidget) -> Counter[str]:
        image = widget.grab().toImage()
        return Counter(
            image.pixelColor(x, y).name()
            for x in range(image.width())
            for y in range(image.height())
        )

    return colours_of
