"""The tissue fills the canvas at every size of it, until the user moves the camera."""

from __future__ import annotations

import napari
import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from darlc.data.dataset import Dataset
from darlc.images.sgep_images import SGEPImages
from darlc.results.result import Result
from napari_darlc.canvas.layers import SessionLayers
from napari_darlc.viewer_session import layers_of, session_of
from napari_darlc.workspace import open_workspace


@pytest.fixture
def layers(
    viewer: napari.Viewer, dataset: Dataset, images: SGEPImages, result: Result, qtbot: QtBot
) -> SessionLayers:
    viewer.window.resize(1200, 900)
    qtbot.wait(300)
    session_of(viewer).open(dataset, images, result)
    qtbot.wait(100)
    return layers_of(viewer)


def taken(viewer: napari.Viewer, layers: SessionLayers) -> float:
    """Return how much of the canvas the views take, by its tighter side."""
    shown = [layer for layer in (layers.raw, layers.residual) if layer is not None]
    low, high = viewer.layers.get_extent(shown).world[:, -2:]
    centre, zoom = np.array(viewer.scene.camera.center[-2:]), viewer.scene.camera.zoom
    reach = 2 * np.maximum(high - centre, centre - low) * zoom
    return float((reach / np.array(viewer.canvas.size)).max())


def test_docks_and_windows_change_the_size(
    viewer: napari.Viewer, layers: SessionLayers, qtbot: QtBot
) -> None:
    before = taken(viewer, layers)
    assert 0.6 < before <= 1
    open_workspace(viewer)
    qtbot.waitUntil(lambda: viewer.canvas.size[0] < 600)
    qtbot.waitUntil(lambda: taken(viewer, layers) == pytest.approx(before, 0.02))
    viewer.window.resize(1000, 760)
    qtbot.wait(300)
    assert taken(viewer, layers) == pytest.approx(before, 0.02)
    layers.lay_side_by_side(True)
    before = taken(viewer, layers)
    viewer.window.resize(1200, 900)
    qtbot.wait(300)
    assert taken(viewer, layers) <= 1


def test_who_looks_elsewhere_is_left_there(
    viewer: napari.Viewer, layers: SessionLayers, qtbot: QtBot
) -> None:
    viewer.scene.camera.zoom *= 3
    qtbot.wait(100)
    near = taken(viewer, layers)
    viewer.window.resize(1000, 760)
    qtbot.wait(300)
    assert taken(viewer, layers) > 0.8 * near
