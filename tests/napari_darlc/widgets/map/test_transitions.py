"""The way of points to other places."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QObject

from napari_darlc.widgets.map.transitions import Transition

START = np.array([[0, 0], [1, 1]], dtype=np.float32)
GOAL = np.array([[2, 0], [1, 5]], dtype=np.float32)


@pytest.fixture
def travel(qapp: object) -> Iterator[Transition]:
    owner = QObject()
    yield Transition(owner)
    owner.deleteLater()


def places(travel: Transition) -> list[NDArray[np.float32]]:
    seen: list[NDArray[np.float32]] = []
    travel.moved.connect(seen.append)
    return seen


def test_from_start_to_goal_and_never_back(travel: Transition, qtbot: QtBot) -> None:
    seen = places(travel)
    travel.begin(START, GOAL)
    assert travel.active
    np.testing.assert_array_equal(seen[0], START)
    qtbot.waitUntil(lambda: not travel.active)
    np.testing.assert_array_equal(seen[-1], GOAL)
    np.testing.assert_array_equal(travel.goal, GOAL)
    way = np.array([points[0, 0] for points in seen])
    assert (np.diff(way) >= 0).all()
    for points in seen:  # all points are equally far
        assert points[1, 1] - 1 == pytest.approx(2 * points[0, 0], abs=1e-5)


def test_who_is_there_already_does_not_travel(travel: Transition) -> None:
    seen = places(travel)
    travel.begin(GOAL, GOAL)
    assert not travel.active and len(seen) == 1


def test_a_new_goal_ends_the_old_journey(travel: Transition, qtbot: QtBot) -> None:
    travel.begin(START, GOAL)
    seen = places(travel)
    travel.begin(START[:0], GOAL[:0])
    qtbot.wait(60)
    assert [len(points) for points in seen] == [0]
