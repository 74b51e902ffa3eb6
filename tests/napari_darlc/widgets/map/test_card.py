"""The card beside the mouse."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint
from qtpy.QtWidgets import QWidget

from darlc.results.result import Result
from napari_darlc.session.session import Session
from napari_darlc.widgets.map.card import GeneCard

Learn = Callable[[Session, Result], None]


@pytest.fixture
def card(session: Session, qtbot: QtBot) -> Iterator[GeneCard]:
    room = QWidget()
    qtbot.addWidget(room)
    room.resize(300, 300)
    room.show()
    yield GeneCard(session, room)
    room.close()


def drawn(card: GeneCard) -> bool:
    picture = card.picture.pixmap().toImage()
    return any(
        picture.pixelColor(x, y).alpha() > 0
        for x in range(0, picture.width(), 5)
        for y in range(0, picture.height(), 5)
    )


def test_name_and_raw_view_before_a_model(card: GeneCard, qtbot: QtBot) -> None:
    card.show_gene(4, QPoint(20, 20))
    assert card.isVisible()
    assert card.text.text() == "Gene4\nraw view"
    qtbot.waitUntil(lambda: drawn(card))
    card.show_gene(-1, QPoint())
    assert not card.isVisible()


def test_cluster_and_denoised_view(
    card: GeneCard, session: Session, result: Result, learn: Learn, qtbot: QtBot
) -> None:
    card.show_gene(4, QPoint(20, 20))
    qtbot.waitUntil(lambda: drawn(card))
    raw = card.picture.pixmap().toImage()
    learn(session, result)
    card.show_gene(-1, QPoint())
    card.show_gene(4, QPoint(20, 20))
    assert card.text.text() == "Gene4\ncluster 2\nconfidence 0.80\ndenoised view"
    assert not drawn(card)  # the old picture must not stand over the new words
    qtbot.waitUntil(lambda: drawn(card))
    assert card.picture.pixmap().toImage() != raw
    card.show_gene(10, QPoint(20, 20))
    assert card.text.text() == "Gene10\nanswered when training ends\nraw view"


@pytest.mark.parametrize("at", [(5, 5), (295, 5), (295, 295), (150, 290)])
def test_it_stays_on_the_canvas_and_off_the_mouse(
    card: GeneCard, at: tuple[int, int], qtbot: QtBot
) -> None:
    card.show_gene(4, QPoint(*at))
    qtbot.waitUntil(lambda: drawn(card))
    room = card.parentWidget()
    assert room is not None
    assert room.rect().contains(card.geometry())
    assert not card.geometry().contains(QPoint(*at))
