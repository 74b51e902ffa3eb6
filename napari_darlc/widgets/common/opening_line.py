"""A line that says what is being done while a dataset is opened."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QSizePolicy, QVBoxLayout, QWidget
from superqt import QElidingLabel

from napari_darlc.session.session import Session
from napari_darlc.widgets.common.following import follow
from napari_darlc.widgets.common.style import ACCENT


class OpeningLine(QWidget):
    """A sentence; takes no room while nothing is opened.

    Without a bar that moves: napari's own sign of activity does, and with every movement the whole
    window is painted, canvas and all.

    Parameters
    ----------
    session
        What is being opened in it.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.said = QElidingLabel()
        self.said.setElideMode(Qt.TextElideMode.ElideMiddle)
        self.said.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.said.setStyleSheet(f"border-left: 3px solid {ACCENT}; padding: 2px 6px;")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 2)
        layout.addWidget(self.said)
        follow(self, (session.opening_changed, self._say))
        self._say(session.opening)

    def _say(self, sentence: str) -> None:
        self.said.setText(sentence)
        self.said.setToolTip(sentence)
        self.setVisible(bool(sentence))
