"""The points of the gene map as the graphics card draws them, also after a dock was floated."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor, QImage
from qtpy.QtWidgets import QDockWidget, QMainWindow

from napari_darlc.widgets.map.points import PointCloud
from napari_darlc.widgets.map.viewport import MapView

POINTS = np.array([[-1, 0], [1, 0], [1, 0]], dtype=np.float32)
COLOURS = np.array([[1, 0, 0, 1], [0, 1, 0, 1], [0, 0, 1, 1]], dtype=np.float32)
SIZES = np.array([30, 30, 30], dtype=np.float32)


def colours(cloud: PointCloud) -> Counter[str]:
    image = cloud.canvas.native.grabFramebuffer()
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    bits = image.constBits()
    assert bits is not None
    # PyQt6 gives an address that must be told its size, PySide6 a buffer.
    buffer = bits.asarray(image.sizeInBytes()) if hasattr(bits, "asarray") else bits
    pixels = np.frombuffer(buffer, dtype=np.uint32) & 0xFFFFFF
    values, counts = np.unique(pixels, return_counts=True)
    return Counter({f"#{value:06x}": int(n) for value, n in zip(values, counts, strict=True)})


@pytest.fixture
def window(qtbot: QtBot) -> QMainWindow:
    window = QMainWindow()
    qtbot.addWidget(window)
    window.resize(420, 240)
    window.show()
    return window


@pytest.fixture
def cloud(window: QMainWindow, qtbot: QtBot) -> PointCloud:
    cloud = PointCloud()
    dock = QDockWidget()
    dock.setWidget(cloud)
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
    cloud.look(MapView(200, 200, scale=60))
    cloud.set_ground(QColor("#102030"))
    cloud.draw(POINTS, COLOURS, SIZES)
    qtbot.waitUntil(lambda: colours(cloud)["#ff0000"] > 100)
    return cloud


def test_discs_of_the_given_size_and_order(cloud: PointCloud) -> None:
    seen = colours(cloud)
    assert seen["#ff0000"] == pytest.approx(np.pi * 15**2, rel=0.15)
    assert seen["#00ff00"] == 0  # under the blue one
    assert seen["#0000ff"] == pytest.approx(seen["#ff0000"], rel=0.05)
    assert seen["#102030"] > 1000


def test_points_survive_floating_and_docking(cloud: PointCloud, qtbot: QtBot) -> None:
    dock = cloud.parentWidget()
    assert isinstance(dock, QDockWidget)
    for floating in (True, False):
        dock.setFloating(floating)
        qtbot.waitUntil(lambda: colours(cloud)["#ff0000"] > 100)
        assert colours(cloud)["#102030"] > 1000


def test_no_points_are_drawn_as_none(cloud: PointCloud, qtbot: QtBot) -> None:
    cloud.draw(POINTS[:0], COLOURS[:0], SIZES[:0])
    qtbot.waitUntil(lambda: colours(cloud)["#ff0000"] == 0)
