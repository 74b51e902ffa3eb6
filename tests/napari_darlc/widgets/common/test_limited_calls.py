"""A view refreshes seldom while it is asked to often, shows the last state, and ends with it."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QWidget

from napari_darlc.widgets.common.limited_calls import debounced, throttled

INTERVAL = 40


class View(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.state = 0
        #: What it showed, one after another.
        self.shown: list[int] = []

    def refresh(self) -> None:
        self.shown.append(self.state)


def test_throttled_shows_the_first_state_at_once_and_the_last_one_later(qtbot: QtBot) -> None:
    view = View()
    qtbot.addWidget(view)
    refresh = throttled(view, view.refresh, INTERVAL)
    for view.state in range(1, 6):
        refresh.throttle()
    assert view.shown == [1]
    qtbot.waitUntil(lambda: len(view.shown) > 1)
    qtbot.wait(3 * INTERVAL)
    assert view.shown == [1, 5]


def test_debounced_shows_the_last_state_only(qtbot: QtBot) -> None:
    view = View()
    qtbot.addWidget(view)
    refresh = debounced(view, view.refresh, INTERVAL)
    for view.state in range(1, 6):
        refresh.throttle()
    assert view.shown == []
    qtbot.waitUntil(lambda: bool(view.shown))
    qtbot.wait(3 * INTERVAL)
    assert view.shown == [5]


@pytest.mark.parametrize("limited", [throttled, debounced])
def test_a_view_that_is_gone_is_not_refreshed(qtbot: QtBot, limited: object) -> None:
    assert callable(limited)
    view = View()
    refresh = limited(view, view.refresh, INTERVAL)
    refresh.throttle()
    refresh.throttle()
    shown = list(view.shown)
    with qtbot.waitSignal(view.destroyed):
        view.deleteLater()
    qtbot.wait(3 * INTERVAL)
    assert view.shown == shown
