"""The sections of a study in a window: what is listed, and what clicks do."""

from __future__ import annotations

from pathlib import Path

import napari
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QMimeData, QPointF, Qt, QUrl
from qtpy.QtGui import QDropEvent
from qtpy.QtWidgets import QFileDialog, QMessageBox

from napari_darlc.viewer_session import session_of
from napari_darlc.widgets.sections.sections_panel import SectionsPanel

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(
    viewer: napari.Viewer, study_folder: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> SectionsPanel:
    """Return the panel of a window into which a study was dropped."""
    panel = SectionsPanel(viewer)
    viewer.window.add_dock_widget(panel)
    assert "fitted together" in panel.summary.text() and not panel.filled.isVisible()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(study_folder))])
    event = QDropEvent(
        QPointF(50, 50), Qt.DropAction.CopyAction, data, LEFT, Qt.KeyboardModifier.NoModifier
    )
    viewer.window._qt_viewer.dropEvent(event)
    qtbot.waitUntil(lambda: panel.table.rowCount() > 0)
    return panel


def click(panel: SectionsPanel, row: int, qtbot: QtBot) -> None:
    place = panel.table.visualItemRect(panel.table.item(row, 0)).center()
    qtbot.mouseClick(panel.table.viewport(), LEFT, pos=place)


def choose(panel: SectionsPanel, section: str) -> None:
    panel.section.setCurrentText(section)
    panel.section.activated.emit(panel.section.currentIndex())


def test_genes_that_change_are_listed_and_shown(
    panel: SectionsPanel, viewer: napari.Viewer, qtbot: QtBot
) -> None:
    session = session_of(viewer)
    assert panel.filled.isVisible()
    assert panel.table.texts() == [["Gene8", "3", "treated", "1", "0.020"]]
    assert "<b>1 gene</b> of 9 changes in some of 2 sections" in panel.summary.text()
    session.gene = 0
    click(panel, 0, qtbot)
    assert session.gene_name == "Gene8" and panel.section.currentText() == "ctrl"
    panel.fdr.setValue(0.2)
    qtbot.waitUntil(lambda: [row[0] for row in panel.table.texts()] == ["Gene8", "Gene7"])
    # On request, the section too.
    panel.go_there.setChecked(True)
    click(panel, 1, qtbot)
    qtbot.waitUntil(lambda: panel.section.currentText() == "treated")
    assert session.gene_name == "Gene7"
    assert session.dataset is not None and session.dataset.name == "treated"
    assert panel.table.rowCount() == 2, "the list is the study's"


def test_edits_are_asked_about_before_another_section_is_shown(
    panel: SectionsPanel, viewer: napari.Viewer, qtbot: QtBot
) -> None:
    session = session_of(viewer)
    assert session.clusters is not None
    session.edit("rename 1 to edge", session.clusters.renamed(0, "edge"))
    choose(panel, "treated")
    qtbot.waitUntil(lambda: bool(viewer.window._qt_window.findChildren(QMessageBox)))
    (box,) = viewer.window._qt_window.findChildren(QMessageBox)
    assert "Open treated in its place?" in box.informativeText()
    qtbot.mouseClick(box.button(QMessageBox.StandardButton.Cancel), LEFT)
    assert session.edited and panel.section.currentText() == "ctrl"
    session.mark_saved()
    choose(panel, "treated")
    qtbot.waitUntil(lambda: panel.section.currentText() == "treated")


def test_a_folder_is_chosen_and_a_dataset_empties_the_list(
    panel: SectionsPanel,
    viewer: napari.Viewer,
    study_folder: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    viewer.open(str(study_folder / "ctrl.h5ad"), plugin="napari-darlc")
    qtbot.waitUntil(lambda: session_of(viewer).study is None)
    assert not panel.filled.isVisible() and panel.table.rowCount() == 0
    assert "fitted together" in panel.summary.text()
    folder = str(study_folder)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *args: folder)
    qtbot.mouseClick(panel.open_study, LEFT)
    qtbot.waitUntil(lambda: panel.table.rowCount() == 1)
    assert session_of(viewer).study is not None


def test_all_columns_are_seen_in_a_narrow_dock(panel: SectionsPanel, qtbot: QtBot) -> None:
    panel.parentWidget().setFixedWidth(310)
    seen = panel.table.viewport()

    def last() -> int:
        return panel.table.visualItemRect(panel.table.item(0, 4)).right()

    qtbot.waitUntil(lambda: seen.width() < 310 and last() <= seen.width())
