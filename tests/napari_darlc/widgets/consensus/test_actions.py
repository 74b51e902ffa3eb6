"""Clusters are renamed, coloured, merged, split and hidden, and every edit can be undone."""

from __future__ import annotations

import numpy as np
import pytest
from napari.utils.notifications import Notification
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QColorDialog, QPushButton, QVBoxLayout, QWidget

from darlc.data.dataset import Dataset
from darlc.events import Memberships, Started
from darlc.images.sgep_images import SGEPImages
from darlc.results.result import Result
from napari_darlc.session.session import Session
from napari_darlc.widgets.consensus.actions import ClusterActions
from napari_darlc.widgets.consensus.cards import ClusterCards
from napari_darlc.widgets.consensus.consensus_pictures import ConsensusPainter


class Dock(QWidget):
    """Cards and actions, whose pictures are drawn at once."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.cards = ClusterCards(self)
        self.edits = ClusterActions(session, self.cards, self)
        layout = QVBoxLayout(self)
        self.row = self.edits.buttons()
        layout.addWidget(self.row)
        layout.addWidget(self.cards)
        session.clusters_changed.connect(self.draw)
        self.draw()

    def draw(self) -> None:
        images, model = self.session.images, self.session.model
        assert images is not None and model is not None
        order = tuple(range(model.n_clusters))
        drawn = ConsensusPainter(images.grid).draw(model, order, self.session.gene_labels)
        if drawn is not None:
            self.cards.show_cards(drawn[0], model.clusters)

    def button(self, text: str) -> QPushButton:
        (found,) = [each for each in self.row.findChildren(QPushButton) if each.text() == text]
        return found

    def entry(self, text: str) -> None:
        (found,) = [each for each in self.edits.menu().actions() if each.text() == text]
        found.trigger()


@pytest.fixture
def dock(
    session: Session, dataset: Dataset, images: SGEPImages, result: Result, qtbot: QtBot
) -> Dock:
    # Of the first cluster's genes one lies opposite to the others.
    result.embedding[[0, 3, 6]] = [[1, 0, 0, 0], [-1, 0, 0, 0], [1, 0.1, 0, 0]]
    session.open(dataset, images, result)
    dock = Dock(session)
    qtbot.addWidget(dock)
    dock.resize(400, 400)
    with qtbot.waitExposed(dock):
        dock.show()
    dock.activateWindow()
    qtbot.waitUntil(dock.isActiveWindow)
    dock.cards.setFocus()
    return dock


def names(session: Session) -> tuple[str, ...]:
    assert session.clusters is not None
    return session.clusters.names


def test_what_is_possible_depends_on_what_is_chosen(dock: Dock) -> None:
    edits = dock.edits
    every = (edits.rename, edits.colour, edits.merge, edits.split, edits.hide)
    for chosen, possible in (
        ([], [False] * 5),
        ([1], [True, True, False, True, True]),
        ([0, 2], [False, False, True, False, True]),
    ):
        dock.cards.choose(chosen)
        assert [action.isEnabled() for action in every] == possible
        assert all(action.toolTip() for action in every)
    assert dock.button("Merge").toolTip() == "Make the chosen clusters one (M)"
    dock.cards.choose([])
    assert "Choose two clusters first" in dock.button("Merge").toolTip()


def test_merging_by_key_keeps_the_largest_ones_name(
    dock: Dock, session: Session, result: Result, qtbot: QtBot
) -> None:
    assert session.clusters is not None
    session.edit("move", type(session.clusters)(np.roll(result.membership, 1, axis=1)))
    dock.cards.choose([0, 2])
    qtbot.keyClick(dock.cards, Qt.Key.Key_M)
    assert session.can_undo == "merge 1 and 3" and names(session) == ("1", "2")
    assert dock.cards.chosen == [0]
    assert [card.n_genes for card in dock.cards.cards()] == [6, 3]
    session.undo()
    assert [card.n_genes for card in dock.cards.cards()] == [3, 3, 3]


def test_splitting_parts_the_genes_that_differ(dock: Dock, session: Session, qtbot: QtBot) -> None:
    dock.cards.choose([0])
    qtbot.mouseClick(dock.button("Split"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: session.can_undo == "split 1")
    assert names(session) == ("1", "1 (2)", "2", "3")
    assert [session.cluster_of(gene) for gene in (0, 3, 6)] == [0, 1, 0]
    assert dock.cards.chosen == [0]


def test_a_cluster_that_cannot_be_split_says_so(
    dock: Dock, session: Session, qtbot: QtBot, notifications: list[Notification]
) -> None:
    assert session.model is not None and session.model.embedding is not None
    session.model.embedding[[1, 4, 7]] = 1.0
    dock.cards.choose([1])
    dock.edits.split.trigger()
    qtbot.waitUntil(lambda: len(notifications) > 0)
    assert notifications[0].message.startswith("Cluster 2 cannot be split")
    assert not session.edited


def test_hiding_and_showing(dock: Dock, session: Session, qtbot: QtBot) -> None:
    dock.cards.choose([0, 2])
    qtbot.mouseClick(dock.button("Hide"), Qt.MouseButton.LeftButton)
    assert session.model is not None and session.model.hidden == {0, 2}
    assert session.can_undo == "hide 1 and 3"
    assert [card.hidden for card in dock.cards.cards()] == [True, False, True]
    qtbot.mouseClick(dock.button("Show"), Qt.MouseButton.LeftButton)
    assert not session.model.hidden and dock.button("Hide").isEnabled()
    session.undo()
    dock.entry("Show all clusters")
    assert not session.model.hidden and not dock.edits.show_all.isEnabled()


def test_recolouring(
    dock: Dock, session: Session, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    asked: list[str] = []

    def choose(before: QColor, parent: QWidget, title: str) -> QColor:
        asked.append(title)
        return answer

    monkeypatch.setattr(QColorDialog, "getColor", choose)
    dock.cards.choose([1])
    answer = QColor()  # cancelled
    dock.edits.colour.trigger()
    assert not session.edited
    answer = QColor("#FF8800")
    dock.edits.colour.trigger()
    assert asked == ["Colour of cluster 2"] * 2
    assert dock.cards.cards()[1].colour == "#ff8800" == session.clusters.colours[1]


def test_a_name_that_is_taken_is_refused(
    dock: Dock, session: Session, notifications: list[Notification]
) -> None:
    dock.cards.renamed.emit(0, "3")
    (told,) = notifications
    assert told.message.startswith("Another cluster is called 3 already")
    assert not session.edited and names(session)[0] == "1"
    dock.cards.renamed.emit(0, " grey  matter ")
    assert session.can_undo == "rename 1 to grey matter"
    assert dock.cards.cards()[0].name == "grey matter"


def test_the_menu_goes_to_typical_genes_and_selects_all(dock: Dock, session: Session) -> None:
    dock.cards.choose([1])
    labels = [action.text() for action in dock.edits.menu().actions()]
    typical = dock.cards.cards()[1].typical
    assert [label for label in labels if label.startswith("Go to")] == [
        f"Go to Gene{each.gene}" for each in typical
    ]
    dock.entry(f"Go to Gene{typical[2].gene}")
    assert session.gene == typical[2].gene
    dock.entry("Show their genes only")
    assert session.selection.tolist() == [1, 4, 7] and session.only_selected


def test_all_edits_can_be_discarded_at_once(dock: Dock, session: Session) -> None:
    assert not dock.edits.discard.isEnabled()
    dock.cards.renamed.emit(0, "x")
    dock.cards.renamed.emit(1, "y")
    dock.entry("Discard all edits")
    assert names(session) == ("1", "2", "3") and not session.edited
    session.undo()
    assert names(session) == ("x", "y", "3")


def test_while_training_runs_nothing_can_be_edited(
    dock: Dock, session: Session, result: Result
) -> None:
    session.begin()
    session.receive(Started("cpu", np.arange(9)))
    session.receive(Memberships("joint", result.membership))
    dock.cards.choose([0, 1])
    for text in ("Rename", "Colour", "Merge", "Split", "Hide"):
        button = dock.button(text)
        assert not button.isEnabled() and "once training has ended" in button.toolTip()
    session.cancel()
    assert dock.button("Merge").isEnabled()


def test_no_button_is_cut_in_a_narrow_dock(dock: Dock, qtbot: QtBot) -> None:
    for width in (200, 280, 340):
        dock.resize(width, 400)
        qtbot.wait(20)  # the row's height follows its width
        for button in dock.row.findChildren(QPushButton):
            assert button.width() >= button.sizeHint().width()
            assert dock.row.rect().contains(button.geometry())
