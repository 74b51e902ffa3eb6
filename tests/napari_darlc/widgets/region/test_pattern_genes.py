"""A pattern as the question: painted in a real window, an image, or genes."""

from __future__ import annotations

from pathlib import Path

import napari
import numpy as np
import pandas as pd
import pytest
from napari.layers import Labels
from napari.utils.notifications import Notification
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog

from darlc.data.dataset import Dataset
from darlc.explore.pattern import PatternQuestion
from darlc.images.sgep_images import SGEPImages
from darlc.results.gene_sets import GeneSet, GeneSets
from darlc.results.result import Result
from napari_darlc.canvas.placing import affine
from napari_darlc.session.session import Session
from napari_darlc.viewer_session import session_of
from napari_darlc.widgets.region.pattern_genes import PatternGenesPanel

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(
    viewer: napari.Viewer, dataset: Dataset, images: SGEPImages, result: Result, qtbot: QtBot
) -> PatternGenesPanel:
    """Return the panel in a dock of a window that shows a result."""
    session_of(viewer).open(dataset, images, result)
    panel = PatternGenesPanel(viewer)
    viewer.window.add_dock_widget(panel)
    qtbot.waitUntil(panel.hint.isVisible)
    return panel


def ask(panel: PatternGenesPanel, qtbot: QtBot) -> list[int]:
    """Press the button, and return the genes once they are listed."""
    before = panel.answer
    qtbot.mouseClick(panel.choice.ask, LEFT)
    qtbot.waitUntil(lambda: panel.answer is not before)
    return panel.table.genes


def painted(panel: PatternGenesPanel, images: SGEPImages, stripe: int, qtbot: QtBot) -> Labels:
    """Press the button and paint a stripe; genes k, k + 3, … are high in stripe k."""
    qtbot.mouseClick(panel.choice.paint, LEFT)
    viewer = napari.current_viewer()
    assert viewer is not None
    layer = viewer.layers.selection.active
    assert isinstance(layer, Labels) and str(layer.mode) == "paint"
    rows, columns = images.grid.pixels.T
    inside = np.digitize(rows, [4, 8]) == stripe
    layer.data_setitem((rows[inside], columns[inside]), 1)
    return layer


def test_the_genes_of_what_was_painted(
    panel: PatternGenesPanel, images: SGEPImages, qtbot: QtBot
) -> None:
    assert "Press Paint a pattern" in panel.hint.text()
    layer = painted(panel, images, 1, qtbot)
    assert "then press Find its genes" in panel.hint.text()
    assert panel.choice.source.currentText() == "labels: painted pattern"
    assert set(ask(panel, qtbot)[:3]) == {1, 4, 7}
    assert "genes follow <b>painted pattern</b>" in panel.summary.text()
    assert panel.picture.isVisible() and not panel.picture.pixmap().isNull()
    # The engine is asked the same of the same pixels.
    rows, columns = images.grid.pixels.T
    pattern = np.asarray(layer.data)[rows, columns].astype(float)
    same = PatternQuestion(images, np.arange(9)).drawn(pattern)
    assert panel.answer is not None
    np.testing.assert_array_equal(panel.answer.found.fit, same.fit)
    np.testing.assert_array_equal(panel.answer.found.tests.fdr, same.tests.fdr)
    # Painted elsewhere, others are found.
    layer.fill((0, 0), 0)
    painted(panel, images, 2, qtbot)
    assert set(ask(panel, qtbot)[:3]) == {2, 5, 8}


def test_an_image_is_a_pattern_of_numbers(
    panel: PatternGenesPanel, viewer: napari.Viewer, images: SGEPImages, qtbot: QtBot
) -> None:
    grid = images.grid
    picture = grid.spread(images.expression(5)[0])
    layer = viewer.add_image(np.nan_to_num(picture), name="mine", affine=affine(grid)[1:, 1:])
    panel.choice.choose_layer(layer)
    assert ask(panel, qtbot)[0] == 5
    layer.name = "drawn"
    assert panel.choice.source.currentText() == "image: drawn"


def test_genes_and_sets_are_patterns(
    panel: PatternGenesPanel, images: SGEPImages, result: Result, qtbot: QtBot
) -> None:
    session = panel.session
    session.change_sets("add", GeneSets((GeneSet("stripe", ("Gene0", "Gene3")),)))
    panel.choice.choose("set", "stripe")
    genes = ask(panel, qtbot)
    assert genes[0] == 6 and set(genes[-2:]) == {0, 3}, "its own genes come last"
    assert session.model is not None and session.model.denoised is not None
    same = PatternQuestion(images, np.arange(9)).of_genes(
        np.array([0, 3]), session.model.genes, session.model.denoised
    )
    assert panel.answer is not None
    np.testing.assert_array_equal(panel.answer.found.fit, same.fit)
    session.selection = np.array([1, 4])
    panel.choice.choose("selection")
    assert ask(panel, qtbot)[0] == 7
    session.gene = 2
    panel.choice.choose("gene")
    assert ask(panel, qtbot)[0] in (5, 8) and "<b>Gene2</b>" in panel.summary.text()


def test_what_follows_is_shown_alone_and_exported(
    panel: PatternGenesPanel,
    images: SGEPImages,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    painted(panel, images, 0, qtbot)
    ask(panel, qtbot)
    qtbot.mouseClick(panel.show_only, LEFT)
    assert set(panel.session.selection) == {0, 3, 6} and panel.session.only_selected
    path = tmp_path / "pattern.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args: (str(path), ""))
    qtbot.mouseClick(panel.export, LEFT)
    qtbot.waitUntil(path.exists)
    frame = pd.read_csv(path)
    assert set(frame["Symbol"][:3]) == {"Gene0", "Gene3", "Gene6"} and len(frame) == 9
    assert {"Fit", "Gain", "Strength", "Correlation", "p", "FDR"} < set(frame)


def test_nothing_painted_is_said(
    panel: PatternGenesPanel, qtbot: QtBot, notifications: list[Notification]
) -> None:
    qtbot.mouseClick(panel.choice.paint, LEFT)
    qtbot.mouseClick(panel.choice.ask, LEFT)
    qtbot.waitUntil(lambda: bool(notifications))
    assert "the same everywhere in the tissue" in notifications[0].message
    assert panel.hint.isVisible()


def test_another_dataset_begins_empty(
    panel: PatternGenesPanel, dataset: Dataset, images: SGEPImages, qtbot: QtBot
) -> None:
    painted(panel, images, 0, qtbot)
    ask(panel, qtbot)
    panel.session.open(dataset, images)
    assert panel.hint.isVisible()
    assert panel.choice.source.currentText() == "the current gene", "the painting is gone"
    painted(panel, images, 0, qtbot)
    assert set(ask(panel, qtbot)[:4]) == {0, 3, 6, 9}, "without a model, of all genes"


def test_without_a_dataset(viewer: napari.Viewer, qtbot: QtBot) -> None:
    panel = PatternGenesPanel(viewer, Session())
    qtbot.addWidget(panel)
    assert "Drop a Visium folder" in panel.empty.text()
