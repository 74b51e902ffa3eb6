"""Figures saved from the window: each tab's button writes what the tab shows."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import napari
import numpy as np
import pytest
from napari.utils.notifications import Notification
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog, QWidget

from darlc.data.dataset import Dataset
from darlc.images.sgep_images import SGEPImages
from darlc.results.gene_sets import GeneSet, GeneSets
from darlc.results.result import Result
from napari_darlc.session.session import Session
from napari_darlc.widgets.common.figure_button import FigureButton
from napari_darlc.widgets.consensus.consensus_map import ConsensusMap
from napari_darlc.widgets.gallery.gallery import GeneGallery
from napari_darlc.widgets.map.gene_map import GeneMap
from napari_darlc.widgets.sets.sets_panel import SetsPanel
from napari_darlc.widgets.train.k_curve import KCurve

NO_VIEWER = cast(napari.Viewer, None)
NO_UMAP = (sys.executable, "-c", "raise SystemExit(1)")


@pytest.fixture
def session(session: Session, dataset: Dataset, images: SGEPImages, result: Result) -> Session:
    """Return a session with a result that has a gene set and a curve of K."""
    swept = {"sweep_clusters": np.array([2, 3, 4]), "sweep_objective": np.array([1.0, 9.0, 5.0])}
    sets = GeneSets((GeneSet("stripes", ("Gene1", "Gene4")),))
    result = replace(result, gene_sets=sets, mixture=swept, pinned=("Gene5",))
    session.open(dataset, images, result)
    return session


def gallery_of_two(session: Session) -> tuple[QWidget, FigureButton]:
    gallery = GeneGallery(NO_VIEWER, session)
    session.select([2, 7], only=True)
    return gallery, gallery.controls.figure


def gallery(session: Session) -> tuple[QWidget, FigureButton]:
    gallery = GeneGallery(NO_VIEWER, session)
    session.gene = 3
    return gallery, gallery.controls.figure


def gallery_without_answer(session: Session) -> tuple[QWidget, FigureButton]:
    gallery = GeneGallery(NO_VIEWER, session)
    session.gene = 11
    return gallery, gallery.controls.figure


def clusters(session: Session) -> tuple[QWidget, FigureButton]:
    consensus = ConsensusMap(NO_VIEWER, session)
    return consensus, consensus.figure


def gene_map(session: Session) -> tuple[QWidget, FigureButton]:
    gene_map = GeneMap(NO_VIEWER, session, NO_UMAP)
    return gene_map, gene_map.figure


def sets(session: Session) -> tuple[QWidget, FigureButton]:
    panel = SetsPanel(NO_VIEWER, session)
    return panel, panel.figure


def k_curve(session: Session) -> tuple[QWidget, FigureButton]:
    curve = KCurve(session)
    return curve, curve.figure


@pytest.mark.parametrize(
    ("tab", "words"),
    [
        (gallery, ["Gene3, raw", "Gene3, denoised", "residual"]),
        (gallery_of_two, ["Gene2", "Gene7"]),
        (gallery_without_answer, ["Gene11"]),
        (clusters, ["1 · 3 genes", "2 · 3 genes", "3 · 3 genes"]),
        (gene_map, ["Gene5"]),
        (sets, ["stripes, 2 genes, denoised"]),
        (k_curve, ["K = 3"]),
    ],
    ids=lambda each: getattr(each, "__name__", None),
)
def test_each_tab_saves_what_it_shows(
    tab: Callable[[Session], tuple[QWidget, FigureButton]],
    words: list[str],
    session: Session,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    notifications: list[Notification],
) -> None:
    widget, button = tab(session)
    qtbot.addWidget(widget)
    widget.show()
    qtbot.waitUntil(lambda: button.isVisible() and button.isEnabled())
    path = tmp_path / "figure.svg"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args: (str(path), ""))
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: any("The figure is saved in" in n.message for n in notifications))
    text = path.read_text()
    assert all(f">{word}</text>" in text for word in words), text[-2000:]
    assert [each.name for each in tmp_path.iterdir()] == ["figure.svg"]


def test_without_a_result_it_waits(session: Session, qtbot: QtBot, dataset: Dataset) -> None:
    widget, button = gallery(session)
    qtbot.addWidget(widget)
    assert button.isEnabled() and "PDF, SVG or PNG" in button.toolTip()
    assert session.images is not None
    session.open(dataset, session.images)
    assert not button.isEnabled() and "train first" in button.toolTip()


def test_a_place_that_cannot_be_written_to_is_said(
    session: Session,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    notifications: list[Notification],
) -> None:
    widget, button = k_curve(session)
    qtbot.addWidget(widget)
    path = tmp_path / "gone" / "figure.pdf"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args: (str(path), ""))
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(notifications))
    assert "figure.pdf could not be saved" in notifications[0].message
    assert notifications[0].severity.value == "error"
