"""The compare dock in a real window."""

from __future__ import annotations

from collections.abc import Callable

import napari
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt

from darlc.results.result import Result
from napari_darlc.canvas.comparison import Choice
from napari_darlc.session.session import Session
from napari_darlc.viewer_session import layers_of
from napari_darlc.widgets.compare.compare_dock import CompareDock

Learn = Callable[[Session, Result], None]
LEFT = Qt.MouseButton.LeftButton


def dock_in(viewer: napari.Viewer, qtbot: QtBot) -> CompareDock:
    dock = CompareDock(viewer)
    viewer.window.add_dock_widget(dock, area="right")
    qtbot.waitUntil(dock.isVisible)
    return dock


def type_gene(dock: CompareDock, row: int, name: str, qtbot: QtBot) -> None:
    line = dock.choosers[row].gene.lineEdit()
    assert line is not None
    line.setFocus()
    line.selectAll()
    qtbot.keyClicks(line, name)
    qtbot.keyClick(line, Qt.Key.Key_Return)


def test_without_data_or_training_it_says_what_to_do(
    viewer: napari.Viewer, qtbot: QtBot, request: pytest.FixtureRequest
) -> None:
    dock = dock_in(viewer, qtbot)
    assert dock.empty.isVisible() and "Drop a Visium folder" in dock.empty.text()
    request.getfixturevalue("window_session")
    assert not dock.empty.isVisible() and not dock.side_by_side.isEnabled()
    for said in (dock.explained, dock.no_clusters):
        assert said.isVisible() and "press Train" in said.text()
    assert not dock.clusters.isVisible() and not dock.strongest.isVisible()
    # Raw views can be compared without any training.
    type_gene(dock, 1, "gene5", qtbot)
    assert dock.colours.isChecked()
    assert viewer.canvas.overlays.text.text.splitlines() == [
        "pink: Gene0 (raw)",
        "green: Gene5 (raw)",
    ]


def test_a_click_lays_the_views_side_by_side_and_another_back(
    viewer: napari.Viewer, window_session: Session, result: Result, learn: Learn, qtbot: QtBot
) -> None:
    dock = dock_in(viewer, qtbot)
    learn(window_session, result)
    qtbot.mouseClick(dock.side_by_side, LEFT)
    assert layers_of(viewer).residual is not None and dock.side_by_side.isChecked()
    assert "counts at the median library" in dock.explained.text()
    window_session.gene = 11
    assert "Gene11 has no denoised view: answered when" in dock.explained.text()
    viewer.layers.remove(layers_of(viewer).residual)
    assert not dock.side_by_side.isChecked()
    qtbot.mouseClick(dock.side_by_side, LEFT)
    qtbot.mouseClick(dock.side_by_side, LEFT)
    assert layers_of(viewer).residual is None
    assert viewer.layers["tissue image"].visible


def test_genes_are_typed_or_chosen_among_the_pinned(
    viewer: napari.Viewer, window_session: Session, result: Result, learn: Learn, qtbot: QtBot
) -> None:
    dock = dock_in(viewer, qtbot)
    learn(window_session, result)
    genes = layers_of(viewer).gene_colours
    window_session.pin(7)
    offered = [dock.choosers[2].gene.itemText(i) for i in range(dock.choosers[2].gene.count())]
    assert offered == ["none", "current gene", "Gene7"]
    dock.choosers[2].gene.setCurrentIndex(2)
    dock.choosers[2].gene.activated.emit(2)
    assert genes.choices == (Choice(), None, Choice(7)) and dock.colours.isChecked()
    dock.choosers[2].view.setCurrentText("raw")
    assert genes.choices[2] == Choice(7, "raw")
    type_gene(dock, 1, "Gene99", qtbot)
    assert dock.complaint.isVisible() and "Gene99 is not among the genes" in dock.complaint.text()
    assert genes.choices[1] is None
    type_gene(dock, 1, "GENE4", qtbot)
    assert not dock.complaint.isVisible() and genes.choices[1] == Choice(4)
    assert dock.choosers[1].gene.currentText() == "Gene4"
    window_session.pin(2)
    assert dock.choosers[1].gene.currentText() == "Gene4", "pinning changes no choice"
    type_gene(dock, 1, "none", qtbot)
    assert genes.choices == (Choice(), None, Choice(7, "raw"))
    qtbot.mouseClick(dock.colours, LEFT)
    assert genes.choices == () and "backdrop" not in viewer.layers
    for chooser in dock.choosers:
        chooser.choose("none")
    qtbot.mouseClick(dock.colours, LEFT)
    assert not dock.colours.isChecked() and "at least one gene" in dock.complaint.text()


def test_clusters_are_checked_and_unchecked(
    viewer: napari.Viewer, window_session: Session, result: Result, learn: Learn, qtbot: QtBot
) -> None:
    dock = dock_in(viewer, qtbot)
    learn(window_session, result)
    clusters = layers_of(viewer).clusters

    def click(row: int) -> None:
        item = dock.clusters.item(row)
        assert item is not None
        box = dock.clusters.visualItemRect(item)
        dock.clusters.scrollToItem(item)
        where = box.center()
        where.setX(box.left() + 10)
        qtbot.mouseClick(dock.clusters.viewport(), LEFT, pos=where)

    click(0)
    click(2)
    assert clusters.patterns == (0, 2) == dock.clusters.columns()
    assert "legend" in viewer.layers
    window_session.gene = 4
    assert dock.clusters.columns() == (), "a gene takes the patterns away"
    qtbot.mouseClick(dock.strongest, LEFT, pos=dock.strongest.rect().center() / 4)
    assert clusters.strongest is not None and dock.outlines.isEnabled()
    qtbot.mouseClick(dock.outlines, LEFT, pos=dock.outlines.rect().center() / 4)
    assert clusters.outlines
    viewer.layers.remove(clusters.strongest)
    assert not dock.strongest.isChecked() and not dock.outlines.isEnabled()
