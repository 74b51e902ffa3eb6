"""A walk through the explorer on real tissue, by mouse and keyboard, from opening to saving.

With ``DARLC_PICTURES`` set to a folder, the window is photographed at every stop: the pictures of
the documentation. ``DARLC_WALK_RESULT`` may name a result of ``visium_mouse`` with 3,000 genes, so
that none has to be fitted first.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import napari
import pytest
from napari._qt.dialogs.qt_notification import NapariQtNotification
from PIL import Image
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QLineEdit, QWidget

import darlc
from napari_darlc.gene_columns import CONFIDENCE
from napari_darlc.opening import open_path
from napari_darlc.saving import save_result
from napari_darlc.viewer_session import layers_of, session_of
from napari_darlc.widgets.compare import CompareDock
from napari_darlc.widgets.consensus import ConsensusMap
from napari_darlc.widgets.explorer import Explorer
from napari_darlc.widgets.gallery import GeneGallery
from napari_darlc.widgets.gene_map import GeneMap
from napari_darlc.widgets.gene_table import GeneTable
from napari_darlc.widgets.observations import ObservationsDock
from napari_darlc.widgets.similar import SimilarGenesPanel
from napari_darlc.workspace import fit_on_screen

LEFT = Qt.MouseButton.LeftButton
CONTROL = Qt.KeyboardModifier.ControlModifier
PATIENCE = 120_000
ALL, MODELLED = 19_465, 3_000
GENE = "Neurod6"

Photograph = Callable[[str], None]
View = TypeVar("View", bound=QWidget)


@pytest.fixture
def fitted(real_data: Path, tmp_path: Path) -> Path:
    """Return a result file: all genes, of which 3,000 are modelled."""
    if made := os.environ.get("DARLC_WALK_RESULT"):
        return Path(made)
    out = tmp_path / "mouse.h5ad"
    fit = ["fit", str(real_data / "visium_mouse"), "--out", str(out), "--preset", "quick"]
    subprocess.run([sys.executable, "-m", "darlc.cli", *fit, "--include", GENE], check=True)
    return out


@pytest.fixture
def photograph(viewer: napari.Viewer, qtbot: QtBot) -> Photograph:
    """Return what takes a picture of the window, where a folder for it is named."""
    folder = os.environ.get("DARLC_PICTURES")

    def take(name: str) -> None:
        if folder is None:
            return
        window = viewer.window._qt_window
        for note in window.findChildren(NapariQtNotification):
            note.close()
        qtbot.wait(2500)
        path = Path(folder) / f"walk-{name}.png"
        window.grab().save(str(path))
        # A third of the size, and nobody sees the difference.
        with Image.open(path) as picture:
            small = picture.convert("RGB").quantize(256)
        small.save(path, optimize=True)

    return take


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_a_walk(
    viewer: napari.Viewer, fitted: Path, photograph: Photograph, tmp_path: Path, qtbot: QtBot
) -> None:
    session, layers = session_of(viewer), layers_of(viewer)
    fit_on_screen(viewer, 1600, 1000)
    explorer = Explorer(viewer)
    dock = viewer.window.add_dock_widget(
        explorer, name="Explorer", area="right", add_vertical_stretch=False
    )
    viewer.window._qt_window.resizeDocks([dock], [620], Qt.Orientation.Horizontal)
    open_path(viewer, fitted)
    qtbot.waitUntil(lambda: session.result is not None, timeout=PATIENCE)
    assert session.images is not None and session.model is not None
    assert session.images.n_genes == ALL and len(session.model.genes) == MODELLED
    labels = list(session.gene_labels)

    def names() -> tuple[str, ...]:
        assert session.model is not None
        return session.model.names

    # 1. Gallery: a name is typed, Return shows the gene, Space pins it.
    gallery = see(explorer, "Gallery", GeneGallery)
    assert gallery.model.rowCount() == MODELLED
    qtbot.keyClicks(gallery.controls.search, GENE)
    qtbot.keyClick(gallery.controls.search, Qt.Key.Key_Return)
    assert session.gene == labels.index(GENE)
    assert viewer.canvas.overlays.text.text.startswith(GENE)
    gallery.controls.search.clear()
    gallery.view.setFocus()
    qtbot.keyClick(gallery.view, Qt.Key.Key_Space)
    assert session.pinned == (session.gene,)
    photograph("gallery")

    # 2. Table: the head of a column sorts, a filter narrows.
    table = see(explorer, "Table", GeneTable)
    qtbot.waitUntil(lambda: table.model.rowCount() == ALL, timeout=PATIENCE)
    section = table.model.column_of(CONFIDENCE)
    table.view.scrollTo(table.model.index(0, section))
    where = QPoint(table.view.header.sectionViewportPosition(section) + 8, 8)
    qtbot.mouseClick(table.view.header.viewport(), LEFT, pos=where)
    first = float(table.model.index(0, section).data())
    confidence = session.model.confidence
    assert first == pytest.approx(confidence.min(), 0.01) or first == pytest.approx(
        confidence.max(), 0.01
    )
    photograph("table")

    # 3. Map: a rectangle around the gene selects it and its neighbours, everywhere.
    gene_map = see(explorer, "Map", GeneMap)
    qtbot.waitUntil(lambda: len(gene_map.canvas.points) == MODELLED, timeout=PATIENCE)
    qtbot.waitUntil(lambda: gene_map.arrangement.method == "UMAP", timeout=5 * PATIENCE)
    qtbot.waitUntil(lambda: not gene_map.canvas.travelling, timeout=PATIENCE)
    photograph("map")
    qtbot.mouseClick(gene_map.tools["rectangle"], LEFT)
    row = gene_map.arrangement.genes.tolist().index(session.gene)
    centre = gene_map.canvas.place(row)
    drag(gene_map.canvas, centre - QPoint(25, 25), centre + QPoint(25, 25), qtbot)
    selected = session.selection
    assert session.gene in selected and 1 < len(selected) < MODELLED
    gallery = see(explorer, "Gallery", GeneGallery)
    # The pinned gene is listed twice: at the top and in its place.
    assert gallery.model.rowCount() == len(selected) + 1
    session.undo()
    assert len(session.selection) == 0 and gallery.model.rowCount() == MODELLED + 1

    # 4. Clusters: the gene's one is named, two others are merged, both is undone.
    clusters = see(explorer, "Clusters", ConsensusMap)
    qtbot.waitUntil(lambda: len(clusters.cards.cards()) > 3, timeout=PATIENCE)
    column = session.cluster_of(session.gene)
    name = session.model.names[column]
    choose_card(clusters, name, qtbot)
    viewer.window._qt_window.activateWindow()
    clusters.cards.setFocus()
    qtbot.waitUntil(clusters.cards.hasFocus, timeout=PATIENCE)
    assert clusters.cards.chosen == [column]
    qtbot.keyClick(clusters.cards, Qt.Key.Key_F2)
    line = clusters.cards.findChild(QLineEdit)
    assert line is not None
    qtbot.keyClicks(line, "cortical plate")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: names()[column] == "cortical plate", timeout=PATIENCE)
    assert session.result is not None and session.result.cluster_names[column] == name
    qtbot.waitUntil(lambda: layers.consensus is not None, timeout=PATIENCE)
    photograph("clusters")
    before = len(names())
    first, second = [one for one in names() if one != "cortical plate"][:2]
    choose_card(clusters, first, qtbot)
    choose_card(clusters, second, qtbot, CONTROL)
    clusters.cards.setFocus()
    qtbot.keyClick(clusters.cards, Qt.Key.Key_M)
    qtbot.waitUntil(lambda: len(names()) == before - 1, timeout=PATIENCE)
    qtbot.keyClick(clusters.cards, Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: len(names()) == before, timeout=PATIENCE)
    assert "cortical plate" in names()

    # 5. Compare: raw, denoised and residual, with one contrast for the first two.
    compare = see(explorer, "Compare", CompareDock)
    session.gene = labels.index(GENE)
    qtbot.mouseClick(compare.side_by_side, LEFT)
    assert layers.residual is not None and layers.raw is not None and layers.denoised is not None
    assert tuple(layers.raw.contrast_limits) == tuple(layers.denoised.contrast_limits)
    viewer.reset_view()
    photograph("compare")
    qtbot.mouseClick(compare.side_by_side, LEFT)
    assert layers.residual is None
    qtbot.mouseClick(compare.strongest, LEFT, pos=QPoint(8, compare.strongest.height() // 2))
    qtbot.waitUntil(lambda: layers.clusters.strongest is not None, timeout=PATIENCE)
    photograph("strongest")
    qtbot.mouseClick(compare.strongest, LEFT, pos=QPoint(8, compare.strongest.height() // 2))

    # 6. Similar: the first of the list is shown by a click.
    similar = see(explorer, "Similar", SimilarGenesPanel)
    qtbot.waitUntil(lambda: GENE in similar.title.text(), timeout=PATIENCE)
    qtbot.waitUntil(lambda: similar.table.model().rowCount() > 5, timeout=PATIENCE)
    photograph("similar")
    index = similar.table.model().index(0, 0)
    there = similar.table.visualRect(index).center()
    qtbot.mouseClick(similar.table.viewport(), LEFT, pos=there)
    assert session.gene != labels.index(GENE)

    # The observations themselves, in their true places.
    observations = see(explorer, "Observations", ObservationsDock)
    qtbot.mouseClick(observations.show_them, LEFT, pos=QPoint(8, 8))
    qtbot.waitUntil(lambda: "observations" in viewer.layers, timeout=PATIENCE)
    assert len(viewer.layers["observations"].data) == 2_898
    photograph("observations")

    # What was edited is in the file, beside what the model said.
    path = tmp_path / "walked.h5ad"
    assert session.unsaved
    save_result(session, path)
    qtbot.waitUntil(lambda: path.exists() and not session.unsaved, timeout=PATIENCE)
    again = darlc.load(path)
    assert again.edited is not None and again.edited.names[column] == "cortical plate"
    assert again.cluster_names[column] == name


def see(explorer: Explorer, name: str, kind: type[View]) -> View:
    """Bring a tab to the front."""
    view = explorer.open(name)
    assert isinstance(view, kind) and view.isVisible()
    return view


def choose_card(
    clusters: ConsensusMap,
    name: str,
    qtbot: QtBot,
    held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    """Click the card of a cluster."""
    row = [card.name for card in clusters.cards.cards()].index(name)
    index = clusters.cards.model().index(row, 0)
    clusters.cards.scrollTo(index)
    rect = clusters.cards.visualRect(index)
    # On the pattern; a click on a typical gene goes to that gene.
    where = QPoint(rect.left() + 40, rect.center().y())
    qtbot.mouseClick(clusters.cards.viewport(), LEFT, held, where)


def drag(widget: QWidget, start: QPoint, end: QPoint, qtbot: QtBot) -> None:
    """Press, move and release the left button."""
    qtbot.mousePress(widget, LEFT, pos=start)
    for i in range(1, 6):
        qtbot.mouseMove(widget, start + (end - start) * (i / 5))
        qtbot.wait(20)
    qtbot.mouseRelease(widget, LEFT, pos=end)
