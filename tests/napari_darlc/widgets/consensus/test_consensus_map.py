"""The consensus map in a real window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import napari
import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, QRect, Qt
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QFileDialog, QLineEdit, QWidget

from darlc.data.dataset import Dataset
from darlc.events import Finished, Memberships, Started
from darlc.images.sgep_images import SGEPImages
from darlc.results.result import Result
from napari_darlc.canvas.colormaps import cluster_colormap
from napari_darlc.session.session import Session
from napari_darlc.viewer_session import layers_of
from napari_darlc.widgets.consensus.card_delegate import parts_of
from napari_darlc.widgets.consensus.consensus_map import ConsensusMap
from napari_darlc.widgets.consensus.consensus_pictures import combine
from napari_darlc.widgets.gallery.gallery import GeneGallery

Learn = Callable[[Session, Result], None]


@pytest.fixture
def consensus(session: Session, qtbot: QtBot) -> ConsensusMap:
    """Return a consensus map on the screen, of no napari window, before training."""
    consensus = ConsensusMap(cast(napari.Viewer, None), session)
    qtbot.addWidget(consensus)
    consensus.show()
    qtbot.waitUntil(consensus.empty.isVisible)
    return consensus


@pytest.fixture
def trained(
    consensus: ConsensusMap, session: Session, result: Result, learn: Learn, qtbot: QtBot
) -> ConsensusMap:
    """Return a consensus map of three clusters."""
    # Gene0 moves to the third cluster, which becomes the largest.
    result.membership[0] = [0.1, 0.3, 0.6]
    learn(session, result)
    qtbot.waitUntil(consensus.cards.isVisible)
    return consensus


@pytest.fixture
def docked(
    viewer: napari.Viewer, window_session: Session, result: Result, learn: Learn, qtbot: QtBot
) -> ConsensusMap:
    """Return a consensus map of three clusters in a dock of a napari window."""
    consensus = ConsensusMap(viewer)
    viewer.window.add_dock_widget(consensus, area="right")
    result.membership[0] = [0.1, 0.3, 0.6]
    learn(window_session, result)
    qtbot.waitUntil(consensus.cards.isVisible)
    return consensus


def place(widget: QWidget, within: QWidget) -> QRect:
    return QRect(widget.mapTo(within, QPoint()), widget.size())


def click(consensus: ConsensusMap, row: int, qtbot: QtBot) -> None:
    cards = consensus.cards
    where = cards.visualRect(cards.model().index(row, 0)).center()
    qtbot.mouseClick(cards.viewport(), Qt.MouseButton.LeftButton, pos=where)


def test_before_training_it_says_what_to_do(consensus: ConsensusMap, session: Session) -> None:
    assert "Press Train" in consensus.empty.text()
    assert not consensus.combined.isVisible()


def test_without_a_dataset_it_says_what_to_do(viewer: napari.Viewer, qtbot: QtBot) -> None:
    consensus = ConsensusMap(viewer)
    viewer.window.add_dock_widget(consensus)
    qtbot.waitUntil(consensus.empty.isVisible)
    assert "Drop a Visium folder" in consensus.empty.text()


def test_a_card_a_cluster_in_the_order_of_the_gallery(
    trained: ConsensusMap, session: Session, qtbot: QtBot
) -> None:
    cards = trained.cards.cards()
    assert [(card.name, card.n_genes) for card in cards] == [("1", 2), ("2", 3), ("3", 4)]
    assert cards[2].confidence == pytest.approx((0.8 * 3 + 0.6) / 4)
    gallery = GeneGallery(cast(napari.Viewer, None), session)
    qtbot.addWidget(gallery)
    heads = [group.label for group in gallery.model.groups]
    assert heads[:3] == [f"Cluster {card.name}" for card in cards]
    assert trained.summary.text() == "<b>3 clusters</b> of 9 genes"
    assert session.model is not None
    for card in cards:
        assert card.colour == session.model.colours[card.cluster]


def test_a_picture_has_the_shades_of_the_canvas(trained: ConsensusMap) -> None:
    card = trained.cards.cards()[0]
    image = card.picture
    seen = [
        image.pixelColor(x, y).getRgbF()[:3]
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).alpha() == 255
    ]
    table = cluster_colormap(card.colour, card.name).map(np.linspace(0, 1, 1001))[:, :3]
    apart = np.abs(np.array(seen)[:, None] - table[None]).max(axis=2).min(axis=1)
    assert (apart < 0.05).mean() > 0.95  # but for edges between pixels
    lightness = [max(colour) + min(colour) for colour in seen]
    assert min(lightness) < 0.35 and max(lightness) > 1.9


def test_the_combined_picture_shows_every_pattern_in_its_place(trained: ConsensusMap) -> None:
    image = trained.combined.image
    x = image.width() // 2
    hues = [image.pixelColor(x, round(image.height() * y)).hue() for y in (0.15, 0.5, 0.85)]
    # The tissue has three stripes, each bright in the genes of one cluster.
    expected = [QColor(colour).hue() for colour in ("#33bbee", "#ee7733", "#009988")]
    assert hues == pytest.approx(expected, abs=8)


def test_where_every_cluster_is_hidden_the_tissue_is_grey() -> None:
    grey = combine(np.empty((0, 4)), np.empty((0, 3)))
    assert grey.shape == (4, 3) and len(np.unique(grey)) == 1 and 0 < grey[0, 0] < 0.5


def test_every_pixel_takes_the_strongest_colour() -> None:
    patterns = np.array([[3.0, 0.0, -1.0, -2.0], [-2.0, -1.0, 0.0, 3.0]])
    colours = np.array([[1.0, 0, 0], [0, 0, 1.0]])
    combined = combine(patterns, colours)
    assert combined[0, 0] > combined[1, 0] > 0 and combined[0, 2] == 0
    assert combined[3, 2] > combined[2, 2] > 0 and combined[3, 0] == 0


def test_a_click_shows_the_pattern_and_a_second_hides_it(
    docked: ConsensusMap, window_session: Session, viewer: napari.Viewer, qtbot: QtBot
) -> None:
    gallery = GeneGallery(viewer)
    viewer.window.add_dock_widget(gallery, area="left")
    click(docked, 1, qtbot)
    assert window_session.cluster == 1
    assert layers_of(viewer).consensus is not None
    assert gallery.model.rowCount() == 3
    assert docked.cards.chosen == [1] and docked.cards.singled == 1
    click(docked, 1, qtbot)
    assert window_session.cluster == -1
    assert layers_of(viewer).consensus is None
    assert gallery.model.rowCount() == 9
    assert docked.cards.chosen == [1] and docked.cards.singled == -1


def test_a_pattern_that_a_gene_displaced_comes_back(
    docked: ConsensusMap, window_session: Session, viewer: napari.Viewer, qtbot: QtBot
) -> None:
    gallery = GeneGallery(viewer)
    viewer.window.add_dock_widget(gallery, area="left")
    click(docked, 1, qtbot)
    window_session.gene = 4
    assert layers_of(viewer).consensus is None
    assert docked.cards.singled == 1 and gallery.model.rowCount() == 3
    click(docked, 1, qtbot)
    assert window_session.cluster == 1
    assert layers_of(viewer).consensus is not None


def test_cards_follow_training_and_stay_where_they_are(
    trained: ConsensusMap, session: Session, result: Result, qtbot: QtBot
) -> None:
    before = trained.combined.image
    trained.resize(320, 420)
    trained.cards.choose([1])
    bar = trained.cards.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 10)
    bar.setValue(10)
    membership = np.zeros((9, 3), dtype=np.float32)
    membership[:4, 0] = membership[4:, 1] = 1.0
    session.receive(Memberships("joint", membership))
    qtbot.waitUntil(lambda: trained.cards.cards()[2].n_genes == 0)
    # The third cluster has lost its genes, and keeps its place until training ends.
    cards = [(card.name, card.n_genes) for card in trained.cards.cards()]
    assert cards == [("1", 4), ("2", 5), ("3", 0)]
    assert trained.summary.text() == "<b>2 clusters</b> of 9 genes"
    assert trained.cards.chosen == [1] and bar.value() == 10
    assert trained.combined.image != before
    session.receive(Finished(replace(result, membership=membership)))
    qtbot.waitUntil(lambda: len(trained.cards.cards()) == 2)
    assert [card.name for card in trained.cards.cards()] == ["1", "2"]
    assert trained.cards.chosen == [1]


def test_a_new_run_begins_empty(trained: ConsensusMap, session: Session, qtbot: QtBot) -> None:
    session.begin()
    session.receive(Started("cpu", np.arange(9)))
    qtbot.waitUntil(trained.empty.isVisible)
    session.cancel()
    qtbot.waitUntil(trained.cards.isVisible)


def test_return_does_what_a_click_does(
    docked: ConsensusMap, window_session: Session, qtbot: QtBot
) -> None:
    docked.cards.setCurrentIndex(docked.cards.model().index(2, 0))
    qtbot.keyClick(docked.cards, Qt.Key.Key_Return)
    assert window_session.cluster == 2


def test_a_wide_dock_has_picture_and_cards_side_by_side(
    trained: ConsensusMap, qtbot: QtBot
) -> None:
    for size, beside in (((900, 300), True), ((320, 700), False)):
        trained.resize(*size)
        qtbot.waitUntil(lambda size=size: trained.width() == size[0])  # type: ignore[misc]
        qtbot.wait(50)
        picture, cards = place(trained.combined, trained), place(trained.cards, trained)
        assert (cards.left() >= picture.right()) == beside
        assert (cards.top() >= picture.bottom()) != beside
        assert trained.hint.isVisible() != beside


def type_name(dock: ConsensusMap, name: str, qtbot: QtBot) -> None:
    """Press F2 and type; once more where a window that was just opened took the focus back."""

    def typed() -> bool:
        if any(card.name == name for card in dock.cards.cards()):
            return True
        dock.window().activateWindow()
        dock.cards.setFocus()
        qtbot.keyClick(dock.cards, Qt.Key.Key_F2)
        line = dock.cards.findChild(QLineEdit)
        if line is not None:
            line.selectAll()
            qtbot.keyClicks(line, name)
            qtbot.keyClick(line, Qt.Key.Key_Return)
        return False

    qtbot.waitUntil(typed)


def test_a_walk_through_the_clusters_with_mouse_and_keyboard(
    viewer: napari.Viewer,
    window_session: Session,
    dataset: Dataset,
    images: SGEPImages,
    result: Result,
    qtbot: QtBot,
) -> None:
    session, control = window_session, Qt.KeyboardModifier.ControlModifier
    result.membership[0] = [0.45, 0.35, 0.2]
    session.open(dataset, images, result)
    dock = ConsensusMap(viewer)
    viewer.window.add_dock_widget(dock, area="right")
    viewer.window._qt_window.resize(1280, 800)
    qtbot.waitUntil(dock.cards.isVisible)

    def names() -> list[str]:
        return [card.name for card in dock.cards.cards()]

    def clicked() -> bool:
        # A window that is still being laid out may move the card away.
        click(dock, 0, qtbot)
        return dock.cards.chosen == [0]

    # A click, F2 and a name.
    qtbot.waitUntil(clicked)
    type_name(dock, "myelin", qtbot)
    qtbot.waitUntil(lambda: names() == ["myelin", "2", "3"])
    assert "cluster myelin" in viewer.canvas.overlays.text.text

    # Ctrl and a click choose a second one, and M merges both.
    place = dock.cards.visualRect(dock.cards.model().index(2, 0)).center()
    qtbot.mouseClick(dock.cards.viewport(), Qt.MouseButton.LeftButton, control, place)
    dock.cards.setFocus()
    qtbot.keyClick(dock.cards, Qt.Key.Key_M)
    qtbot.waitUntil(lambda: names() == ["myelin", "2"])
    assert dock.cards.cards()[0].n_genes == 6
    assert dock.history.undo.toolTip().startswith("Undo: merge myelin and 3")

    # Undone and redone by keys.
    qtbot.keyClick(dock.cards, Qt.Key.Key_Z, control)
    qtbot.waitUntil(lambda: names() == ["myelin", "2", "3"])
    qtbot.keyClick(dock.cards, Qt.Key.Key_Z, control | Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: names() == ["myelin", "2"])
    qtbot.mouseClick(dock.history.undo, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: names() == ["myelin", "2", "3"])

    # Others are merged while one is on the canvas: what was chosen stays so.
    assert session.cluster == 0
    dock.cards.choose([2, 1])
    qtbot.keyClick(dock.cards, Qt.Key.Key_M)
    qtbot.waitUntil(lambda: names() == ["myelin", "2"])
    assert dock.cards.chosen == [1] and dock.cards.singled == 0
    session.undo()
    qtbot.waitUntil(lambda: names() == ["myelin", "2", "3"])

    # Gene0 is unsure, and listed with its second-best cluster.
    assert dock.unsure.text() == "1 unsure"
    qtbot.mouseClick(dock.unsure, Qt.MouseButton.LeftButton)
    assert dock.unsure_genes.isVisible() and not dock.cards.isVisible()
    cells = [dock.unsure_genes.model().index(0, i).data() for i in range(5)]
    assert cells == ["Gene0", "myelin", "0.45", "2", "0.35"]
    qtbot.mouseClick(dock.unsure, Qt.MouseButton.LeftButton)

    # A typical gene is gone to.
    card = dock.cards.cards()[1]
    rect = dock.cards.visualRect(dock.cards.model().index(1, 0))
    where = parts_of(rect, len(card.typical), dock.fontMetrics().height()).genes[0].center()
    qtbot.mouseClick(dock.cards.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert session.gene == card.typical[0].gene

    # A hidden cluster leaves the picture of all.
    before = dock.combined.image
    click(dock, 1, qtbot)
    qtbot.keyClick(dock.cards, Qt.Key.Key_H)
    qtbot.waitUntil(lambda: "1 hidden" in dock.summary.text())
    assert dock.combined.image != before
    assert session.result is not None and session.result.edited is not None
    assert session.result.cluster_names == ("1", "2", "3")


def test_the_clusters_are_exported_as_gene_sets(
    consensus: ConsensusMap,
    session: Session,
    dataset: Dataset,
    images: SGEPImages,
    result: Result,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    session.open(dataset, images, result)
    qtbot.waitUntil(consensus.export.isEnabled)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a: (str(tmp_path / "sets"), ""))
    qtbot.mouseClick(consensus.export, Qt.MouseButton.LeftButton)
    written = tmp_path / "sets.gmt"
    qtbot.waitUntil(written.exists)
    assert [line.split("\t")[0] for line in written.read_text().splitlines()] == ["1", "2", "3"]
