"""The legend of the gene map: what is painted, and what a click tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QWidget

from napari_darlc.widgets.map.colours import Entry, PointColours
from napari_darlc.widgets.map.legend import GeneMapLegend

Colours = Callable[[QWidget], Counter[str]]
NONE = np.zeros((0, 4), dtype=np.float32)
TEXTS = PointColours(NONE, entries=(Entry("first", "#ff0000", 3), Entry("second", "#0000ff", 1)))


@pytest.fixture
def legend(qtbot: QtBot) -> GeneMapLegend:
    legend = GeneMapLegend()
    qtbot.addWidget(legend)
    legend.resize(300, 20)
    legend.show()
    return legend


def test_a_dot_for_each_text(legend: GeneMapLegend, colours_of: Colours) -> None:
    legend.explain(TEXTS)
    assert legend.entries == TEXTS.entries
    seen = colours_of(legend)
    assert seen["#ff0000"] > 30 and seen["#0000ff"] > 30
    legend.explain(TEXTS, faint=frozenset({"first"}))
    seen = colours_of(legend)
    assert seen["#ff0000"] == 0 and seen["#0000ff"] > 30


def test_a_click_tells_the_text(legend: GeneMapLegend, qtbot: QtBot) -> None:
    heard: list[str] = []
    legend.entry_clicked.connect(heard.append)
    legend.explain(TEXTS)
    qtbot.mouseClick(legend, Qt.MouseButton.LeftButton, pos=legend.place("second"))
    assert not heard
    legend.explain(TEXTS, clickable=True)
    qtbot.mouseClick(legend, Qt.MouseButton.LeftButton, pos=legend.place("second"))
    assert heard == ["second"]
    with pytest.raises(KeyError):
        legend.place("third")


def test_many_texts_wrap(legend: GeneMapLegend) -> None:
    legend.explain(TEXTS)
    low = legend.height()
    legend.explain(
        PointColours(NONE, entries=tuple(Entry(f"e{i}", "#123456", 1) for i in range(12)))
    )
    assert legend.height() > low
    places = {(legend.place(f"e{i}").x(), legend.place(f"e{i}").y()) for i in range(12)}
    assert len(places) == 12
    assert all(0 <= x < legend.width() and 0 <= y < legend.height() for x, y in places)


def test_a_scale_for_numbers(legend: GeneMapLegend, colours_of: Colours) -> None:
    legend.explain(PointColours(NONE, limits=(0.25, 0.75)))
    assert legend.limits == (0.25, 0.75)
    assert len(colours_of(legend)) > 150
    legend.explain(None)
    assert legend.height() == 0
