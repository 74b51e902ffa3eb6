"""All sections are zoomed and moved together, by the mouse in a real window."""

from __future__ import annotations

from pathlib import Path

import napari
import numpy as np
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import QApplication, QWidget

from napari_darlc.viewer_session import layers_of, open_path, open_section, session_of

LEFT = Qt.MouseButton.LeftButton


def turn(canvas: QWidget, place: QPoint, steps: int) -> None:
    """Turn the wheel over a place of the canvas."""
    event = QWheelEvent(
        QPointF(place),
        QPointF(canvas.mapToGlobal(place)),
        QPoint(),
        QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas, event)


def test_wheel_and_drag_move_all_sections(
    viewer: napari.Viewer, study_folder: Path, qtbot: QtBot
) -> None:
    open_path(viewer, study_folder)
    session, layers = session_of(viewer), layers_of(viewer)
    qtbot.waitUntil(lambda: session.study is not None and not session.opening)
    sections, canvas = layers.sections, viewer.window._qt_viewer.canvas.native
    sections.show()
    qtbot.waitUntil(lambda: sections.shown)
    names = [each.views.name for each in sections.layer.data.sections]
    assert names == ["treated"]
    layers.denoised.opacity = 0.9
    bar = viewer.canvas.overlays.scale_bar
    assert bar.visible, "both sections are drawn to scale"
    sections.linked = True
    assert not bar.visible, "it would not hold for what is drawn larger"
    names = [each.views.name for each in sections.layer.data.sections]
    assert names == ["ctrl", "treated"] and layers.denoised.opacity == 0.0
    assert layers.denoised.visible and sections.layer.data.denoised
    camera = (viewer.scene.camera.zoom, viewer.scene.camera.center)
    whole = sections.layer.data.layout
    middle = QPoint(canvas.width() // 4, canvas.height() // 2)
    turn(canvas, middle, 4)
    zoomed = sections.layer.data.layout
    for section in (0, 1):  # fewer pixels of each are seen, and each is drawn larger
        before, after = (
            np.unique(each.source[each.section == section]).size for each in (whole, zoomed)
        )
        assert 0 < after < 0.8 * before
    qtbot.mousePress(canvas, LEFT, pos=middle)
    for step in (5, 15, 30):
        qtbot.mouseMove(canvas, middle + QPoint(step, 0))
    qtbot.mouseRelease(canvas, LEFT, pos=middle + QPoint(30, 0))
    dragged = sections.layer.data.layout
    assert not np.array_equal(dragged.source, zoomed.source)
    assert (viewer.scene.camera.zoom, viewer.scene.camera.center) == camera
    # The same gene, view and contrast as ever.
    session.gene = 4
    assert sections.texts == ("ctrl", "treated")
    assert sections.layer.contrast_limits == layers.denoised.contrast_limits
    layers.show_denoised(False)
    assert not sections.layer.data.denoised
    layers.show_denoised(True)
    session.cluster = 2
    qtbot.waitUntil(lambda: np.isfinite(sections.layer.data.patterns[0]).all())
    assert layers.consensus.opacity == 0.0
    # It stays so in another section, and ends with all that it changed.
    open_section(viewer, "treated", "Gene4")
    qtbot.waitUntil(lambda: session.study.section == "treated" and not session.opening)
    assert len(sections.layer.data.sections) == 2 and layers.denoised.opacity == 0.0
    sections.linked = False
    assert len(sections.layer.data.sections) == 1 and layers.denoised.opacity == 1.0
    assert viewer.scene.camera.mouse_zoom and viewer.scene.camera.mouse_pan
    assert not [each for each in viewer.mouse_wheel_callbacks if "Zoom" in each.__qualname__]
    sections.linked = True
    sections.end()
    assert bar.visible and layers.denoised.opacity == 1.0 and viewer.scene.camera.mouse_zoom
