"""A walk through the explorer on real tissue, by mouse and keyboard, from opening to saving.

With ``DARLC_PICTURES`` set to a folder, the window is photographed at every stop: the pictures of
the documentation. ``DARLC_WALK_RESULT`` may name a result of ``visium_mouse`` with 3,000 genes, so
that none has to be fitted first.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import napari
import numpy as np
import pytest
from napari._qt.dialogs.qt_notification import NapariQtNotification
from napari.settings import get_settings
from numpy.typing import NDArray
from PIL import Image
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QColor, QWheelEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QScrollBar,
    QWidget,
)

import darlc
from darlc.config import Config, DenoiseConfig
from darlc.events import Memberships
from darlc.results.palette import rgb
from napari_darlc.genes.columns import CONFIDENCE
from napari_darlc.saving.writing import save_result
from napari_darlc.session.session import Session
from napari_darlc.viewer_session import layers_of, open_path, session_of
from napari_darlc.widgets.clusters.consensus_map import ConsensusMap
from napari_darlc.widgets.compare.compare_dock import CompareDock
from napari_darlc.widgets.explorer import Explorer
from napari_darlc.widgets.gallery.gallery import GeneGallery
from napari_darlc.widgets.map.gene_map import GeneMap
from napari_darlc.widgets.observations.observations_dock import ObservationsDock
from napari_darlc.widgets.region.region_genes import RegionGenesPanel
from napari_darlc.widgets.similar.similar_genes import SimilarGenesPanel
from napari_darlc.widgets.table.gene_table import GeneTable
from napari_darlc.widgets.train.training_dock import TrainingDock
from napari_darlc.workspace import fit_on_screen, open_workspace

LEFT = Qt.MouseButton.LeftButton
CONTROL = Qt.KeyboardModifier.ControlModifier
PATIENCE = 120_000
ALL, MODELLED = 19_465, 3_000
GENE, OTHER = "Neurod6", "Col2a1"
#: Short before the memberships, and without an end of its own after them.
_QUICK = Config.from_preset("quick", clusters=6)
WATCHED = replace(
    _QUICK,
    denoise=DenoiseConfig(epochs=5),
    train=replace(_QUICK.train, pretrain_epochs=1, joint_epochs=100_000),
)

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
    # The first sight of a result is the coloured one: frames, and the gene on the canvas.
    assert colour_of(session, session.gene) in colours(gallery.view.viewport())
    assert layers.denoised is not None
    assert layers.denoised.colormap.name.endswith(colour_of(session, session.gene))
    qtbot.waitUntil(lambda: len(colours(gallery.view.viewport())) > 1000, timeout=PATIENCE)
    photograph("gallery")
    before = gallery.view.genes.picture.width()
    qtbot.keyClick(gallery.controls.size_slider, Qt.Key.Key_PageUp)
    assert gallery.view.genes.picture.width() > before
    qtbot.keyClick(gallery.controls.size_slider, Qt.Key.Key_PageDown)

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
    field = table.view.header.fields[CONFIDENCE]
    qtbot.keyClicks(field, "> 0.9")
    sure = int((confidence > 0.9).sum())
    qtbot.waitUntil(lambda: table.model.rowCount() == sure, timeout=PATIENCE)
    table.view.setFocus()
    table.view.selectRow(0)
    qtbot.keyClick(table.view, Qt.Key.Key_C, CONTROL)
    assert str(table.model.index(0, 0).data()) in QApplication.clipboard().text()
    field.clear()
    session.gene = labels.index(GENE)

    # 3. Map: a rectangle around the gene selects it and its neighbours, everywhere.
    gene_map = see(explorer, "Map", GeneMap)
    qtbot.waitUntil(lambda: len(gene_map.canvas.points) == MODELLED, timeout=PATIENCE)
    qtbot.waitUntil(lambda: gene_map.arrangement.method == "UMAP", timeout=5 * PATIENCE)
    qtbot.waitUntil(lambda: not gene_map.canvas.travelling, timeout=PATIENCE)
    row = gene_map.arrangement.genes.tolist().index(session.gene)
    qtbot.mouseMove(gene_map.canvas, gene_map.canvas.place(row))
    qtbot.waitUntil(gene_map.card.isVisible, timeout=PATIENCE)
    assert gene_map.card.text.text().splitlines()[0] in labels
    photograph("map")
    qtbot.mouseClick(gene_map.tools["rectangle"], LEFT)
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
    assert clusters.saving.said.text() == "● Edited, not saved"
    assert viewer.window._qt_window.isWindowModified()
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
    # Split by key, hidden by key, both taken back; those that belong nowhere are listed.
    choose_card(clusters, first, qtbot)
    clusters.cards.setFocus()
    qtbot.keyClick(clusters.cards, Qt.Key.Key_S)
    qtbot.waitUntil(lambda: len(names()) == before + 1, timeout=PATIENCE)
    qtbot.keyClick(clusters.cards, Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: len(names()) == before, timeout=PATIENCE)
    choose_card(clusters, first, qtbot)
    clusters.cards.setFocus()
    qtbot.keyClick(clusters.cards, Qt.Key.Key_H)
    qtbot.waitUntil(lambda: "1 hidden" in clusters.summary.text(), timeout=PATIENCE)
    qtbot.keyClick(clusters.cards, Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: "hidden" not in clusters.summary.text(), timeout=PATIENCE)
    qtbot.mouseClick(clusters.unsure, LEFT)
    unsure = clusters.unsure_genes.model()
    assert unsure.rowCount() == int((session.model.confidence < 0.5).sum()) > 0
    photograph("unsure")
    qtbot.mouseClick(clusters.unsure, LEFT)

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
    assert layers.clusters.strongest is None
    # Genes in colours: the second is typed; their names stand in the legend, none of it cut.
    line = compare.choosers[1].gene.lineEdit()
    assert line is not None
    line.selectAll()
    qtbot.keyClicks(line, OTHER)
    qtbot.keyClick(line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(layers.gene_colours.choices), timeout=PATIENCE)
    assert viewer.canvas.overlays.text.text.splitlines() == [f"pink: {GENE}", f"green: {OTHER}"]
    photograph("colours")
    qtbot.mouseClick(compare.colours, LEFT)
    assert not layers.gene_colours.choices
    assert viewer.canvas.overlays.text.text.startswith(GENE)
    # Two clusters' patterns, each in its colour.
    for row in (0, 1):
        box = compare.clusters.visualItemRect(compare.clusters.item(row))
        where = QPoint(box.left() + 8, box.center().y())
        qtbot.mouseClick(compare.clusters.viewport(), LEFT, pos=where)
    assert len(layers.clusters.patterns) == 2
    photograph("patterns")
    layers.clusters.end()

    # 6. Similar: the first of the list is shown by a click.
    similar = see(explorer, "Similar", SimilarGenesPanel)
    qtbot.waitUntil(lambda: GENE in similar.title.text(), timeout=PATIENCE)
    qtbot.waitUntil(lambda: similar.table.model().rowCount() > 5, timeout=PATIENCE)
    photograph("similar")
    index = similar.table.model().index(0, 0)
    there = similar.table.visualRect(index).center()
    qtbot.mouseClick(similar.table.viewport(), LEFT, pos=there)
    assert session.gene != labels.index(GENE)

    # A region that is drawn with the mouse, and the genes that fill it.
    region = see(explorer, "Region", RegionGenesPanel)
    qtbot.mouseClick(region.choice.draw, LEFT)
    shapes = viewer.layers.selection.active
    assert shapes is not None and str(shapes.mode) == "add_polygon_lasso"
    canvas = viewer.window._qt_viewer.canvas.native
    assert session.model.consensus is not None
    brightest = session.images.grid.pixels[session.model.consensus[column].argmax()]
    drag_round(canvas, on_canvas(viewer, brightest), canvas.height() // 14, qtbot)
    assert len(shapes.data) == 1
    qtbot.mouseClick(region.choice.ask, LEFT)
    qtbot.waitUntil(lambda: region.answers.currentIndex() == 1, timeout=PATIENCE)
    assert region.table.genes and layers.region.name == "region"
    photograph("region")
    qtbot.mouseClick(region.on_canvas, LEFT, pos=QPoint(8, 8))
    assert layers.region.name == ""
    viewer.layers.remove(shapes)
    assert region.hint.isVisible()

    # The observations themselves, in their true places.
    observations = see(explorer, "Observations", ObservationsDock)
    qtbot.mouseClick(observations.show_them, LEFT, pos=QPoint(8, 8))
    qtbot.waitUntil(lambda: "observations" in viewer.layers, timeout=PATIENCE)
    assert len(viewer.layers["observations"].data) == 2_898
    photograph("observations")

    # Every control says what it is for.
    for tab in explorer.tabs:
        assert not untold(explorer.open(tab)), tab

    # The other theme, and a small window: what is said can be read.
    get_settings().appearance.theme = "light"
    see(explorer, "Clusters", ConsensusMap)
    fit_on_screen(viewer, 1280, 800)
    qtbot.waitUntil(lambda: len(clusters.cards.cards()) > 3, timeout=PATIENCE)
    qtbot.wait(300)
    shown = colours(clusters)
    assert QColor(max(shown, key=shown.__getitem__)).lightness() > 200
    photograph("light")

    # What was edited is in the file, beside what the model said.
    path = tmp_path / "walked.h5ad"
    assert session.unsaved
    save_result(session, path)
    qtbot.waitUntil(lambda: path.exists() and not session.unsaved, timeout=PATIENCE)
    again = darlc.load(path)
    assert again.edited is not None and again.edited.names[column] == "cortical plate"
    assert again.cluster_names[column] == name
    assert clusters.saving.said.text().startswith("Saved to walked.h5ad at ")
    assert not viewer.window._qt_window.isWindowModified()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_training_is_watched(
    viewer: napari.Viewer, real_data: Path, photograph: Photograph, qtbot: QtBot
) -> None:
    """While it runs, frames, map and patterns follow, and what is looked at stays in place."""
    session, layers = session_of(viewer), layers_of(viewer)
    fit_on_screen(viewer, 1600, 1000)
    docks = open_workspace(viewer)
    gene_map = GeneMap(viewer)
    viewer.window.add_dock_widget(gene_map, name="Gene map", area="right")
    open_path(viewer, real_data / "mob.h5ad")
    qtbot.waitUntil(lambda: session.images is not None, timeout=PATIENCE)
    heard: list[Memberships] = []
    session.event_received.connect(
        lambda event: heard.append(event) if isinstance(event, Memberships) else None
    )
    form = docks.training.parameters
    form.set_config(WATCHED)
    genes = form.widgets["genes"].native
    genes.selectAll()
    qtbot.keyClicks(genes, "150")
    qtbot.keyClick(genes, Qt.Key.Key_Return)
    assert form.config().genes == 150 and docks.training.train.isEnabled()
    qtbot.mouseClick(docks.training.train, LEFT)
    qtbot.waitUntil(lambda: len(heard) > 0, timeout=PATIENCE)
    assert session.model is not None and session.state == "training"

    # Frames and points are coloured; a gene, a part of the map and a pattern are looked at.
    gallery, clusters = docks.gallery, docks.consensus
    qtbot.waitUntil(lambda: len(clusters.cards.cards()) > 1, timeout=PATIENCE)
    view = gallery.view
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum() // 2)
    qtbot.wait(100)
    index = view.first_in_view().siblingAtRow(view.first_in_view().row() + 2)
    qtbot.mouseClick(view.viewport(), LEFT, pos=view.visualRect(index).center())
    gene = session.gene
    qtbot.waitUntil(lambda: colour_of(session, gene) in colours(view.viewport()), timeout=PATIENCE)
    qtbot.waitUntil(lambda: len(gene_map.canvas.points) == 150, timeout=PATIENCE)
    turn_wheel(gene_map.canvas, 3)
    viewer.scene.camera.zoom *= 1.2

    def sight() -> tuple[object, ...]:
        seen, camera = gene_map.canvas.view, viewer.scene.camera
        return session.gene, seen.x, seen.y, seen.scale, camera.center, camera.zoom

    def place() -> int:
        return view.visualRect(gallery.model.index(gallery.model.row_of(gene))).top()

    before, top, so_far, cards = sight(), place(), len(heard), clusters.combined.image
    qtbot.waitUntil(lambda: len(heard) >= so_far + 3, timeout=PATIENCE)
    qtbot.waitUntil(lambda: clusters.combined.image is not cards, timeout=PATIENCE)
    qtbot.waitUntil(lambda: points_are_coloured(gene_map, session), timeout=PATIENCE)
    assert sight() == before and place() == top

    # A cluster's pattern on the canvas follows as well.
    choose_card(clusters, clusters.cards.cards()[0].name, qtbot)
    qtbot.waitUntil(lambda: layers.consensus is not None, timeout=PATIENCE)
    assert layers.consensus is not None
    pattern = layers.consensus.data.copy()
    qtbot.waitUntil(
        lambda: layers.consensus is not None and not np.array_equal(layers.consensus.data, pattern),
        timeout=PATIENCE,
    )
    assert sight() == before
    photograph("live")

    # Stopped, it is kept, and nothing jumps.
    qtbot.mouseClick(docks.training.stop, LEFT)
    qtbot.waitUntil(lambda: session.result is not None, timeout=PATIENCE)
    qtbot.wait(600)
    assert session.result is not None and session.result.stopped
    assert sight() == before
    assert docks.training.saving.said.text() == "● Not saved yet"
    session.mark_saved()


@pytest.mark.slow
def test_it_begins_where_one_left(make_napari_viewer: Callable[..., napari.Viewer]) -> None:
    """The tab, the preset and the size of thumbnails are there again after a restart."""
    first = make_napari_viewer(show=True)
    explorer = Explorer(first)
    first.window.add_dock_widget(explorer)
    training = explorer.open("Train")
    assert isinstance(training, TrainingDock)
    QTest.keyClick(training.parameters.widgets["preset"].native, Qt.Key.Key_End)
    assert training.parameters.config().train == Config.from_preset("thorough").train
    QTest.mouseClick(explorer.tabs["Gallery"], LEFT)
    gallery = explorer.open("Gallery")
    assert isinstance(gallery, GeneGallery)
    QTest.keyClick(gallery.controls.size_slider, Qt.Key.Key_Home)
    smallest = gallery.controls.size_slider.value()
    first.close()

    again = Explorer(make_napari_viewer(show=True))
    assert again.current == "Gallery"
    gallery, training = again.open("Gallery"), again.open("Train")
    assert isinstance(gallery, GeneGallery) and isinstance(training, TrainingDock)
    assert gallery.controls.size_slider.value() == smallest
    assert training.parameters.widgets["preset"].value == "thorough"
    again.close()


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


def drag_round(widget: QWidget, centre: QPoint, radius: int, qtbot: QtBot) -> None:
    """Draw a circle with the left button."""
    places = [
        centre + QPoint(round(radius * np.cos(angle)), round(radius * np.sin(angle)))
        for angle in np.linspace(0, 2 * np.pi, 25)
    ]
    qtbot.mouseMove(widget, places[0])
    qtbot.mousePress(widget, LEFT, pos=places[0])
    for place in places[1:]:
        qtbot.mouseMove(widget, place)
        qtbot.wait(20)
    qtbot.mouseRelease(widget, LEFT, pos=places[-1])


def on_canvas(viewer: napari.Viewer, pixel: NDArray[np.int64]) -> QPoint:
    """Return where a pixel of the grid lies on the canvas."""
    raw, camera = layers_of(viewer).raw, viewer.scene.camera
    assert raw is not None
    where = np.array(raw.data_to_world((0, *pixel)))[1:] - camera.center[-2:]
    down, right = np.rint(where * camera.zoom).astype(int).tolist()
    return viewer.window._qt_viewer.canvas.native.rect().center() + QPoint(right, down)


def turn_wheel(widget: QWidget, notches: int) -> None:
    """Turn the wheel over the middle of a widget."""
    where = QPointF(widget.rect().center())
    event = QWheelEvent(
        where,
        widget.mapToGlobal(where),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def colours(widget: QWidget) -> Counter[str]:
    """Count the colours of a widget's pixels, every second one of them."""
    image = widget.grab().toImage()
    return Counter(
        image.pixelColor(x, y).name()
        for x in range(0, image.width(), 2)
        for y in range(0, image.height(), 2)
    )


