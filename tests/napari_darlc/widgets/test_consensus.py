"""The consensus map in a real window."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import napari
import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor

from darlc.data.result import Result
from darlc.events import Memberships, Started
from napari_darlc.session import Session
from napari_darlc.viewer_session import layers_of
from napari_darlc.widgets.consensus import ConsensusMap
from napari_darlc.widgets.consensus_pictures import combine
from napari_darlc.widgets.gallery import GeneGallery

Learn = Callable[[Session, Result], None]


@pytest.fixture
def consensus(session: Session, qtbot: QtBot) -> ConsensusMap:
    """Return a consensus map on the screen, of no napari window, before training."""
    consensus = ConsensusMap(cast(napari.Viewer, None), session)
    qtbot.addWidget(consensus)
    consensus.show()
    qtbot.waitUntil(consensus.empty.isVisible, timeout=20_000)
    return consensus


@pytest.fixture
def trained(
    consensus: ConsensusMap, session: Session, result: Result, learn: Learn, qtbot: QtBot
) -> ConsensusMap:
    """Return a consensus map of three clusters."""
    # Gene0 moves to the third cluster, which becomes the largest.
    result.membership[0] = [0.1, 0.3, 0.6]
    learn(session, result)
    qtbot.waitUntil(consensus.cards.isVisible, timeout=20_000)
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
    qtbot.waitUntil(consensus.cards.isVisible, timeout=20_000)
    return consensus


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
    qtbot.waitUntil(consensus.empty.isVisible, timeout=20_000)
    assert "Drop a Visium folder" in consensus.empty.text()


def test_a_card_a_cluster_largest_first(trained: ConsensusMap, session: Session) -> None:
    cards = trained.cards.cards()
    assert [(card.name, card.n_genes) for card in cards] == [("3", 4), ("2", 3), ("1", 2)]
    assert cards[0].confidence == pytest.approx((0.8 * 3 + 0.6) / 4)
    assert trained.summary.text() == "<b>3 clusters</b> of 9 genes"
    assert session.model is not None
    for card in cards:
        assert card.colour == session.model.colours[card.cluster]


def test_a_picture_goes_from_black_to_the_clusters_colour(trained: ConsensusMap) -> None:
    card = trained.cards.cards()[0]
    image = card.picture
    seen = {
        image.pixelColor(x, y).name()
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).alpha() == 255
    }
    assert card.colour in seen
    assert any(QColor(name).lightness() < 15 for name in seen)
    hue = QColor(card.colour).hue()
    assert all(abs(QColor(n).hue() - hue) < 8 for n in seen if QColor(n).lightness() > 40)


def test_the_combined_picture_shows_every_pattern_in_its_place(trained: ConsensusMap) -> None:
    image = trained.combined.image
    x = image.width() // 2
    hues = [image.pixelColor(x, round(image.height() * y)).hue() for y in (0.15, 0.5, 0.85)]
    # The tissue has three stripes, each bright in the genes of one cluster.
    expected = [QColor(colour).hue() for colour in ("#33bbee", "#ee7733", "#009988")]
    assert hues == pytest.approx(expected, abs=8)


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
    selection = docked.cards.selectionModel()
    assert [index.row() for index in selection.selectedIndexes()] == [1]
    click(docked, 1, qtbot)
    assert window_session.cluster == -1
    assert layers_of(viewer).consensus is None
    assert gallery.model.rowCount() == 9
    assert not selection.selectedIndexes()


def test_a_pattern_that_a_gene_displaced_comes_back(
    docked: ConsensusMap, window_session: Session, viewer: napari.Viewer, qtbot: QtBot
) -> None:
    click(docked, 1, qtbot)
    window_session.gene = 4
    assert layers_of(viewer).consensus is None
    click(docked, 1, qtbot)
    assert window_session.cluster == 1
    assert layers_of(viewer).consensus is not None


def test_cards_follow_training(
    trained: ConsensusMap, session: Session, result: Result, qtbot: QtBot
) -> None:
    before = trained.combined.image
    membership = np.zeros((9, 3), dtype=np.float32)
    membership[:4, 0] = membership[4:, 1] = 1.0
    session.receive(Memberships("joint", membership))
    qtbot.waitUntil(lambda: len(trained.cards.cards()) == 2, timeout=20_000)
    assert [card.n_genes for card in trained.cards.cards()] == [5, 4]
    assert trained.combined.image != before


def test_a_new_run_begins_empty(trained: ConsensusMap, session: Session, qtbot: QtBot) -> None:
    session.begin()
    session.receive(Started("cpu", np.arange(9)))
    qtbot.waitUntil(trained.empty.isVisible, timeout=20_000)
    session.cancel()
    qtbot.waitUntil(trained.cards.isVisible, timeout=20_000)


def test_return_does_what_a_click_does(
    docked: ConsensusMap, window_session: Session, qtbot: QtBot
) -> None:
    docked.cards.setCurrentIndex(docked.cards.model().index(2, 0))
    qtbot.keyClick(docked.cards, Qt.Key.Key_Return)
    assert window_session.cluster == 0


def test_a_wide_dock_has_picture_and_cards_side_by_side(
    trained: ConsensusMap, qtbot: QtBot
) -> None:
    for size, beside in (((900, 300), True), ((320, 700), False)):
        trained.resize(*size)
        qtbot.waitUntil(lambda size=size: trained.width() == size[0], timeout=20_000)  # type: ignore[misc]
        qtbot.wait(50)
        picture, cards = trained.combined.geometry(), trained.cards.parentWidget().geometry()
        assert (cards.left() >= picture.right()) == beside
        assert (cards.top() >= picture.bottom()) != beside
        assert trained.hint.isVisible() != beside
