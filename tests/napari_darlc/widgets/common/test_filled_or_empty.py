"""A dock shows what there is, or says what to do."""

from __future__ import annotations

from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QLabel, QWidget

from napari_darlc.widgets.common.filled_or_empty import FilledOrEmpty
from napari_darlc.widgets.common.style import NO_DATASET


def test_one_of_the_two_is_seen(qtbot: QtBot) -> None:
    dock, filled = QWidget(), QLabel("genes")
    qtbot.addWidget(dock)
    pages = FilledOrEmpty(dock, filled)
    dock.show()
    assert pages.empty.isVisible() and pages.empty.text() == NO_DATASET and not filled.isVisible()
    pages.fill()
    assert filled.isVisible() and not pages.empty.isVisible()
    pages.say("Press Train.")
    assert pages.empty.isVisible() and pages.empty.text() == "Press Train."
    assert not filled.isVisible()
