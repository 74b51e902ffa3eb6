"""Rings, names and lines over the gene map."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QWidget

from napari_darlc.widgets.map.overlay import GeneMapOverlay, Mark

ACCENT = "#4c8df6"


@pytest.fixture
def overlay(qtbot: QtBot) -> Iterator[GeneMapOverlay]:
    room = QWidget()
    qtbot.addWidget(room)
    room.resize(200, 120)
    overlay = GeneMapOverlay(room)
    overlay.resize(200, 120)
    room.show()
    yield overlay
    room.close()


def painted(overlay: GeneMapOverlay) -> np.ndarray:
    """Return where something is painted, (height, width)."""
    image = overlay.grab().toImage()
    ground = image.pixel(0, 0)
    return np.array(
        [[image.pixel(x, y) != ground for x in range(200)] for y in range(120)], dtype=bool
    )


def test_the_current_gene_has_a_ring_and_its_name(
    overlay: GeneMapOverlay, colours_of: Callable[[QWidget], Counter[str]]
) -> None:
    overlay.mark([Mark(0, "current", "GENE")], np.array([[60.0, 60.0]]), np.array([4.0]))
    assert colours_of(overlay)[ACCENT] > 20
    assert painted(overlay)[50:70, 75:110].any()


def test_a_name_stays_on_the_canvas(overlay: GeneMapOverlay) -> None:
    overlay.mark([Mark(0, "current", "GENE")], np.array([[190.0, 60.0]]), np.array([4.0]))
    assert painted(overlay)[50:70, 140:178].any()


def test_names_do_not_cover_each_other(overlay: GeneMapOverlay) -> None:
    marks = [Mark(i, "pinned", "A long name") for i in range(9)]
    overlay.mark(marks, np.full((9, 2), [100.0, 60.0]), np.full(9, 3.0))
    crowded = painted(overlay)
    overlay.mark(marks[:4], np.full((4, 2), [100.0, 60.0]), np.full(4, 3.0))
    # There are four places around a ring: the others' names are left out.
    np.testing.assert_array_equal(painted(overlay), crowded)


def test_a_line_is_filled_and_goes_again(overlay: GeneMapOverlay) -> None:
    overlay.draw_line(np.array([[20.0, 20.0], [180.0, 20.0], [180.0, 100.0], [20.0, 100.0]]))
    assert painted(overlay)[30:90, 30:170].all()
    overlay.draw_line(np.zeros((0, 2)))
    assert not painted(overlay).any()
