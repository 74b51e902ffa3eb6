"""The gene map in a real window: what follows the session, and what it tells the session."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import napari
import numpy as np
import psutil
import pytest
from anndata import AnnData
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, Qt

from darlc.data.dataset import Dataset
from darlc.events import Finished, Memberships
from darlc.images.sgep_images import rasterize
from darlc.results.palette import rgb
from darlc.results.result import Result
from napari_darlc.session.session import Session
from napari_darlc.widgets.map.gene_map import GeneMap
from napari_darlc.widgets.map.overlay import Mark

Learn = Callable[[Session, Result], None]
LEFT = Qt.MouseButton.LeftButton
#: In the place of UMAP: one answers with PCA mirrored, one never does.
MIRROR = """
import sys
from darlc.worker.messages import read_message, write_message
header, arrays = read_message(sys.stdin.buffer)
write_message(sys.stdout.buffer, {}, {"plane": -arrays["start"]})
"""
WAIT = "import sys; sys.stdin.buffer.read()"


def command(script: str) -> tuple[str, ...]:
    return (sys.executable, "-c", script)


@pytest.fixture
def gene_map(session: Session, qtbot: QtBot) -> GeneMap:
    """Return a map on the screen, of no napari window, for which UMAP never comes."""
    return shown(session, WAIT, qtbot)


def shown(session: Session, script: str, qtbot: QtBot) -> GeneMap:
    gene_map = GeneMap(cast(napari.Viewer, None), session, command(script))
    qtbot.addWidget(gene_map)
    gene_map.resize(380, 520)
    gene_map.show()
    qtbot.waitUntil(lambda: len(gene_map.canvas.points) == 12)
    return gene_map


@pytest.fixture
def finished(gene_map: GeneMap, session: Session, result: Result, qtbot: QtBot) -> GeneMap:
    """Return a map of a result, in its first arrangement and at rest."""
    session.receive(Finished(result))
    qtbot.waitUntil(lambda: gene_map.arrangement.source == "embedding")
    qtbot.waitUntil(lambda: gene_map.choice.currentText() == "Cluster")
    qtbot.waitUntil(lambda: not gene_map.canvas.travelling)
    return gene_map


def opacity(gene_map: GeneMap) -> list[float]:
    return [round(float(alpha), 2) for alpha in gene_map.canvas.colours[:, 3]]


def lasso(gene_map: GeneMap, row: int, qtbot: QtBot) -> None:
    """Draw a small circle around one gene."""
    canvas, centre = gene_map.canvas, gene_map.canvas.place(row)
    angle = np.linspace(0, 2 * np.pi, 12)
    ring = np.rint(11 * np.column_stack([np.cos(angle), np.sin(angle)])).astype(int)
    places = [centre + QPoint(int(x), int(y)) for x, y in ring]
    qtbot.mousePress(canvas, LEFT, pos=places[0])
    for place in places[1:]:
        qtbot.mouseMove(canvas, place)
    qtbot.mouseRelease(canvas, LEFT, pos=places[-1])


def test_without_a_dataset_it_says_what_to_do(qtbot: QtBot) -> None:
    gene_map = GeneMap(cast(napari.Viewer, None), Session(), command(WAIT))
    qtbot.addWidget(gene_map)
    gene_map.show()
    assert gene_map.empty.isVisible()
    assert "Open Sample" in gene_map.empty.text()


def test_genes_that_are_the_same_everywhere_have_no_place(qtbot: QtBot) -> None:
    adata = AnnData(np.ones((40, 3), dtype=np.float32))
    adata.obs["array_row"], adata.obs["array_col"] = np.divmod(np.arange(40), 8)
    adata.obsm["spatial"] = adata.obs[["array_col", "array_row"]].to_numpy(float) * 10
    session = Session()
    session.open(Dataset(adata, Path("flat.h5ad"), "h5ad"), rasterize(adata))
    gene_map = GeneMap(cast(napari.Viewer, None), session, command(WAIT))
    qtbot.addWidget(gene_map)
    gene_map.show()
    assert gene_map.empty.text() == "Placing the genes …"
    qtbot.waitUntil(lambda: gene_map.empty.text().startswith("No gene differs"))


def test_before_a_model_all_genes_lie_by_their_raw_views(gene_map: GeneMap, qtbot: QtBot) -> None:
    assert gene_map.canvas.isVisible()
    assert gene_map.summary.text().startswith("12 genes placed by raw views · PCA")
    assert not gene_map.methods["UMAP"].isEnabled()
    assert "comes with a result" in gene_map.methods["UMAP"].toolTip()
    qtbot.waitUntil(lambda: gene_map.legend.limits is not None)


def test_genes_have_their_clusters_colour(finished: GeneMap, session: Session) -> None:
    assert len(finished.arrangement.genes) == 9
    model = session.model
    assert model is not None
    for row, cluster in enumerate(model.cluster):
        np.testing.assert_allclose(
            finished.canvas.colours[row, :3], rgb(model.colours[cluster]), atol=1e-6
        )
    labels = [(entry.label, entry.count) for entry in finished.legend.entries]
    assert labels == [("1", 3), ("2", 3), ("3", 3)]


def test_confident_genes_are_larger(
    finished: GeneMap, session: Session, result: Result, qtbot: QtBot
) -> None:
    membership = result.membership.copy()
    membership[4] = [0.3, 0.4, 0.3]
    assert session.clusters is not None
    session.edit("doubt", replace(session.clusters, membership=membership))
    qtbot.waitUntil(lambda: finished.canvas.sizes[4] < finished.canvas.sizes[5])


def test_a_click_shows_the_gene(finished: GeneMap, session: Session, qtbot: QtBot) -> None:
    qtbot.mouseClick(finished.canvas, LEFT, pos=finished.canvas.place(5))
    assert session.gene == 5
    assert Mark(5, "current", "Gene5") in finished.canvas.overlay.marks


def test_it_follows_the_current_gene(finished: GeneMap, session: Session) -> None:
    session.gene = 7
    assert Mark(7, "current", "Gene7") in finished.canvas.overlay.marks
    session.gene = 11
    assert not finished.canvas.overlay.marks
    assert "Gene11 is not among them" in finished.summary.text()


def test_a_lasso_selects_and_escape_clears(
    finished: GeneMap, session: Session, qtbot: QtBot
) -> None:
    assert not finished.clear.isVisible()
    qtbot.mouseClick(finished.tools["lasso"], LEFT)
    lasso(finished, 3, qtbot)
    assert 3 in session.selection and len(session.selection) < 9
    assert session.only_selected
    assert finished.clear.text() == f"{len(session.selection)} selected  ✕"
    strong = np.flatnonzero(np.array(opacity(finished)) > 0.5)
    assert strong.tolist() == session.selection.tolist()
    qtbot.keyClick(finished.canvas, Qt.Key.Key_Escape)
    assert len(session.selection) == 0
    assert min(opacity(finished)) > 0.5
    assert not finished.clear.isVisible()
    session.undo()
    assert 3 in session.selection


def test_escape_clears_from_anywhere_in_the_dock(
    finished: GeneMap, session: Session, qtbot: QtBot
) -> None:
    session.select([1, 2])
    qtbot.keyClick(finished.whole, Qt.Key.Key_Escape)
    assert len(session.selection) == 0


def test_the_button_clears_the_selection(finished: GeneMap, session: Session, qtbot: QtBot) -> None:
    session.select([1, 2])
    assert finished.clear.isVisible()
    qtbot.mouseClick(finished.clear, LEFT)
    assert len(session.selection) == 0


def test_keys_choose_the_tool(finished: GeneMap, qtbot: QtBot) -> None:
    finished.activateWindow()
    finished.canvas.setFocus()
    qtbot.waitUntil(finished.canvas.hasFocus)
    for key, tool in (("R", "rectangle"), ("L", "lasso"), ("M", "move")):
        qtbot.keyClick(finished.canvas, key)
        assert finished.canvas.tool == tool
        assert finished.tools[tool].isChecked()


def test_hidden_clusters_are_faint_and_not_meant(
    finished: GeneMap, session: Session, qtbot: QtBot
) -> None:
    assert session.clusters is not None
    session.edit("hide 2", session.clusters.shown(1, False))
    qtbot.waitUntil(lambda: opacity(finished)[1] < 0.2)
    assert np.flatnonzero(np.array(opacity(finished)) < 0.2).tolist() == [1, 4, 7]
    session.gene = 0
    qtbot.mouseClick(finished.canvas, LEFT, pos=finished.canvas.place(4))
    assert session.gene != 4


def test_a_click_in_the_legend_singles_a_cluster_out(
    finished: GeneMap, session: Session, qtbot: QtBot
) -> None:
    qtbot.mouseClick(finished.legend, LEFT, pos=finished.legend.place("3"))
    assert session.cluster == 2
    assert np.flatnonzero(np.array(opacity(finished)) > 0.5).tolist() == [2, 5, 8]
    qtbot.mouseClick(finished.legend, LEFT, pos=finished.legend.place("3"))
    assert session.cluster == -1


def test_pinned_genes_are_named(finished: GeneMap, session: Session) -> None:
    session.pin(6)
    assert Mark(6, "pinned", "Gene6") in finished.canvas.overlay.marks


def test_hovering_shows_the_genes_picture(
    finished: GeneMap, session: Session, qtbot: QtBot
) -> None:
    def shown_at(place: QPoint) -> bool:
        qtbot.mouseMove(finished.canvas, place + QPoint(1, 0))
        qtbot.mouseMove(finished.canvas, place)
        return bool(finished.card.isVisible())

    qtbot.waitUntil(lambda: shown_at(finished.canvas.place(2)))
    assert finished.card.text.text().startswith("Gene2\ncluster 3\n")
    qtbot.waitUntil(lambda: not shown_at(QPoint(2, 2)))


def test_umap_comes_by_itself_and_can_be_left(
    session: Session, result: Result, qtbot: QtBot
) -> None:
    gene_map = shown(session, MIRROR, qtbot)
    session.receive(Finished(result))
    umap = gene_map.methods["UMAP"]
    qtbot.waitUntil(lambda: umap.isEnabled() and umap.isChecked())
    assert gene_map.summary.text().startswith("9 of 12 genes placed by embedding · UMAP")
    qtbot.waitUntil(lambda: not gene_map.canvas.travelling)
    there = gene_map.canvas.points.copy()
    qtbot.mouseClick(gene_map.methods["PCA"], LEFT)
    np.testing.assert_allclose(gene_map.canvas.points, -there, atol=1e-6)
    assert gene_map.canvas.travelling


def test_a_wide_dock_has_the_legend_beside_the_map(finished: GeneMap, qtbot: QtBot) -> None:
    tall = finished.canvas.geometry()
    assert finished.legend.mapTo(finished, QPoint()).y() > tall.bottom()
    finished.resize(800, 260)
    qtbot.waitUntil(lambda: finished.canvas.height() > 200)
    assert finished.legend.mapTo(finished, QPoint()).x() > finished.canvas.geometry().right()


def test_training_recolours_without_moving(
    gene_map: GeneMap, session: Session, result: Result, learn: Learn, qtbot: QtBot
) -> None:
    learn(session, result)
    qtbot.waitUntil(lambda: gene_map.arrangement.source == "denoised")
    qtbot.waitUntil(lambda: gene_map.choice.currentText() == "Cluster")
    qtbot.waitUntil(lambda: not gene_map.canvas.travelling)
    places, colours = gene_map.canvas.shown_points.copy(), gene_map.canvas.colours.copy()
    rect = gene_map.canvas.view.rect
    session.receive(Memberships("joint", result.membership[:, [1, 2, 0]]))
    qtbot.waitUntil(lambda: not np.array_equal(gene_map.canvas.colours, colours))
    np.testing.assert_array_equal(gene_map.canvas.shown_points, places)
    assert gene_map.canvas.view.rect == rect and not gene_map.canvas.travelling
    session.cancel()
    qtbot.waitUntil(lambda: len(gene_map.canvas.points) == 12)


def test_a_dock_that_is_closed_ends_its_process(
    viewer: napari.Viewer, session: Session, result: Result, qtbot: QtBot
) -> None:
    before = len(session.gene_changed)
    session.receive(Finished(result))
    gene_map = GeneMap(viewer, session, command(WAIT))
    dock = viewer.window.add_dock_widget(gene_map)
    qtbot.waitUntil(lambda: gene_map.arrangement.pid is not None)
    pid = gene_map.arrangement.pid
    assert pid is not None
    viewer.theme = "light"
    viewer.window.remove_dock_widget(dock)
    gene_map.deleteLater()
    qtbot.waitUntil(lambda: not psutil.pid_exists(pid))
    assert len(session.gene_changed) == before
    session.gene = 3