def colour_of(session: Session, gene: int) -> str:
    """Return the colour of a gene's cluster."""
    cluster = session.cluster_of(gene)
    assert session.model is not None and cluster >= 0
    return session.model.colours[cluster].lower()


def points_are_coloured(gene_map: GeneMap, session: Session) -> bool:
    """Return whether the map's points have the colours of their clusters as these are now."""
    wanted = [rgb(colour_of(session, gene)) for gene in gene_map.arrangement.genes.tolist()]
    return bool(np.allclose(gene_map.canvas.colours[:, :3], wanted, atol=0.01))


def untold(view: QWidget) -> list[str]:
    """Return the controls of a view that are in sight and have no tooltip."""
    kinds = (QAbstractButton, QComboBox, QLineEdit, QAbstractSlider, QAbstractSpinBox)
    return [
        f"{type(control).__name__} {control.objectName()}"
        for kind in kinds
        for control in view.findChildren(kind)
        if control.isVisible() and not tip_of(control, view)
    ]


def tip_of(control: QWidget, view: QWidget) -> str:
    """Return the tooltip of a control, or of what it is a part of."""
    part: QWidget | None = control
    while part is not None and part is not view:
        if part.toolTip() or isinstance(part, QScrollBar):
            return part.toolTip() or "scroll bar"
        part = part.parentWidget()
    return ""
