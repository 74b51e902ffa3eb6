"""The gene table, by mouse and keyboard on the screen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import cast

import napari
import numpy as np
import pandas as pd
import pytest
from napari.utils.notifications import Notification
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QApplication, QFileDialog, QLineEdit, QWidget

from darlc.data.dataset import Dataset
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.results.result import Result
from napari_darlc.genes.columns import CLUSTER, CONFIDENCE, MEAN, MORANS_I
from napari_darlc.session.session import Session
from napari_darlc.widgets.gene_lists.measuring import measuring_of
from napari_darlc.widgets.table.gene_table import GeneTable
from napari_darlc.widgets.table.model import GENE

LEFT, NOTHING_HELD = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def session(dataset: Dataset, result: Result) -> Session:
    """Return a session with a result and columns in ``var``."""
    adata = dataset.adata
    adata.var["length"] = np.arange(12.0)[::-1] * 100
    adata.var["kind"] = ["coding", "lncRNA"] * 6
    adata.var["same"] = "Gene Expression"
    session = Session()
    session.open(dataset, rasterize(adata), result)
    return session


@pytest.fixture
def table(session: Session, qtbot: QtBot) -> GeneTable:
    """Return a table on the screen, of no napari window, that knows all columns."""
    table = GeneTable(cast(napari.Viewer, None), session)
    qtbot.addWidget(table)
    table.resize(900, 420)
    table.show()
    measuring_of(session).measure()
    qtbot.waitUntil(lambda: table.model.column_of("kind") > 0)
    return table


def listed(table: GeneTable) -> list[str]:
    return column(table, GENE)


def column(table: GeneTable, name: str) -> list[str]:
    at = table.model.column_of(name)
    return [table.model.index(row, at).data() for row in range(table.model.rowCount())]


def click_row(
    table: GeneTable, name: str, qtbot: QtBot, held: Qt.KeyboardModifier = NOTHING_HELD
) -> None:
    index = table.model.index(listed(table).index(name), 0)
    table.view.scrollTo(index)
    where = table.view.visualRect(index).center()
    qtbot.mouseClick(table.view.viewport(), LEFT, held, where)


def click_head(table: GeneTable, name: str, qtbot: QtBot) -> None:
    section = table.model.column_of(name)
    header = table.view.header
    x = header.sectionViewportPosition(section) + 8
    qtbot.mouseClick(header.viewport(), LEFT, pos=QPoint(x, 8))


def type_filter(table: GeneTable, name: str, typed: str, qtbot: QtBot) -> None:
    field = table.view.header.fields[name]
    assert field.isVisible()
    field.clear()
    qtbot.keyClicks(field, typed)


def test_without_a_dataset_it_says_what_to_do(qtbot: QtBot) -> None:
    table = GeneTable(cast(napari.Viewer, None), Session())
    qtbot.addWidget(table)
    table.show()
    assert table.no_dataset.isVisible()
    assert not table.export.isEnabled()


def test_all_that_is_known_of_all_genes(
    table: GeneTable, session: Session, images: SGEPImages
) -> None:
    assert listed(table) == sorted(f"Gene{i}" for i in range(12))
    assert table.count.text() == "12 of 12 genes"
    assert column(table, CLUSTER)[:2] == ["1", "2"]
    assert column(table, CLUSTER).count("") == 3
    assert column(table, "kind")[0] == "coding"
    mean = images.expression().mean(axis=1)
    assert float(column(table, MEAN)[0]) == pytest.approx(mean[0], rel=0.01)
    # A column in which all genes are the same tells nothing.
    assert table.view.isColumnHidden(table.model.column_of("same"))


def test_a_click_on_a_head_sorts(table: GeneTable, session: Session, qtbot: QtBot) -> None:
    click_head(table, "length", qtbot)
    by_length = [f"Gene{i}" for i in range(11, -1, -1)]
    orders = [by_length, by_length[::-1]]
    first = orders.index(listed(table))
    click_head(table, "length", qtbot)
    assert listed(table) == orders[1 - first]
    # Genes that are not modelled have no confidence and come last either way.
    for _ in range(2):
        click_head(table, CONFIDENCE, qtbot)
        assert set(listed(table)[-3:]) == {"Gene9", "Gene10", "Gene11"}


def test_columns_are_filtered(table: GeneTable, qtbot: QtBot) -> None:
    type_filter(table, "length", "> 300", qtbot)
    assert len(listed(table)) == 8
    assert table.count.text() == "8 of 12 genes"
    type_filter(table, "kind", "LNC", qtbot)
    assert listed(table) == ["Gene1", "Gene3", "Gene5", "Gene7"]
    type_filter(table, CLUSTER, "2", qtbot)
    assert listed(table) == ["Gene1", "Gene7"]
    qtbot.mouseClick(table.clear_filters, LEFT)
    assert len(listed(table)) == 12
    assert table.view.header.fields["kind"].text() == ""
    assert not table.clear_filters.isVisible()


def test_names_are_filtered_as_in_the_gallery(table: GeneTable, qtbot: QtBot) -> None:
    type_filter(table, GENE, "gene1?, gene3", qtbot)
    assert listed(table) == ["Gene10", "Gene11", "Gene3"]


def test_what_is_no_comparison_is_told(table: GeneTable, qtbot: QtBot) -> None:
    type_filter(table, MORANS_I, "> much", qtbot)
    field = table.view.header.fields[MORANS_I]
    assert len(listed(table)) == 12
    assert "not a comparison of numbers" in field.toolTip()
    assert "border" in field.styleSheet()
    type_filter(table, MORANS_I, "> -2", qtbot)
    assert "border" not in field.styleSheet()
    assert "not a comparison" not in field.toolTip()


def test_the_current_row_is_the_gene(table: GeneTable, session: Session, qtbot: QtBot) -> None:
    click_row(table, "Gene3", qtbot)
    assert session.gene_name == "Gene3"
    qtbot.keyClick(table.view, Qt.Key.Key_Down)
    assert session.gene_name == "Gene4"
    session.gene = 7
    assert table.view.currentIndex().row() == listed(table).index("Gene7")
    # One row is but the current one.
    qtbot.wait(200)
    assert not len(session.selection)


def test_several_rows_are_the_selection(
    table: GeneTable,
    session: Session,
    colours_of: Callable[[QWidget], Counter[str]],
    qtbot: QtBot,
) -> None:
    click_row(table, "Gene2", qtbot)
    click_row(table, "Gene4", qtbot, Qt.KeyboardModifier.ShiftModifier)
    click_row(table, "Gene8", qtbot, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: session.selection.tolist() == [2, 3, 4, 8])
    assert not session.only_selected and len(listed(table)) == 12
    assert table.narrowing.selection.text() == "4 selected"
    qtbot.keyClick(table.view, Qt.Key.Key_Escape)
    assert not len(session.selection)
    assert len(table.view.chosen) == 1


def test_what_others_select_is_marked_or_all_there_is(
    table: GeneTable, session: Session, qtbot: QtBot
) -> None:
    session.select([5, 6, 11], only=False)
    marks = [
        table.model.index(row, 0).data(Qt.ItemDataRole.BackgroundRole) is not None
        for row in range(12)
    ]
    assert [name for name, mark in zip(listed(table), marks, strict=True) if mark] == [
        "Gene11", "Gene5", "Gene6",
    ]  # fmt: skip
    session.only_selected = True
    assert listed(table) == ["Gene11", "Gene5", "Gene6"]
    # Rows are chosen to be copied then, and all stay.
    table.view.selectAll()
    qtbot.wait(200)
    assert len(session.selection) == 3 and len(listed(table)) == 3


def test_a_cluster_alone(table: GeneTable, session: Session, qtbot: QtBot) -> None:
    session.cluster = 1
    assert listed(table) == ["Gene1", "Gene4", "Gene7"]
    qtbot.mouseClick(table.narrowing.cluster, LEFT)
    assert len(listed(table)) == 12


def test_edits_of_clusters_are_followed(table: GeneTable, session: Session, qtbot: QtBot) -> None:
    assert session.clusters is not None
    session.edit("rename", session.clusters.renamed(0, "myelin"))
    qtbot.waitUntil(lambda: "myelin" in column(table, CLUSTER))
    at = table.model.index(0, table.model.column_of(CLUSTER))
    assert at.data(Qt.ItemDataRole.DecorationRole).name() == session.clusters.colours[0]


def test_the_columns_in_view_stay_in_view(table: GeneTable, session: Session, qtbot: QtBot) -> None:
    table.resize(300, 240)
    across, rows = table.view.horizontalScrollBar(), table.view.verticalScrollBar()
    qtbot.waitUntil(lambda: across.maximum() > 100 and rows.maximum() > 0)
    across.setValue(across.maximum())
    session.gene = 8
    assert across.value() == across.maximum() and rows.value() > 0
    assert session.clusters is not None
    session.edit("rename", session.clusters.renamed(0, "myelin"))
    qtbot.waitUntil(lambda: "myelin" in column(table, CLUSTER))
    assert across.value() == across.maximum()
    session.cluster = 1
    qtbot.waitUntil(lambda: len(listed(table)) == 3)
    assert across.value() == across.maximum()


def test_rows_are_copied(table: GeneTable, session: Session, qtbot: QtBot) -> None:
    for name in ("Confidence", "Second cluster", MORANS_I, MEAN, "Share of observations", "length"):
        table.show_column(name, False)
    click_row(table, "Gene4", qtbot)
    click_row(table, "Gene2", qtbot, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(table.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    assert clipboard.text().splitlines() == [
        "Gene\tCluster\tkind",
        "Gene2\t3\tcoding",
        "Gene4\t2\tcoding",
    ]
    table.view.copy_names()
    assert clipboard.text() == "Gene2\nGene4"


def test_columns_are_hidden_and_shown(table: GeneTable, qtbot: QtBot) -> None:
    table.columns_menu.aboutToShow.emit()
    actions = {action.text(): action for action in table.columns_menu.actions()}
    assert GENE not in actions
    assert actions["kind"].isChecked() and not actions["same"].isChecked()
    actions["kind"].trigger()
    assert table.view.isColumnHidden(table.model.column_of("kind"))
    assert not table.view.header.fields["kind"].isVisible()
    actions["same"].trigger()
    assert table.view.header.fields["same"].isVisible()


def test_filters_stay_under_their_columns_wherever_the_table_is_scrolled_to(
    table: GeneTable, qtbot: QtBot
) -> None:
    table.resize(320, 420)
    bar, header = table.view.horizontalScrollBar(), table.view.header
    qtbot.waitUntil(lambda: bar.maximum() > 100)
    for value in (bar.maximum(), bar.maximum() // 2, 0):
        bar.setValue(value)
        for name, field in header.fields.items():
            place = table.view.columnViewportPosition(table.model.column_of(name))
            assert abs(field.x() - place) <= 1
    # What is typed where the eye sees a column's field filters by that column.
    bar.setValue(bar.maximum())
    x = table.view.columnViewportPosition(table.model.column_of("kind")) + 8
    field = header.childAt(QPoint(x, header.height() - 8))
    assert isinstance(field, QLineEdit)
    qtbot.keyClicks(field, "lnc")
    assert set(column(table, "kind")) == {"lncRNA"}


def test_the_tab_key_leads_to_fields_that_can_be_seen(table: GeneTable, qtbot: QtBot) -> None:
    table.resize(320, 420)
    table.activateWindow()
    header = table.view.header
    header.fields["length"].setFocus()
    qtbot.waitUntil(header.fields["length"].hasFocus)
    place = header.fields["length"].geometry()
    assert place.left() >= 0 and place.right() <= header.width()


def test_what_is_listed_is_exported(
    table: GeneTable,
    session: Session,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    notifications: list[Notification],
    qtbot: QtBot,
) -> None:
    type_filter(table, "length", "> 900", qtbot)
    path = tmp_path / "genes"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args: (str(path), ""))
    qtbot.mouseClick(table.export, LEFT)
    written = tmp_path / "genes.csv"
    qtbot.waitUntil(lambda: bool(notifications))
    assert str(written) in str(notifications[0].message)
    frame = pd.read_csv(written)
    assert frame[GENE].tolist() == ["Gene0", "Gene1"]
    assert frame["length"].tolist() == [1100.0, 1000.0]
    assert "same" not in frame
    assert frame["Symbol"].tolist() == ["Gene0", "Gene1"] and "Identifier" in frame
    np.testing.assert_allclose(frame[MEAN], session.images.expression().mean(axis=1)[:2], rtol=1e-6)


def test_another_dataset_replaces_columns_and_filters(
    table: GeneTable, session: Session, dataset: Dataset, qtbot: QtBot
) -> None:
    type_filter(table, "kind", "lnc", qtbot)
    smaller = dataset.adata[:, :4].copy()
    del smaller.var["kind"]
    session.open(Dataset(smaller), rasterize(smaller))
    assert listed(table) == ["Gene0", "Gene1", "Gene2", "Gene3"]
    qtbot.waitUntil(lambda: table.model.column_of("length") > 0)
    assert "kind" not in table.view.header.fields
    assert len(listed(table)) == 4
