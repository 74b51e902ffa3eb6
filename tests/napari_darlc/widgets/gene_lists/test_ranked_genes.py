"""The table of ranked genes: what it says, how it sorts, and what a choice does."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QColor, QImage
from qtpy.QtWidgets import QApplication, QWidget

from darlc.images.sgep_images import SGEPImages
from darlc.results.result import Result
from napari_darlc.session.model import Model
from napari_darlc.widgets.common.style import ACCENT
from napari_darlc.widgets.common.thumbnails import ThumbnailPainter, draw_genes
from napari_darlc.widgets.gene_lists.ranked_genes import (
    PICTURE,
    Measure,
    RankedGene,
    RankedGenes,
)

MEASURES = (
    Measure("likeness", "How alike", share=lambda value: value),
    Measure("p", "P", "{:.0e}".format),
)


def picture(colour: str) -> QImage:
    image = QImage(PICTURE, PICTURE, QImage.Format.Format_RGB32)
    image.fill(QColor(colour))
    return image


@pytest.fixture
def table(qtbot: QtBot) -> Iterator[RankedGenes]:
    """Return a table of three genes on the screen."""
    dock = QWidget()
    qtbot.addWidget(dock)
    table = RankedGenes(MEASURES, dock)
    table.show_genes(
        [
            RankedGene(7, "beta", (0.9, 1e-3), picture("#aa0000"), "myelin", "#00bb00"),
            RankedGene(3, "Alpha", (0.2, 1e-9), picture("#0000cc")),
            RankedGene(5, "gamma", (np.nan, 0.5), picture("#0000cc"), "2", "#123456"),
        ]
    )
    table.resize(420, 300)
    dock.resize(420, 300)
    dock.show()
    qtbot.waitExposed(dock)
    yield table  # the dock lives as long


def click_head(table: RankedGenes, column: int, qtbot: QtBot) -> None:
    head = table.horizontalHeader()
    where = head.sectionViewportPosition(column) + 8
    qtbot.mouseClick(head.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(where, 8))


def test_it_shows_the_best_first_and_says_what_it_knows(table: RankedGenes) -> None:
    assert table.genes == [7, 3, 5]
    assert [table.text(0, column) for column in range(4)] == ["beta", "myelin", "0.90", "1e-03"]
    assert [table.text(2, column) for column in (1, 2)] == ["2", "–"]


def test_a_click_on_a_head_sorts_by_numbers_not_by_text(table: RankedGenes, qtbot: QtBot) -> None:
    click_head(table, 3, qtbot)
    first = table.genes
    click_head(table, 3, qtbot)
    assert {tuple(first), tuple(table.genes)} == {(3, 7, 5), (5, 7, 3)}
    click_head(table, 0, qtbot)
    assert table.genes in ([3, 7, 5], [5, 7, 3])  # Alpha, beta, gamma whatever the case


def test_numbers_that_come_later_take_their_place(table: RankedGenes, qtbot: QtBot) -> None:
    click_head(table, 3, qtbot)
    table.fill(1, [1e-5, 1e-2, 1e-7])
    by_label = {table.text(row, 0): table.text(row, 3) for row in range(3)}
    assert by_label == {"beta": "1e-05", "Alpha": "1e-02", "gamma": "1e-07"}
    assert table.genes in ([5, 7, 3], [3, 7, 5]), "the order follows"
    assert table.text(table.genes.index(3), 2) == "0.20"


def test_pictures_clusters_and_bars_are_drawn(table: RankedGenes, qtbot: QtBot) -> None:
    image = table.viewport().grab().toImage()
    colours = {
        image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())
    }
    assert {"#aa0000", "#00bb00", "#123456", ACCENT} <= colours


def test_a_click_and_return_choose_a_gene(table: RankedGenes, qtbot: QtBot) -> None:
    chosen: list[int] = []
    table.gene_chosen.connect(chosen.append)
    where = table.visualRect(table.model().index(1, 0)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=where)
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert chosen == [3]
    qtbot.keyClick(table, Qt.Key.Key_Return)
    assert chosen == [3, 5]


def test_the_current_gene_is_marked(table: RankedGenes) -> None:
    def marked() -> list[int]:
        return [index.row() for index in table.selectionModel().selectedRows()]

    table.mark(5)
    assert marked() == [2]
    table.mark(99)
    assert marked() == []


def test_genes_are_drawn_denoised_where_they_are_modelled(
    qapp: object, images: SGEPImages, result: Result
) -> None:
    model = Model.of(result, images.index([str(name) for name in result.gene_names]))
    painter = ThumbnailPainter(images.grid, PICTURE)
    drawn = draw_genes(images, model, np.array([11, 2]), painter)
    raw = draw_genes(images, None, np.array([11, 2]), painter)
    assert drawn[0] == raw[0] and drawn[1] != raw[1]
    assert max(drawn[0].width(), drawn[0].height()) == PICTURE


@pytest.mark.parametrize("width", [240, 300, 420, 800])
def test_names_can_be_read_however_narrow_the_dock(table: RankedGenes, width: int) -> None:
    table.resize(width, 300)
    name = table.fontMetrics().horizontalAdvance("gamma")
    assert table.columnWidth(0) >= PICTURE + name
    taken = sum(table.columnWidth(column) for column in range(4))
    assert taken >= table.viewport().width(), "no room is wasted"


def test_all_chosen_rows_are_copied(table: RankedGenes, qtbot: QtBot) -> None:
    control = Qt.KeyboardModifier.ControlModifier
    for row, held in ((2, Qt.KeyboardModifier.NoModifier), (0, control)):
        where = table.visualRect(table.model().index(row, 0)).center()
        qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, held, where)
    qtbot.keyClick(table, Qt.Key.Key_C, control)
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    assert clipboard.text().splitlines() == [
        "Gene\tCluster\tlikeness\tp",
        "beta\tmyelin\t0.9\t0.001",
        "gamma\t2\t\t0.5",
    ]
    table.copy_names()
    assert clipboard.text() == "beta\ngamma"


def test_the_table_is_told_in_the_order_of_the_screen(table: RankedGenes, qtbot: QtBot) -> None:
    click_head(table, 0, qtbot)
    told = table.table()
    assert list(told.columns) == ["Cluster", "likeness", "p"]
    assert told["p"].tolist() == [{7: 1e-3, 3: 1e-9, 5: 0.5}[gene] for gene in table.genes]
