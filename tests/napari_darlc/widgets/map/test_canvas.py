"""The gene map's canvas under mouse and keyboard."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import QApplication

from napari_darlc.widgets.map.canvas import GeneMapCanvas
from napari_darlc.widgets.map.overlay import Mark

#: Five by five, one unit apart; row = 5 y + x.
GRID = np.stack(np.meshgrid(np.arange(5), np.arange(5)), axis=-1).reshape(-1, 2).astype(np.float32)
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def canvas(qtbot: QtBot) -> GeneMapCanvas:
    canvas = GeneMapCanvas()
    qtbot.addWidget(canvas)
    canvas.resize(300, 300)
    canvas.show()
    qtbot.waitUntil(canvas.isVisible)
    canvas.put(GRID, GRID)
    paint(canvas, np.ones(25, dtype=bool))
    return canvas


def paint(canvas: GeneMapCanvas, pickable: np.ndarray) -> None:
    colours = np.tile(np.array([1, 0, 0, 1], dtype=np.float32), (25, 1))
    canvas.paint(colours, np.full(25, 6, dtype=np.float32), pickable, pickable)


def drag(
    canvas: GeneMapCanvas,
    places: Sequence[QPoint],
    qtbot: QtBot,
    modifier: Qt.KeyboardModifier = NONE,
    button: Qt.MouseButton = LEFT,
) -> None:
    qtbot.mousePress(canvas, button, modifier, places[0])
    for place in places[1:]:
        qtbot.mouseMove(canvas, place)
    qtbot.mouseRelease(canvas, button, modifier, places[-1])


def around(canvas: GeneMapCanvas, rows: Sequence[int]) -> list[QPoint]:
    """Return the corners of a box a little larger than what holds some genes."""
    places = [canvas.place(row) for row in rows]
    x, y = [place.x() for place in places], [place.y() for place in places]
    left, right, top, bottom = min(x) - 12, max(x) + 12, min(y) - 12, max(y) + 12
    return [
        QPoint(left, top),
        QPoint(right, top),
        QPoint(right, bottom),
        QPoint(left, bottom),
        QPoint(left, top + 3),
    ]


def enclosed(canvas: GeneMapCanvas) -> list[list[int]]:
    heard: list[list[int]] = []
    canvas.enclosed.connect(lambda rows: heard.append(rows.tolist()))
    return heard


def test_a_click_means_the_gene_under_it(canvas: GeneMapCanvas, qtbot: QtBot) -> None:
    heard: list[int] = []
    canvas.clicked.connect(heard.append)
    qtbot.mouseClick(canvas, LEFT, pos=canvas.place(7) + QPoint(3, -2))
    qtbot.mouseClick(canvas, LEFT, pos=(canvas.place(7) + canvas.place(13)) / 2)
    assert heard == [7]
    paint(canvas, np.arange(25) != 7)
    qtbot.mouseClick(canvas, LEFT, pos=canvas.place(7))
    assert heard == [7]


def test_a_lasso_encloses_genes(canvas: GeneMapCanvas, qtbot: QtBot) -> None:
    heard = enclosed(canvas)
    canvas.tool = "lasso"
    corners = around(canvas, [6, 13])
    qtbot.mousePress(canvas, LEFT, NONE, corners[0])
    for corner in corners[1:]:
        qtbot.mouseMove(canvas, corner)
    assert len(canvas.overlay.line) >= 4
    qtbot.mouseRelease(canvas, LEFT, NONE, corners[-1])
    assert heard == [[6, 7, 8, 11, 12, 13]]
    assert len(canvas.overlay.line) == 0
    assert not canvas.sight_chosen


def test_a_rectangle_encloses_genes(canvas: GeneMapCanvas, qtbot: QtBot) -> None:
    heard = enclosed(canvas)
    canvas.tool = "rectangle"
    corners = around(canvas, [6, 13])
    drag(canvas, [corners[2], corners[1], corners[0]], qtbot)
    paint(canvas, np.arange(25) != 12)
    drag(canvas, [corners[0], corners[2]], qtbot)
    assert heard == [[6, 7, 8, 11, 12, 13], [6, 7, 8, 11, 13]]


def test_shift_draws_with_any_tool(canvas: GeneMapCanvas, qtbot: QtBot) -> None:
    heard = enclosed(canvas)
    drag(canvas, around(canvas, [0]), qtbot, Qt.KeyboardModifier.ShiftModifier)
    assert heard == [[0]]


def test_a_line_around_nothing_encloses_nothing(canvas: GeneMapCanvas, qtbot: QtBot) -> None:
    heard = enclosed(canvas)
    canvas.tool = "lasso"
    gap = (canvas.place(6) + canvas.place(12)) / 2
    drag(canvas, [gap, gap + QPoint(14, 0), gap + QPoint(0, 14), gap], qtbot)
    assert heard == [[]]


def test_escape_gives_up_a_line_first(canvas: GeneMapCanvas, qtbot: QtBot) -> None:
    heard = enclosed(canvas)
    escapes: list[None] = []
    canvas.escaped.connect(lambda: escapes.append(None))
    canvas.tool = "lasso"
    corners = around(canvas, [6, 13])
    qtbot.mousePress(canvas, LEFT, NONE, corners[0])
    qtbot.mouseMove(canvas, corners[1])
    qtbot.mouseMove(canvas, corners[2])
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert len(canvas.overlay.line) == 0
    qtbot.mouseRelease(canvas, LEFT, NONE, corners[3])
    assert not heard and not escapes
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert len(escapes) == 1


@pytest.mark.parametrize("button", [LEFT, Qt.MouseButton.MiddleButton])
def test_dragging_moves_the_map(
    canvas: GeneMapCanvas, button: Qt.MouseButton, qtbot: QtBot
) -> None:
    if button != LEFT:
        canvas.tool = "lasso"  # the other buttons move the map all the same
    before = canvas.place(12)
    drag(canvas, [QPoint(100, 100), QPoint(120, 90), QPoint(140, 85)], qtbot, button=button)
    assert canvas.place(12) - before == QPoint(40, -15)
    canvas.resize(301, 300)
    assert (canvas.place(12) - before - QPoint(40, -15)).manhattanLength() <= 2
    qtbot.keyClick(canvas, Qt.Key.Key_Home)
    assert (canvas.place(12) - before).manhattanLength() <= 2


def test_the_wheel_zooms_at_the_mouse(canvas: GeneMapCanvas) -> None:
    def turn(units: int) -> None:
        at = QPointF(canvas.place(18))
        event = QWheelEvent(
            at,
            canvas.mapToGlobal(at),
            QPoint(),
            QPoint(0, units),
            Qt.MouseButton.NoButton,
            NONE,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(canvas, event)

    before, apart = canvas.place(18), canvas.place(19).x() - canvas.place(18).x()
    turn(360)
    assert (canvas.place(18) - before).manhattanLength() <= 1
    assert canvas.place(19).x() - canvas.place(18).x() == pytest.approx(apart * 1.2**3, abs=2)
    turn(-360)
    assert canvas.place(19).x() - canvas.place(18).x() == pytest.approx(apart, abs=2)


def test_keys_zoom_and_a_double_click_shows_all(canvas: GeneMapCanvas, qtbot: QtBot) -> None:
    scale = canvas.view.scale
    qtbot.keyClick(canvas, Qt.Key.Key_Plus)
    assert canvas.view.scale == pytest.approx(1.4 * scale)
    qtbot.keyClick(canvas, Qt.Key.Key_Minus)
    assert canvas.view.scale == pytest.approx(scale)
    qtbot.keyClick(canvas, Qt.Key.Key_Plus)
    qtbot.mouseDClick(canvas, LEFT, pos=(canvas.place(6) + canvas.place(12)) / 2)
    assert canvas.view.scale == pytest.approx(scale)


def test_it_tells_which_gene_the_mouse_is_on(canvas: GeneMapCanvas, qtbot: QtBot) -> None:
    heard: list[int] = []
    canvas.hovered.connect(lambda row, at: heard.append(row))

    def told(row: int, place: QPoint) -> bool:
        qtbot.mouseMove(canvas, place + QPoint(1, 0))
        qtbot.mouseMove(canvas, place)
        return heard[-1:] == [row]

    qtbot.waitUntil(lambda: told(3, canvas.place(3)))
    assert Mark(3, "hovered") in canvas.overlay.marks
    qtbot.waitUntil(lambda: told(-1, canvas.place(3) + QPoint(0, 25)))
    assert set(heard) == {3, -1}
    assert not canvas.overlay.marks


def test_genes_travel_to_where_they_belong(canvas: GeneMapCanvas, qtbot: QtBot) -> None:
    goal = GRID[::-1].copy()
    canvas.mark([Mark(0, "current", "A")])
    canvas.put(GRID, goal)
    assert canvas.travelling
    np.testing.assert_array_equal(canvas.points, goal)
    np.testing.assert_array_equal(canvas.shown_points, GRID)
    qtbot.waitUntil(lambda: not canvas.travelling)
    np.testing.assert_array_equal(canvas.shown_points, goal)
    assert canvas.place(0).x() > canvas.place(4).x()


def test_what_is_looked_at_stays_while_genes_travel(canvas: GeneMapCanvas, qtbot: QtBot) -> None:
    drag(canvas, [QPoint(100, 100), QPoint(130, 100)], qtbot)
    rect = canvas.view.rect
    canvas.put(GRID, GRID * 3)
    qtbot.waitUntil(lambda: not canvas.travelling)
    assert canvas.view.rect == rect
    canvas.show_all()
    assert canvas.view.rect != rect
