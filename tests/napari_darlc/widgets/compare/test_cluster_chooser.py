"""The list of clusters to choose from, on the screen."""

from __future__ import annotations

import numpy as np
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor

from darlc.results.clusters import Clusters
from napari_darlc.session.session import Model
from napari_darlc.widgets.compare.cluster_chooser import ClusterChooser


def model(names: tuple[str, ...], hidden: frozenset[int] = frozenset()) -> Model:
    membership = np.eye(len(names), dtype=np.float32)[[0, 1, 1, 1, 2, 2]]
    return Model(np.arange(6), None, Clusters(membership, names, hidden=hidden))


def test_largest_first_in_their_colours_without_hidden_or_empty(qtbot: QtBot) -> None:
    chooser = ClusterChooser()
    qtbot.addWidget(chooser)
    chooser.show()
    chooser.offer(model(("a", "b", "c", "empty")))
    assert [chooser.item(i).text() for i in range(chooser.count())] == ["b", "c", "a"]
    image = chooser.item(0).icon().pixmap(14, 14).toImage()
    assert image.pixelColor(7, 7) == QColor("#ee7733")
    chooser.offer(model(("a", "b", "c", "empty"), frozenset({1})))
    assert [chooser.item(i).text() for i in range(chooser.count())] == ["c", "a"]
    chooser.offer(None)
    assert chooser.count() == 0


def test_checked_ones_stay_so_by_name(qtbot: QtBot) -> None:
    chooser = ClusterChooser()
    qtbot.addWidget(chooser)
    told: list[tuple[int, ...]] = []
    chooser.chosen.connect(told.append)
    chooser.offer(model(("a", "b", "c")))
    chooser.item(0).setCheckState(Qt.CheckState.Checked)
    assert told == [(1,)]
    chooser.offer(model(("b", "a", "c")))
    assert chooser.columns() == (0,)
    chooser.check((2,))
    assert chooser.columns() == (2,) and told == [(1,)], "only the user is told of"
