"""Cards are chosen, clicked and renamed with mouse and keyboard."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QEvent, QPoint, QRect, Qt
from qtpy.QtGui import QColor, QContextMenuEvent, QHelpEvent, QImage
from qtpy.QtWidgets import QApplication, QLineEdit, QToolTip, QVBoxLayout, QWidget

from napari_darlc.widgets.consensus.card_delegate import Parts, parts_of
from napari_darlc.widgets.consensus.cards import ClusterCards
from napari_darlc.widgets.consensus.consensus_pictures import ClusterCard, TypicalGene

Control, Shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
Left = Qt.MouseButton.LeftButton


def picture(colour: str) -> QImage:
    image = QImage(20, 20, QImage.Format.Format_RGB32)
    image.fill(QColor(colour))
    return image


def card(cluster: int, name: str, n_genes: int = 5, hidden: bool = False) -> ClusterCard:
    genes = range(10 * cluster, 10 * cluster + 3)
    typical = tuple(TypicalGene(gene, f"Gene{gene}", picture("#00ff00")) for gene in genes)
    return ClusterCard(
        *(cluster, name, "#ff0000", n_genes, 2, 0.75, hidden, picture("#0000ff"), typical)
    )


CARDS = [card(2, "c"), card(0, "a"), card(1, "b")]


@pytest.fixture
def cards(qtbot: QtBot) -> ClusterCards:
    dock = QWidget()
    layout = QVBoxLayout(dock)
    cards = ClusterCards(dock)
    layout.addWidget(cards)
    qtbot.addWidget(dock)
    dock.resize(360, 500)
    with qtbot.waitExposed(dock):
        dock.show()
    cards.show_cards(CARDS)
    cards.set_editable(True)
    cards.kept = dock  # type: ignore[attr-defined]
    return cards


def parts(cards: ClusterCards, row: int) -> Parts:
    return parts_of(cards.visualRect(cards.model().index(row, 0)), 3, cards.fontMetrics().height())


def click(
    qtbot: QtBot,
    cards: ClusterCards,
    row: int,
    keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    qtbot.mouseClick(cards.viewport(), Left, keys, parts(cards, row).picture.center())


def test_a_click_is_on_one_card_and_ctrl_or_shift_choose_several(
    cards: ClusterCards, qtbot: QtBot
) -> None:
    clicked: list[int] = []
    cards.cluster_clicked.connect(clicked.append)
    click(qtbot, cards, 1)
    assert clicked == [0] and cards.chosen == [0]
    click(qtbot, cards, 2, Control)
    assert clicked == [0] and cards.chosen == [0, 1]
    click(qtbot, cards, 0, Shift)
    assert clicked == [0] and cards.chosen == [2, 0, 1]
    click(qtbot, cards, 1, Control)
    assert cards.chosen == [2, 1]
    cards.setCurrentIndex(cards.model().index(2, 0))
    qtbot.keyClick(cards, Qt.Key.Key_Return)
    assert clicked == [0, 1]


def test_a_typical_gene_is_clicked_without_choosing_its_card(
    cards: ClusterCards, qtbot: QtBot
) -> None:
    genes: list[int] = []
    cards.gene_clicked.connect(genes.append)
    qtbot.mouseClick(cards.viewport(), Left, pos=parts(cards, 2).genes[1].center())
    assert genes == [11] and cards.chosen == []


def test_a_typical_gene_is_named(cards: ClusterCards, qtbot: QtBot) -> None:
    where = parts(cards, 0).genes[2].center()
    viewport = cards.viewport()
    asked = QHelpEvent(QEvent.Type.ToolTip, where, viewport.mapToGlobal(where))
    QApplication.sendEvent(viewport, asked)
    assert QToolTip.text() == "Gene22: click to show it"


def test_the_choice_survives_other_cards(cards: ClusterCards) -> None:
    cards.choose([0])
    cards.show_cards([card(2, "c"), card(0, "renamed"), card(1, "b")])
    assert cards.chosen == [0] and cards.cards()[1].name == "renamed"
    # Where columns change their meaning, clusters are known by their names.
    cards.show_cards([card(1, "c"), card(0, "renamed")])
    assert cards.chosen == [0]
    cards.show_cards([card(0, "c"), card(1, "renamed"), card(2, "new")])
    assert cards.chosen == [1]


def test_a_name_is_edited_in_place(cards: ClusterCards, qtbot: QtBot) -> None:
    renamed: list[tuple[int, str]] = []
    clicked: list[int] = []
    cards.renamed.connect(lambda *what: renamed.append(what))
    cards.cluster_clicked.connect(clicked.append)
    cards.choose([0])
    cards.edit_name()
    line = cards.findChild(QLineEdit)
    assert line is not None and line.isVisible() and line.selectedText() == "a"
    qtbot.keyClicks(line, "white matter")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: renamed == [(0, "white matter")])
    assert cards.cards()[1].name == "a"  # until the session says otherwise
    assert clicked == []


def test_escape_and_the_same_name_change_nothing(cards: ClusterCards, qtbot: QtBot) -> None:
    renamed: list[tuple[int, str]] = []
    cards.renamed.connect(lambda *what: renamed.append(what))
    cards.choose([0])
    for key, typed in ((Qt.Key.Key_Escape, "b"), (Qt.Key.Key_Return, "a")):
        cards.edit_name()
        line = cards.findChildren(QLineEdit)[-1]
        qtbot.keyClicks(line, typed)
        qtbot.keyClick(line, key)
        qtbot.wait(10)
    assert renamed == []


def test_a_double_click_on_the_name_edits_the_name(cards: ClusterCards, qtbot: QtBot) -> None:
    clicked: list[int] = []
    cards.cluster_clicked.connect(clicked.append)
    where = parts(cards, 1).name.center()
    qtbot.mouseClick(cards.viewport(), Left, pos=where)
    qtbot.mouseDClick(cards.viewport(), Left, pos=where)
    assert cards.findChild(QLineEdit) is not None
    assert clicked == [0, 0]  # shown and hidden again: as it was


def test_names_are_not_edited_while_they_must_not(cards: ClusterCards) -> None:
    cards.set_editable(False)
    cards.choose([0])
    cards.edit_name()
    assert cards.findChild(QLineEdit) is None
    cards.set_editable(True)
    cards.choose([0, 1])
    cards.edit_name()
    assert cards.findChild(QLineEdit) is None


def test_a_menu_is_on_what_is_chosen_or_on_the_card_under_the_mouse(
    cards: ClusterCards, qtbot: QtBot
) -> None:
    cards.choose([0, 1])
    for row, chosen in ((1, [0, 1]), (0, [2])):
        with qtbot.waitSignal(cards.menu_wanted):
            ask_for_menu(cards, parts(cards, row).words.center())
        assert cards.chosen == chosen


def ask_for_menu(cards: ClusterCards, where: QPoint) -> None:
    viewport = cards.viewport()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, where, viewport.mapToGlobal(where))
    QApplication.sendEvent(viewport, event)


def test_cards_show_pattern_colour_and_genes(cards: ClusterCards) -> None:
    image, place = cards.viewport().grab().toImage(), parts(cards, 0)
    assert image.pixelColor(place.picture.center()).name() == "#0000ff"
    assert image.pixelColor(place.genes[0].center()).name() == "#00ff00"
    assert image.pixelColor(place.box.x() + 3, place.box.center().y()).name() == "#ff0000"


def test_a_hidden_cluster_is_faint_and_says_so(cards: ClusterCards) -> None:
    cards.show_cards([card(2, "c", hidden=True), *CARDS[1:]])
    image, place = cards.viewport().grab().toImage(), parts(cards, 0)
    assert image.pixelColor(place.picture.center()).name() != "#0000ff"


@pytest.mark.parametrize(("width", "shown"), [(290, 3), (250, 2), (160, 0)])
def test_a_narrow_card_has_fewer_genes_and_all_of_its_words(width: int, shown: int) -> None:
    place = parts_of(QRect(0, 0, width, 92), 3, 16)
    assert len(place.genes) == shown
    assert place.words.width() >= 60
    for one, other in zip(place.genes, place.genes[1:], strict=False):
        assert one.right() < other.left()
    assert all(place.box.contains(gene) for gene in place.genes)
    assert not any(place.words.intersects(gene) for gene in place.genes)
    assert not any(place.name.intersects(part) for part in (place.words, *place.genes))
    assert place.name.right() >= max(part.right() for part in (place.words, *place.genes))


def test_typical_genes_are_named_under_their_pictures(cards: ClusterCards) -> None:
    image, place = cards.viewport().grab().toImage(), parts(cards, 0).genes[0]
    across, under = range(place.left(), place.right()), range(place.bottom() - 12, place.bottom())
    seen = {image.pixelColor(x, y).name() for x in across for y in under}
    assert len(seen) > 5, "letters, smoothed"
