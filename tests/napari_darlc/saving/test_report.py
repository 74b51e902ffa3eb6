"""The page for a browser, written from the window."""

from __future__ import annotations

from pathlib import Path

import napari
import pytest
from napari.utils.notifications import Notification
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt, QUrl
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import QFileDialog

from darlc.data.dataset import Dataset
from darlc.images.sgep_images import SGEPImages
from darlc.results.result import Result
from darlc.results.study import StudyResult
from napari_darlc.opening.chosen_collections import choose_collections
from napari_darlc.processes.umap_process import UmapFailedError
from napari_darlc.saving import report
from napari_darlc.session.session import Session
from napari_darlc.viewer_session import open_path, session_of
from napari_darlc.widgets.common.save_button import SaveBar


@pytest.fixture
def bar(
    session_with_tissue: Session, dataset: Dataset, images: SGEPImages, result: Result, qtbot: QtBot
) -> SaveBar:
    """Return the buttons of a session with a result."""
    bar = SaveBar(session_with_tissue)
    qtbot.addWidget(bar)
    assert not bar.report.isEnabled() and "train first" in bar.report.toolTip()
    session_with_tissue.open(dataset, images, result)
    bar.show()
    return bar


def test_the_page_is_written_and_opened(
    bar: SaveBar,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    notifications: list[Notification],
) -> None:
    places: list[object] = []

    def failing(vectors: object, start: object) -> object:
        places.append(start)
        raise UmapFailedError("not here")

    monkeypatch.setattr(report, "umap_aside", failing)
    path = tmp_path / "page.html"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args: (str(path), ""))
    qtbot.mouseClick(bar.report, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(notifications))
    assert notifications[0].message == f"The report is saved in {path}"
    page = path.read_text()
    assert "<title>hexagonal" in page and "darlc fit hexagonal.h5ad" in page
    assert len(places) == 1, "places of genes are asked of a process"
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    ((text, click),) = notifications[0].actions
    click(None)
    assert text == "Open it" and [Path(url.toLocalFile()) for url in opened] == [path]


def test_clusters_are_tested_for_the_collections_that_were_chosen(
    bar: SaveBar,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    notifications: list[Notification],
) -> None:
    monkeypatch.setattr(report, "umap_aside", lambda vectors, start: start)
    path, gmt = tmp_path / "page.html", tmp_path / "own.gmt"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args: (str(path), ""))
    choose_collections([gmt])
    for text, tested in (
        ("MINE\tna\tGENE0\tGENE1\tGENE2\tGENE3\tGENE4\n", True),
        ("FOREIGN\tna\tA\tB\tC\tD\tE\n", False),
        ("no gene set at all", False),
    ):
        gmt.write_text(text)
        notifications.clear()
        qtbot.mouseClick(bar.report, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: bool(notifications))
        assert notifications[0].message == f"The report is saved in {path}"
        assert ("1 gene set, against" in path.read_text()) == tested


def test_the_page_of_a_study_has_the_names_that_the_user_gave(
    viewer: napari.Viewer, study_folder: Path, qtbot: QtBot
) -> None:
    session = session_of(viewer)
    open_path(viewer, study_folder)
    qtbot.waitUntil(lambda: session.study is not None and session.result is not None)
    clusters, study = session.clusters, session.study
    assert clusters is not None and study is not None
    session.edit("rename", clusters.renamed(0, "myelin"))
    shown = report.reported(session)
    assert isinstance(shown, StudyResult) and shown.section_names == study.result.section_names
    assert all(each.shown_clusters.names[0] == "myelin" for each in shown.sections)
    session.edit("merge", clusters.merged((0, 1)))
    assert report.reported(session) is session.result, "merged in this section alone"
