"""A line with the progress of opening a dataset."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QSizePolicy, QVBoxLayout, QWidget
from superqt import QElidingLabel

from napari_darlc.session.session import Session
from napari_darlc.widgets.common.following import follow
from napari_darlc.widgets.common.style import ACCENT


class OpeningLine(QWidget):
    """A sentence; hidden while nothing is being opened.

    It has no moving bar, which would repaint the whole window with every movement; napari shows its
    own sign of activity.

    Parameters
    ----------
    session
        Session in which a dataset is opened.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.label = QElidingLabel()
        self.label.setElideMode(Qt.TextElideMode.ElideMiddle)
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.label.setStyleSheet(f"border-left: 3px solid {ACCENT}; padding: 2px 6px;")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 2)
        layout.addWidget(self.label)
        follow(self, (session.opening_changed, self._say))
        self._say(session.opening)

    def _say(self, sentence: str) -> None:
        self.label.setText(sentence)
        self.label.setToolTip(sentence)
        self.setVisible(bool(sentence))
