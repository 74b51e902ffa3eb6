"""The line that says what is being done while a dataset is opened."""

from __future__ import annotations

from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_darlc.session.session import Session
from napari_darlc.widgets.common.opening_line import OpeningLine
from napari_darlc.widgets.train.dataset_summary import DatasetSummary


def test_it_is_there_while_something_is_opened(qtbot: QtBot) -> None:
    session, dock = Session(), QWidget()
    qtbot.addWidget(dock)
    line, summary = OpeningLine(session), DatasetSummary(session)
    layout = QVBoxLayout(dock)
    layout.addWidget(line)
    layout.addWidget(summary)
    dock.show()
    assert not line.isVisible() and "Drop a Visium folder" in summary.facts.text()
    session.opening = "Opening cortex: reading the file …"
    assert line.isVisible() and line.label.text() == "Opening cortex: reading the file …"
    assert "Opening" not in summary.facts.text(), "it is said once"
    session.opening = ""
    assert not line.isVisible() and "Drop a Visium folder" in summary.facts.text()


def test_a_line_that_comes_later_says_so_too(qtbot: QtBot) -> None:
    session = Session()
    session.opening = "Opening cortex …"
    line = OpeningLine(session)
    qtbot.addWidget(line)
    assert not line.isHidden() and line.label.text() == "Opening cortex …"
