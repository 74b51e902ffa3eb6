"""Expression by distance from what is drawn in a real window."""

from __future__ import annotations

from pathlib import Path

import napari
import numpy as np
import pandas as pd
import pytest
from napari.layers import Shapes
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog

from darlc.data.dataset import Dataset
from darlc.explore.distance import DistanceQuestion, distance_to
from darlc.images.sgep_images import SGEPImages
from darlc.results.result import Result
from napari_darlc.session.session import Session
from napari_darlc.viewer_session import session_of
from napari_darlc.widgets.common.style import ACCENT
from napari_darlc.widgets.region.distance_curves import DistancePanel

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(
    viewer: napari.Viewer, dataset: Dataset, images: SGEPImages, result: Result, qtbot: QtBot
) -> DistancePanel:
    """Return the panel in a dock of a window that shows a result."""
    session_of(viewer).open(dataset, images, result)
    panel = DistancePanel(viewer)
    viewer.window.add_dock_widget(panel)
    qtbot.waitUntil(panel.hint.isVisible)
    return panel


def draw_line(panel: DistancePanel, dataset: Dataset, qtbot: QtBot) -> np.ndarray:
    """Draw a line above the tissue, and return it in units of the file, x and y."""
    qtbot.mouseClick(panel.draw_line, LEFT)
    viewer = napari.current_viewer()
    assert viewer is not None
    layer = viewer.layers.selection.active
    assert isinstance(layer, Shapes) and str(layer.mode) == "add_path"
    assert panel.layer is layer and "end it with Enter" in panel.hint.text()
    assert panel.session.images is not None
    microns = panel.session.images.grid.microns
    scale = microns if np.isfinite(microns) else 1.0
    (left, top), (right, _) = (
        each(dataset.adata.obsm["spatial"], axis=0) for each in (np.min, np.max)
    )
    line = np.array([[left - 10, top - 10], [right + 10, top - 10]])
    layer.add_paths([line[:, ::-1] * scale])
    return line


def ask(panel: DistancePanel, qtbot: QtBot) -> list[int]:
    """Press the button, and return the genes once they are listed with a curve."""
    before = panel.answer
    qtbot.mouseClick(panel.show_curves, LEFT)
    qtbot.waitUntil(lambda: panel.answer is not before and panel.curve is not None)
    return panel.table.genes


def test_genes_that_rise_and_fall_from_a_line(
    panel: DistancePanel, dataset: Dataset, images: SGEPImages, qtbot: QtBot
) -> None:
    line = draw_line(panel, dataset, qtbot)
    ask(panel, qtbot)
    assert "with the distance from <b>line</b>" in panel.summary.text()
    by_gene = dict(zip(panel.table.genes, panel.table.table()["Corr."], strict=True))
    assert all(by_gene[gene] < 0 for gene in (0, 3, 6)), "high at the top"
    assert all(by_gene[gene] > 0 for gene in (2, 5, 8)), "high at the bottom"
    question = DistanceQuestion(images, distance_to(dataset.adata.obsm["spatial"], [line]))
    trend = question.trend(np.arange(9))
    assert panel.answer is not None
    np.testing.assert_array_equal(panel.answer.trend.fdr, trend.fdr)


def test_the_curve_follows_the_current_gene(
    panel: DistancePanel, dataset: Dataset, images: SGEPImages, qtbot: QtBot, colours_of
) -> None:
    line = draw_line(panel, dataset, qtbot)
    ask(panel, qtbot)
    panel.bins.setValue(6)
    question = DistanceQuestion(images, distance_to(dataset.adata.obsm["spatial"], [line]))
    model = panel.session.model
    assert model is not None
    for gene in (2, 0):
        panel.session.gene = gene
        qtbot.waitUntil(lambda g=gene: f"<b>Gene{g}</b>" in panel.caption.text())
        qtbot.waitUntil(lambda: panel.curve is not None and len(panel.curve.raw) == 6)
        expected = question.curve(gene, question.edges(6), model.view_of(gene))
        assert panel.curve is not None
        np.testing.assert_array_equal(panel.curve.raw, expected.raw)
        np.testing.assert_array_equal(panel.curve.denoised, expected.denoised)
    assert ACCENT in colours_of(panel.canvas) and "blue" in panel.caption.text()
    heights = panel.canvas.points("denoised")[:, 1]
    assert heights[0] > heights[-1], "it falls on the screen as well"
    panel.session.gene = 11
    qtbot.waitUntil(lambda: "<b>Gene11</b>" in panel.caption.text())
    assert "blue" not in panel.caption.text(), "a gene without an answer has no denoised curve"


def test_a_regions_border_has_negative_distances_inside(
    panel: DistancePanel, dataset: Dataset, qtbot: QtBot
) -> None:
    qtbot.mouseClick(panel.draw_region, LEFT)
    layer = panel.layer
    assert layer is not None and str(layer.mode) == "add_polygon_lasso"
    assert panel.session.images is not None
    scale = panel.session.images.grid.microns
    where = dataset.adata.obsm["spatial"] * (scale if np.isfinite(scale) else 1.0)
    (left, top), (right, bottom) = where.min(axis=0) - 9, where.max(axis=0) + 9
    middle = (top + bottom) / 2
    layer.add_polygons(np.array([[top, left], [top, right], [middle, right], [middle, left]]))
    ask(panel, qtbot)
    assert panel.curve is not None and panel.curve.edges[0] < 0 < panel.curve.edges[-1]
    assert any(text.startswith("-") for text in panel.canvas.ticks)


def test_curve_and_genes_are_exported(
    panel: DistancePanel,
    dataset: Dataset,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    draw_line(panel, dataset, qtbot)
    ask(panel, qtbot)
    for button, name, columns in (
        (panel.export, "genes.csv", {"Symbol", "Correlation", "p", "FDR"}),
        (panel.export_curve, "curve.csv", {"from", "to", "pixels", "raw", "low", "high"}),
    ):
        path = tmp_path / name
        monkeypatch.setattr(
            QFileDialog, "getSaveFileName", lambda *args, path=path: (str(path), "")
        )
        qtbot.mouseClick(button, LEFT)
        qtbot.waitUntil(path.exists)
        assert columns < set(pd.read_csv(path))


def test_nothing_drawn_is_said(panel: DistancePanel, qtbot: QtBot) -> None:
    assert not panel.show_curves.isEnabled() and not panel.source.isVisible()
    qtbot.mouseClick(panel.draw_line, LEFT)
    qtbot.mouseClick(panel.show_curves, LEFT)
    assert panel.hint.isVisible() and "Click along the line" in panel.hint.text()


def test_without_a_dataset(viewer: napari.Viewer, qtbot: QtBot) -> None:
    panel = DistancePanel(viewer, Session())
    qtbot.addWidget(panel)
    assert "Drop a Visium folder" in panel.empty.text()
