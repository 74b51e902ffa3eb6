"""Walks through the explorer on real tissue, by mouse and keyboard, from opening to saving.

With ``DARLC_PICTURES`` set to a folder, the window is photographed at every stop: the pictures of
the documentation. ``DARLC_WALK_RESULT`` may name a result of ``visium_mouse`` with 3,000 genes, so
that none has to be fitted first.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import napari
import numpy as np
import pytest
from napari._qt.dialogs.qt_notification import NapariQtNotification
from napari.settings import get_settings
from napari.utils.notifications import Notification
from numpy.typing import NDArray
from PIL import Image
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QDockWidget, QFileDialog, QWidget
from walks.guided import WATCHED, GuidedWalk, Sights, train
from walks.mouse import LEFT, choose_card, colour_of, colours, drop, points_are_coloured, turn_wheel
from walks.one_dataset import Known, OneDataset

import darlc
from darlc.config import Config
from darlc.events import Memberships
from darlc.images.gene_labels import gene_labels
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.io import open_dataset
from napari_darlc import PLUGIN
from napari_darlc.saving.writing import save_result
from napari_darlc.session.preferences import remember
from napari_darlc.session.session import Session
from napari_darlc.viewer_session import layers_of, open_path, session_of
from napari_darlc.widgets.consensus.consensus_map import ConsensusMap
from napari_darlc.widgets.explorer import Explorer
from napari_darlc.widgets.gallery.gallery import GeneGallery
from napari_darlc.widgets.map.gene_map import GeneMap
from napari_darlc.widgets.train.training_dock import TrainingDock
from napari_darlc.workspace import fit_on_screen, open_workspace

MOUSE = Sights("visium_mouse", "Neurod6", "Col2a1", 19_465, 3_000, 2_898, "cortical plate")
SHORT_MOUSE = replace(MOUSE, n_modelled=150)
HUMAN = Sights("dlpfc_151510.h5ad", "MBP", "PCP4", 500, 150, 4_634, "white matter")
Photograph = Callable[[str], None]


@pytest.fixture
def fitted(real_data: Path, tmp_path: Path) -> Path:
    """Return a result file: all genes, of which 3,000 are modelled."""
    if made := os.environ.get("DARLC_WALK_RESULT"):
        return Path(made)
    out = tmp_path / "mouse.h5ad"
    fit = ["fit", str(real_data / "visium_mouse"), "--out", str(out), "--preset", "quick"]
    subprocess.run([sys.executable, "-m", "darlc.cli", *fit, "--include", MOUSE.gene], check=True)
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
    viewer: napari.Viewer,
    fitted: Path,
    photograph: Photograph,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    session = session_of(viewer)
    fit_on_screen(viewer, 1600, 1000)
    explorer = Explorer(viewer)
    dock = viewer.window.add_dock_widget(
        explorer, name="Explorer", area="right", add_vertical_stretch=False
    )
    viewer.window._qt_window.resizeDocks([dock], [620], Qt.Orientation.Horizontal)
    open_path(viewer, fitted)
    qtbot.waitUntil(lambda: session.result is not None)
    walk = GuidedWalk(viewer, explorer, MOUSE, photograph, qtbot)
    walk.all_stops()

    # The other theme, and a small window: what is said can be read.
    monkeypatch.setattr(get_settings().appearance, "theme", "light")
    clusters = walk.see("Clusters", ConsensusMap)
    fit_on_screen(viewer, 1280, 800)
    qtbot.waitUntil(lambda: len(clusters.cards.cards()) > 3)
    qtbot.wait(300)
    shown = colours(clusters)
    assert QColor(max(shown, key=shown.__getitem__)).lightness() > 200
    photograph("light")

    # What was edited is in the file, beside what the model said.
    path = tmp_path / "walked.h5ad"
    assert session.unsaved
    save_result(session, path)
    qtbot.waitUntil(lambda: path.exists() and not session.unsaved)
    again = darlc.load(path)
    assert again.edited is not None and again.edited.names[walk.column] == MOUSE.region
    assert again.cluster_names[walk.column] == walk.told
    assert clusters.saving.label.text().startswith("Saved to walked.h5ad at ")
    assert not viewer.window._qt_window.isWindowModified()


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_the_walk_twice_in_one_window(
    viewer: napari.Viewer,
    real_data: Path,
    photograph: Photograph,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    notifications: list[Notification],
    listeners_failed: list[Exception],
    caplog: pytest.LogCaptureFixture,
    qtbot: QtBot,
) -> None:
    """A human cortex after a mouse's head: every view shows what was opened last, and only that."""
    monkeypatch.setattr(get_settings().appearance, "theme", "light")
    remember("explorer", "docks", "Train right, Gene gallery bottom, Clusters left")
    fit_on_screen(viewer, 1280, 800)
    session, window = session_of(viewer), viewer.window

    def views() -> list[QWidget]:
        docks = window.dock_widgets.values()
        tabs = [view for dock in docks if isinstance(dock, Explorer) for view in dock.views]
        return [*tabs, *(dock for dock in docks if not isinstance(dock, Explorer))]

    sight = OneDataset(viewer, views, random.Random(0))
    with qtbot.capture_exceptions() as raised:
        for number, sights in enumerate((SHORT_MOUSE, HUMAN), start=1):
            known = known_of(real_data / sights.data, session)

            def at_stop(name: str, number: int = number, known: Known = known) -> None:
                qtbot.wait(400)  # what is throttled has begun
                if not session.running:
                    qtbot.waitUntil(sight.at_rest)
                    sight.check_pictures(known)
                sight.check(known)
                assert not raised and not listeners_failed
                assert not [each for each in notifications if each.severity.value == "error"]
                assert not [each for each in caplog.records if each.levelname == "ERROR"]
                photograph(f"{number}-{name}")

            if number == 1:
                drop(viewer, real_data / sights.data)
            else:
                open_by_menu(viewer, real_data / sights.data, monkeypatch)
            qtbot.waitUntil(lambda name=known.name: shows(session, name))
            at_stop("opened")
            if number == 1:
                # In the docks that open with a first dataset. They are closed for the explorer.
                (dock,) = sight.all_of(TrainingDock)
                train(dock, sights.n_modelled, at_stop, qtbot)
                for view in views():
                    dock_around(view).close()
                    qtbot.wait(100)
                _, explorer = window.add_plugin_dock_widget(PLUGIN, "Explorer")
                assert isinstance(explorer, Explorer)
                qtbot.waitUntil(explorer.isVisible)
            walk = GuidedWalk(viewer, explorer, sights, at_stop, qtbot)
            if number == 2:
                train(walk.see("Train", TrainingDock), sights.n_modelled, at_stop, qtbot)
            walk.all_stops()

            # Saved by the button, so that nothing is asked when another one is opened.
            out = tmp_path / f"{number}.h5ad"
            monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, out=out: (str(out), ""))
            qtbot.mouseClick(walk.see("Clusters", ConsensusMap).saving.button, LEFT)
            qtbot.waitUntil(lambda: not session.unsaved)
            at_stop("saved")
            again = darlc.load(out)
            assert again.adata is not None and again.edited is not None
            assert list(gene_labels(again.adata)) == known.labels
            assert again.edited.names[walk.column] == sights.region


