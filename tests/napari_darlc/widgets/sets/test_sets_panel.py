"""Gene sets in a panel on the screen: made, combined, seen, renamed, undone, dropped, exported."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import napari
import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from qtpy.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from qtpy.QtWidgets import QFileDialog

from darlc.data.dataset import Dataset
from darlc.images.sgep_images import SGEPImages
from darlc.io.tables.gmt import read_gmt
from darlc.results.result import Result
from napari_darlc.session.session import Session
from napari_darlc.widgets.sets.sets_panel import SetsPanel


@pytest.fixture
def panel(
    session: Session, dataset: Dataset, images: SGEPImages, result: Result, qtbot: QtBot
) -> SetsPanel:
    """Return a panel beside a result, whose clusters are genes 0, 3, 6 and so on."""
    session.open(dataset, images, result)
    panel = SetsPanel(cast(napari.Viewer, None), session)
    qtbot.addWidget(panel)
    panel.resize(400, 600)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


@pytest.fixture
def with_two(panel: SetsPanel, session: Session, qtbot: QtBot) -> SetsPanel:
    """Return a panel with a set of genes 1 to 3 and one of the first cluster."""
    session.selection = np.array([1, 2, 3])
    qtbot.mouseClick(panel.of_selection, Qt.MouseButton.LeftButton)
    session.cluster = 0
    qtbot.mouseClick(panel.of_cluster, Qt.MouseButton.LeftButton)
    return panel


def listed(panel: SetsPanel) -> list[str]:
    """Return the names in the list."""
    return [panel.names.item(i).text() for i in range(panel.names.count())]


def test_it_says_what_to_do_first(panel: SetsPanel, qtbot: QtBot) -> None:
    assert panel.hint.isVisible() and "drop a GMT" in panel.hint.text()
    assert not panel.of_selection.isEnabled() and not panel.export.isEnabled()
    without = SetsPanel(cast(napari.Viewer, None), Session())
    qtbot.addWidget(without)
    assert "Drop a Visium folder" in without.empty.text()


def test_selection_and_cluster_become_sets(with_two: SetsPanel, session: Session) -> None:
    assert listed(with_two) == ["selection", "cluster 1"]
    first, second = session.gene_sets
    assert first.genes == ("Gene1", "Gene2", "Gene3")
    assert first.record == "3 genes selected in the window"
    assert sorted(second.genes) == ["Gene0", "Gene3", "Gene6"]
    assert with_two.current == "cluster 1"
    assert with_two.title.text() == "<b>cluster 1</b>, 3 genes"
    assert with_two.record.text() == "genes of cluster 1" and not with_two.hint.isVisible()


def test_a_set_is_shown_as_one_picture(with_two: SetsPanel, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not with_two.denoised.pixmap().isNull())
    denoised, raw = (label.pixmap().toImage() for label in (with_two.denoised, with_two.raw))
    assert denoised.size() == raw.size() and denoised != raw
    assert [each.text() for each in with_two.captions] == ["denoised", "raw"]
    assert all(each.isVisible() for each in with_two.captions)
    with_two.names.setCurrentRow(0)
    qtbot.waitUntil(
        lambda: (
            not with_two.denoised.pixmap().isNull()
            and with_two.denoised.pixmap().toImage() != denoised
        )
    )


@pytest.mark.parametrize(
    ("how", "genes"),
    [
        ("union", {0, 1, 2, 3, 6}),
        ("intersection", {3}),
        ("difference", {1, 2}),
    ],
)
def test_chosen_sets_are_combined(
    with_two: SetsPanel, session: Session, qtbot: QtBot, how: str, genes: set[int]
) -> None:
    button = with_two.combine[how]  # type: ignore[index]
    assert not button.isEnabled()
    with_two.names.selectAll()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    made = session.gene_sets.sets[-1]
    assert set(session.genes_of(made.name)) == genes
    assert made.record.startswith(f"{how} of selection") and with_two.current == made.name


def test_undo_and_redo(with_two: SetsPanel, session: Session) -> None:
    assert session.can_undo == "add the set cluster 1"
    session.undo()
    assert listed(with_two) == ["selection"]
    session.redo()
    assert listed(with_two) == ["selection", "cluster 1"]


def test_a_set_is_renamed_and_removed(
    with_two: SetsPanel, session: Session, qtbot: QtBot, notifications: list
) -> None:
    with_two.names.item(0).setText("stripes")
    assert session.gene_sets.names == ("stripes", "cluster 1")
    assert session.can_undo == "rename selection to stripes"
    with_two.names.item(0).setText("cluster 1")
    qtbot.waitUntil(lambda: bool(notifications))
    assert "another gene set is called cluster 1" in notifications[-1].message
    assert listed(with_two) == ["stripes", "cluster 1"]
    with_two.names.setCurrentRow(0)
    qtbot.mouseClick(with_two.remove, Qt.MouseButton.LeftButton)
    assert session.gene_sets.names == ("cluster 1",)


def test_pasted_names(panel: SetsPanel, session: Session, qtbot: QtBot, notifications: list):
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    clipboard.setText("gene4\nGene8, Gene4")
    qtbot.mouseClick(panel.paste, Qt.MouseButton.LeftButton)
    assert session.gene_sets["pasted"].genes == ("Gene4", "Gene8")
    clipboard.setText("Gene99")
    qtbot.mouseClick(panel.paste, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(notifications))
    assert "Gene99 is not among the genes" in notifications[-1].message
    qtbot.mouseClick(panel.show_only, Qt.MouseButton.LeftButton)
    assert session.selection.tolist() == [4, 8] and session.only_selected
    qtbot.mouseClick(panel.copy, Qt.MouseButton.LeftButton)
    assert clipboard.text() == "Gene4\nGene8"


def test_a_gmt_file_is_dropped(
    panel: SetsPanel, session: Session, qtbot: QtBot, tmp_path: Path, notifications: list
) -> None:
    path = tmp_path / "sets.gmt"
    path.write_text("A\tna\tGENE1\tGENE2\tXYZ\nB\tna\tABC\n")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(5, 5), copy, data, left, none)
    panel.dragEnterEvent(enter)
    assert enter.isAccepted()
    panel.dropEvent(QDropEvent(QPointF(5, 5), copy, data, left, none))
    qtbot.waitUntil(lambda: listed(panel) == ["A"])
    assert session.gene_sets["A"].genes == ("Gene1", "Gene2")
    assert "1 of 3 not in the data" in panel.record.text()
    qtbot.waitUntil(lambda: any("1 gene set of sets.gmt added" in n.message for n in notifications))


def test_sets_are_exported(
    with_two: SetsPanel, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out.gmt"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args: (str(path), ""))
    qtbot.mouseClick(with_two.export, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(path.exists)
    assert read_gmt(path).names == ("selection", "cluster 1")
