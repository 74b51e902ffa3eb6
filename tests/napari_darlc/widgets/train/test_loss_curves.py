"""Loss curves: what is drawn after each epoch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QWidget

from darlc.events import Losses
from napari_darlc.widgets.train.loss_curves import LossCurves


@pytest.fixture
def curves(qtbot: QtBot) -> LossCurves:
    """Return curves of a stage that is over and of one that runs."""
    curves = LossCurves()
    qtbot.addWidget(curves)
    for epoch in range(3):
        curves.add(Losses("pretrain", epoch, {"total": 3.0 - epoch}))
    for epoch, total in enumerate((4.0, 1.0, 2.0)):
        curves.add(Losses("joint", epoch, {"kl": -total, "total": total, "masked": 1.0}))
    curves.resize(320, 200)
    curves.show()
    return curves


def test_nothing_is_shown_before_the_first_epoch(qtbot: QtBot) -> None:
    curves = LossCurves()
    qtbot.addWidget(curves)
    assert curves.isHidden()


def test_the_running_stage_is_shown(curves: LossCurves) -> None:
    assert curves.stage == "joint"
    assert curves.names() == ("total", "kl", "masked")
    assert curves.values("joint", "total").tolist() == [4.0, 1.0, 2.0]
    np.testing.assert_allclose(curves.line("total"), [[0, 1], [0.5, 0], [1, 1 / 3]])
    np.testing.assert_allclose(curves.line("kl")[:, 1], [0, 1, 2 / 3])
    np.testing.assert_allclose(curves.line("masked")[:, 1], 0.5)


def test_an_epoch_more_is_a_point_more(curves: LossCurves) -> None:
    curves.add(Losses("joint", 3, {"kl": -1.0, "total": 0.5, "masked": 1.0}))
    assert len(curves.line("total")) == 4
    assert curves.line("total")[-1].tolist() == [1.0, 0.0]


def test_lines_are_drawn_in_the_legends_colours(
    curves: LossCurves, colours_of: Callable[[QWidget], Counter[str]]
) -> None:
    seen = colours_of(curves.canvas)
    assert seen["#33bbee"] > 20  # kl
    assert seen["#ee7733"] > 20  # masked
    curves.clear()
    assert colours_of(curves.canvas)["#33bbee"] == 0
    assert curves.isHidden()


def test_another_stage_can_be_looked_at_while_training_goes_on(
    curves: LossCurves, qtbot: QtBot
) -> None:
    qtbot.mouseClick(curves.tabs["pretrain"], Qt.MouseButton.LeftButton)
    curves.add(Losses("joint", 3, {"kl": -1.0, "total": 0.5, "masked": 1.0}))
    assert curves.stage == "pretrain"
    assert curves.names() == ("total",)
    qtbot.mouseClick(curves.tabs["joint"], Qt.MouseButton.LeftButton)
    assert len(curves.line("total")) == 4


def test_a_loss_that_sets_in_later_starts_later(curves: LossCurves) -> None:
    curves.add(Losses("joint", 3, {"kl": 0.0, "total": 0.5, "masked": 1.0, "balance": 2.0}))
    assert curves.line("balance").tolist() == [[1.0, 0.5]]
    assert "balance" in curves.names()


def test_the_history_of_a_result(curves: LossCurves) -> None:
    curves.set_history({"denoise/total": np.array([2.0, 1.0]), "joint/total": np.array([3.0])})
    assert list(curves.tabs) == ["denoise", "joint"]
    assert curves.stage == "joint"
    assert curves.values("denoise", "total").tolist() == [2.0, 1.0]


def test_stages_stand_in_their_order(curves: LossCurves) -> None:
    curves.set_history({f"{stage}/total": np.ones(2) for stage in ("denoise", "joint", "pretrain")})
    placed = sorted(curves.tabs, key=lambda stage: curves.tabs[stage].x())
    assert placed == ["denoise", "pretrain", "joint"]


@pytest.mark.parametrize(
    ("epochs", "ticks"),
    [(1, ["1"]), (4, ["1", "2", "3", "4"]), (12, ["2", "4", "6", "8", "10", "12"]),
     (70, ["20", "40", "60"])],
)  # fmt: skip
def test_epochs_are_numbered(epochs: int, ticks: list[str], qtbot: QtBot) -> None:
    curves = LossCurves()
    qtbot.addWidget(curves)
    curves.set_history({"joint/total": np.arange(epochs, dtype=float)})
    assert list(curves.canvas.ticks) == ticks
    curves.clear()
    assert curves.canvas.ticks == ()


def test_words_stand_beside_the_curves(curves: LossCurves) -> None:
    ground, words = curves.canvas, curves.canvas.fontMetrics()
    ((left, foot), (right, top)) = ground.place(np.array([[0.0, 0.0], [1.0, 1.0]]))
    assert left > words.horizontalAdvance("epoch") and right < ground.width()
    assert foot + words.height() < ground.height() and top > 0
