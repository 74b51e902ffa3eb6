"""The row that chooses a gene for a colour, on the screen."""

from __future__ import annotations

from pytestqt.qtbot import QtBot
from qtpy.QtCore import QStringListModel
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_darlc.canvas.comparison import Choice
from napari_darlc.session.session import Session
from napari_darlc.widgets.compare.gene_chooser import GeneChooser


def test_a_choice_is_a_gene_and_a_view(session: Session, qtbot: QtBot) -> None:
    chooser = GeneChooser(session, "pink", "#ff2090", QStringListModel(["Gene1", "Gene12"]))
    qtbot.addWidget(chooser)
    chooser.show()
    assert chooser.choice is None and chooser.gene.currentText() == "none"
    chooser.choose(None)
    assert chooser.choice == Choice() and chooser.gene.currentText() == "current gene"
    chooser.choose(3)
    chooser.view.setCurrentText("raw")
    assert chooser.choice == Choice(3, "raw") and chooser.gene.currentText() == "Gene3"


def test_every_part_has_a_tooltip(session: Session, qtbot: QtBot) -> None:
    chooser = GeneChooser(session, "pink", "#ff2090", QStringListModel([]))
    qtbot.addWidget(chooser)
    assert "pink" in chooser.gene.toolTip() and "raw one only" in chooser.view.toolTip()


def test_names_are_offered_in_the_docks_colours(session: Session, qtbot: QtBot) -> None:
    dock = QWidget()
    qtbot.addWidget(dock)
    dock.setStyleSheet("QWidget { color: #f0f0f0; background: #202020; }")
    names = QStringListModel(["Gene1", "Gene12"])
    chooser = GeneChooser(session, "pink", "#ff2090", names)
    QVBoxLayout(dock).addWidget(chooser)
    dock.show()
    completer = chooser.gene.completer()
    assert completer is not None
    offered = completer.popup()
    assert offered is not None
    completer.setCompletionPrefix("gene")
    completer.complete()
    qtbot.waitUntil(offered.isVisible)
    ground = offered.grab().toImage().pixelColor(offered.width() - 12, offered.height() - 4)
    assert ground.lightness() < 80
    offered.hide()
