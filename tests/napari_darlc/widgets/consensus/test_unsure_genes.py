"""The table of genes that belong to no cluster by half."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QApplication

from darlc.data.dataset import Dataset
from darlc.images.sgep_images import SGEPImages
from darlc.results.result import Result
from napari_darlc.session.session import Session
from napari_darlc.widgets.consensus.unsure_genes import UnsureGenes


@pytest.fixture
def table(
    session: Session, dataset: Dataset, images: SGEPImages, result: Result, qtbot: QtBot
) -> UnsureGenes:
    result.membership[[2, 5, 7]] = [[0.25, 0.3, 0.45], [0.4, 0.25, 0.35], [0.1, 0.48, 0.42]]
    session.open(dataset, images, result)
    table = UnsureGenes(session)
    qtbot.addWidget(table)
    table.resize(400, 200)
    table.show()
    return table


def rows(table: UnsureGenes) -> list[list[str]]:
    model = table.model()
    assert model is not None
    return [
        [str(model.index(row, column).data()) for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def test_least_sure_first_with_the_second_best(table: UnsureGenes, session: Session) -> None:
    assert rows(table) == [
        ["Gene5", "1", "0.40", "3", "0.35"],
        ["Gene2", "3", "0.45", "2", "0.30"],
        ["Gene7", "2", "0.48", "3", "0.42"],
    ]
    assert session.model is not None and table.model() is not None
    colour = table.model().index(0, 3).data(Qt.ItemDataRole.DecorationRole)
    assert colour == QColor(session.model.colours[2])


def test_a_click_shows_the_gene(table: UnsureGenes, session: Session, qtbot: QtBot) -> None:
    where = table.visualRect(table.model().index(1, 2)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert session.gene == 2
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert session.gene == 7


def test_an_edit_is_followed_and_the_walk_goes_on(
    table: UnsureGenes, session: Session, qtbot: QtBot
) -> None:
    table.setCurrentIndex(table.model().index(1, 0))
    assert session.gene == 2 and session.clusters is not None
    session.edit("merge 2 and 3", session.clusters.merged([1, 2], "both"))
    assert rows(table) == []  # each has more than half of its membership in one of two now
    session.undo()
    session.edit("rename 1 to x", session.clusters.renamed(0, "x"))
    assert rows(table)[0][1] == "x"


def test_live_memberships_keep_the_current_gene(
    table: UnsureGenes, session: Session, result: Result, qtbot: QtBot
) -> None:
    table.setCurrentIndex(table.model().index(1, 0))
    assert session.clusters is not None
    moved = np.roll(session.clusters.membership, 1, axis=1)
    moved[4] = [0.35, 0.33, 0.32]
    session.edit("roll", type(session.clusters)(moved))
    assert rows(table)[0][0] == "Gene4" and table.currentIndex().row() == 2
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert session.gene == 7


def test_every_column_has_a_head(table: UnsureGenes) -> None:
    model = table.model()
    assert model is not None
    heads = [str(model.headerData(i, Qt.Orientation.Horizontal)) for i in range(5)]
    assert heads == ["gene", "cluster", "share", "second", "share"]


def test_all_chosen_names_are_copied(table: UnsureGenes, qtbot: QtBot) -> None:
    table.selectAll()
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    assert clipboard.text().splitlines() == [row[0] for row in rows(table)]