def known_of(path: Path, session: Session) -> Known:
    """Read a dataset beside the window, which is asked for nothing but its denoised views."""
    dataset = open_dataset(path)
    own = rasterize(dataset.adata)

    def picture(images: SGEPImages, gene: int, denoised: bool) -> NDArray[np.floating]:
        if not denoised:
            return own.expression(gene)[0]
        view = None if session.model is None else session.model.view_of(gene)
        return np.full(own.n_pixels, np.nan, np.float32) if view is None else view

    columns = tuple(str(column) for column in dataset.adata.obs)
    labels = [str(label) for label in gene_labels(dataset.adata)]
    return Known(dataset.name, labels, columns, picture)


def open_by_menu(viewer: napari.Viewer, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Choose *Open File(s)* in the File menu, and the path in the dialog."""
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_, **more: ([str(path)], ""))
    menu = viewer.window.file_menu
    (action,) = [each for each in menu.actions() if each.text().startswith("Open File(s)...")]
    action.trigger()


def shows(session: Session, name: str) -> bool:
    """Return whether a dataset is open."""
    return session.dataset is not None and session.dataset.name == name


def dock_around(view: QWidget) -> QDockWidget:
    """Return the dock that a view stands in."""
    widget: QWidget | None = view
    while widget is not None and not isinstance(widget, QDockWidget):
        widget = widget.parentWidget()
    assert widget is not None
    return widget


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
    qtbot.waitUntil(lambda: session.images is not None)
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
    qtbot.waitUntil(lambda: len(heard) > 0)
    assert session.model is not None and session.state == "training"

    # Frames and points are coloured; a gene, a part of the map and a pattern are looked at.
    gallery, clusters = docks.gallery, docks.consensus
    qtbot.waitUntil(lambda: len(clusters.cards.cards()) > 1)
    view = gallery.view
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum() // 2)
    qtbot.wait(100)
    index = view.first_in_view().siblingAtRow(view.first_in_view().row() + 2)
    qtbot.mouseClick(view.viewport(), LEFT, pos=view.visualRect(index).center())
    gene = session.gene
    qtbot.waitUntil(lambda: colour_of(session, gene) in colours(view.viewport()))
    qtbot.waitUntil(lambda: len(gene_map.canvas.points) == 150)
    turn_wheel(gene_map.canvas, 3)
    viewer.scene.camera.zoom *= 1.2

    def sight() -> tuple[object, ...]:
        seen, camera = gene_map.canvas.view, viewer.scene.camera
        return session.gene, seen.x, seen.y, seen.scale, camera.center, camera.zoom

    def place() -> int:
        return view.visualRect(gallery.model.index(gallery.model.row_of(gene))).top()

    before, top, so_far, cards = sight(), place(), len(heard), clusters.combined.image
    qtbot.waitUntil(lambda: len(heard) >= so_far + 3)
    qtbot.waitUntil(lambda: clusters.combined.image is not cards)
    qtbot.waitUntil(lambda: points_are_coloured(gene_map, session))
    assert sight() == before and place() == top

    # A cluster's pattern on the canvas follows as well.
    choose_card(clusters, clusters.cards.cards()[0].name, qtbot)
    qtbot.waitUntil(lambda: layers.consensus is not None)
    assert layers.consensus is not None
    pattern = layers.consensus.data.copy()
    qtbot.waitUntil(
        lambda: layers.consensus is not None and not np.array_equal(layers.consensus.data, pattern)
    )
    assert sight() == before
    photograph("live")

    # Stopped, it is kept, and nothing jumps.
    qtbot.mouseClick(docks.training.stop, LEFT)
    qtbot.waitUntil(lambda: session.result is not None)
    qtbot.wait(600)
    assert session.result is not None and session.result.stopped
    assert sight() == before
    assert docks.training.saving.label.text() == "● Not saved yet"
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
