"""Undo and redo buttons, which show the step that they undo or redo."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence, QResizeEvent
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from napari_darlc.session.session import Session
from napari_darlc.widgets.common.following import follow
from napari_darlc.widgets.common.history_keys import REDO, UNDO, HistoryKeys

#: Free space left and right of a button's text, in pixels.
_MARGINS = 16


class HistoryButtons(QWidget):
    """Undo and redo of a session; their keys work everywhere in the dock.

    Parameters
    ----------
    session
        Session with the history.
    dock
        Dock in which the keys work.
    """

    def __init__(self, session: Session, dock: QWidget) -> None:
        super().__init__()
        self._session = session
        self.undo, self.redo = _Button("Undo", UNDO[0]), _Button("Redo", REDO[0])
        self.undo.clicked.connect(session.undo)
        self.redo.clicked.connect(session.redo)
        HistoryKeys(session, dock)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.undo, 1)
        row.addWidget(self.redo, 1)
        follow(self, (session.history_changed, self._refresh))
        self._refresh()

    def _refresh(self) -> None:
        self.undo.show_step(self._session.can_undo)
        self.redo.show_step(self._session.can_redo)


class _Button(QPushButton):
    """A button with the description of its step, shortened to its width."""

    def __init__(self, verb: str, key: QKeySequence) -> None:
        super().__init__()
        self._verb, self._step = verb, ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        # The verb can always be read.
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance(f"{verb}…") + _MARGINS)
        self._key = key.toString(QKeySequence.SequenceFormat.NativeText)

    def show_step(self, step: str) -> None:
        """Show a step; an empty one disables the button."""
        self._step = step
        self.setEnabled(bool(step))
        said = f"{self._verb}: {step}" if step else f"There is nothing to {self._verb.lower()}"
        self.setToolTip(f"{said} ({self._key})")
        self.setAccessibleName(said)
        self._elide()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Shorten the text to the new width."""
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        text = f"{self._verb}: {self._step}" if self._step else self._verb
        room = self.width() - _MARGINS
        shown = self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room)
        self.setText(shown if shown.startswith(self._verb) else f"{self._verb}…")
