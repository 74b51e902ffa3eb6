"""What a hand does with mouse and wheel, and what an eye sees of a widget's colours."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import napari
import numpy as np
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from qtpy.QtGui import QDropEvent, QWheelEvent
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QScrollBar,
    QWidget,
)

from darlc.results.palette import rgb
from napari_darlc.session.session import Session
from napari_darlc.viewer_session import layers_of
from napari_darlc.widgets.consensus.consensus_map import ConsensusMap
from napari_darlc.widgets.map.gene_map import GeneMap

LEFT = Qt.MouseButton.LeftButton
CONTROL = Qt.KeyboardModifier.ControlModifier
#: Where a box to tick is, from the left and top of its widget.
BOX = QPoint(8, 8)


def drop(viewer: napari.Viewer, path: Path) -> None:
    """Drop a file or folder onto the window."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    event = QDropEvent(
        QPointF(50, 50), Qt.DropAction.CopyAction, data, LEFT, Qt.KeyboardModifier.NoModifier
    )
    viewer.window._qt_viewer.dropEvent(event)


def choose_card(
    clusters: ConsensusMap,
    name: str,
    qtbot: QtBot,
    held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    """Click the card of a cluster."""
    row = [card.name for card in clusters.cards.cards()].index(name)
    index = clusters.cards.model().index(row, 0)
    clusters.cards.scrollTo(index)
    rect = clusters.cards.visualRect(index)
    # On the pattern; a click on a typical gene goes to that gene.
    where = QPoint(rect.left() + 40, rect.center().y())
    qtbot.mouseClick(clusters.cards.viewport(), LEFT, held, where)


def drag(widget: QWidget, start: QPoint, end: QPoint, qtbot: QtBot) -> None:
    """Press, move and release the left button."""
    qtbot.mousePress(widget, LEFT, pos=start)
    for i in range(1, 6):
        qtbot.mouseMove(widget, start + (end - start) * (i / 5))
        qtbot.wait(20)
    qtbot.mouseRelease(widget, LEFT, pos=end)


def drag_round(widget: QWidget, centre: QPoint, radius: int, qtbot: QtBot) -> None:
    """Draw a circle with the left button."""
    places = [
        centre + QPoint(round(radius * np.cos(angle)), round(radius * np.sin(angle)))
        for angle in np.linspace(0, 2 * np.pi, 25)
    ]
    qtbot.mouseMove(widget, places[0])
    qtbot.mousePress(widget, LEFT, pos=places[0])
    for place in places[1:]:
        qtbot.mouseMove(widget, place)
        qtbot.wait(20)
    qtbot.mouseRelease(widget, LEFT, pos=places[-1])


def turn_wheel(widget: QWidget, notches: int) -> None:
    """Turn the wheel over the middle of a widget."""
    where = QPointF(widget.rect().center())
    event = QWheelEvent(
        where,
        widget.mapToGlobal(where),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def on_canvas(viewer: napari.Viewer, pixel: NDArray[np.int64]) -> QPoint:
    """Return where a pixel of the grid lies on the canvas."""
    raw, camera = layers_of(viewer).raw, viewer.scene.camera
    assert raw is not None
    where = np.array(raw.data_to_world((0, *pixel)))[1:] - camera.center[-2:]
    down, right = np.rint(where * camera.zoom).astype(int).tolist()
    return viewer.window._qt_viewer.canvas.native.rect().center() + QPoint(right, down)


def colours(widget: QWidget) -> Counter[str]:
    """Count the colours of a widget's pixels, every second one of them."""
    image = widget.grab().toImage()
    return Counter(
        image.pixelColor(x, y).name()
        for x in range(0, image.width(), 2)
        for y in range(0, image.height(), 2)
    )


def colour_of(session: Session, gene: int) -> str:
    """Return the colour of a gene's cluster."""
    cluster = session.cluster_of(gene)
    assert session.model is not None and cluster >= 0
    return session.model.colours[cluster].lower()


def points_are_coloured(gene_map: GeneMap, session: Session) -> bool:
    """Return whether the map's points have the colours of their clusters as these are now."""
    wanted = [rgb(colour_of(session, gene)) for gene in gene_map.arrangement.genes.tolist()]
    return bool(np.allclose(gene_map.canvas.colours[:, :3], wanted, atol=0.01))


def without_tooltip(view: QWidget) -> list[str]:
    """Return the controls of a view that are in sight and do not say what they are for."""
    kinds = (QAbstractButton, QComboBox, QLineEdit, QAbstractSlider, QAbstractSpinBox)
    return [
        f"{type(control).__name__} {control.objectName()}"
        for kind in kinds
        for control in view.findChildren(kind)
        if control.isVisible() and not _tip_of(control, view)
    ]


def _tip_of(control: QWidget, view: QWidget) -> str:
    """Return the tooltip of a control, or of what it is a part of."""
    part: QWidget | None = control
    while part is not None and part is not view:
        if part.toolTip() or isinstance(part, QScrollBar):
            return part.toolTip() or "scroll bar"
        part = part.parentWidget()
    return ""
