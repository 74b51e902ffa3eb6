"""The controls of sections on the canvas, by the mouse in a real window."""

from __future__ import annotations

from pathlib import Path

import napari
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QWidget

from napari_darlc.viewer_session import layers_of, open_path, session_of
from napari_darlc.widgets.sections.sections_panel import SectionsPanel
from napari_darlc.widgets.sections.side_by_side import SideBySideControls


@pytest.fixture
def controls(viewer: napari.Viewer, study_folder: Path, qtbot: QtBot) -> SideBySideControls:
    panel = SectionsPanel(viewer)
    viewer.window.add_dock_widget(panel)
    open_path(viewer, study_folder)
    qtbot.waitUntil(lambda: panel.table.rowCount() > 0)
    return panel.beside


def test_buttons_show_what_is_shown(
    controls: SideBySideControls, viewer: napari.Viewer, qtbot: QtBot
) -> None:
    session, layers = session_of(viewer), layers_of(viewer)

    def click(widget: QWidget) -> None:
        qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)

    assert not controls.more.isVisible()
    click(controls.all)
    qtbot.waitUntil(lambda: layers.sections.shown)
    assert controls.more.isVisible() and not controls.reading.isVisible()
    assert controls.denoised.isChecked() and controls.one_contrast.isChecked()
    session.gene = 4
    click(controls.raw)
    assert not layers.denoised.visible and not layers.sections.layer.data.denoised
    layers.denoised.visible = True  # by napari's list of layers
    assert controls.denoised.isChecked() and layers.sections.layer.data.denoised
    controls.one_contrast.click()
    assert layers.sections.apart and layers.sections.layer.contrast_limits == [0.0, 1.0]
    click(controls.all)
    assert not layers.sections.shown and not controls.more.isVisible()
    click(controls.all)
    viewer.layers.remove(layers.sections.layer)
    assert not controls.all.isChecked() and not controls.more.isVisible()
