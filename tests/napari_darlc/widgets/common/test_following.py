"""Connections end with the widget."""

from __future__ import annotations

import gc

from psygnal import Signal
from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_darlc.widgets.common.following import follow


class Source:
    changed = Signal()


class Follower(QWidget):
    def __init__(self, source: Source) -> None:
        super().__init__()
        self.source, self.heard = source, 0
        follow(self, (source.changed, self.hear))

    def hear(self) -> None:
        self.heard += 1


def test_a_widget_that_is_gone_hears_nothing(qtbot: QtBot) -> None:
    source = Source()
    widget = Follower(source)
    source.changed.emit()
    assert widget.heard == 1
    with qtbot.waitSignal(widget.destroyed):
        widget.deleteLater()
    source.changed.emit()
    assert widget.heard == 1 and len(source.changed) == 0


def test_widgets_may_be_collected_with_what_they_follow(qtbot: QtBot) -> None:
    source = Source()
    dock = Follower(source)
    layout = QVBoxLayout(dock)
    layout.addWidget(Follower(source))
    # A ring that only the collector ends, and younger than the connections: it is taken apart when
    # these have been already, and only then are the widgets destroyed.
    ring: list[object] = [dock]
    ring.append(ring)
    del source, dock, layout, ring
    gc.collect()
