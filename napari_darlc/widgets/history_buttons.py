"""The buttons and keys that take back what was done, and say what that is."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtGui import QAction, QKeySequence, QResizeEvent
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from napari_darlc.session import Session
from napari_darlc.widgets.following import follow


class HistoryButtons(QWidget):
    """Undo and redo of a session; their keys work wherever in the dock the focus is.

    Parameters
    ----------
    session
        Whose history.
    dock
        Where the keys work.
    """

    def __init__(self, session: Session, dock: QWidget) -> None:
        super().__init__()
        self._session = session
        self.undo = _Button("Undo", QKeySequence.StandardKey.Undo, dock)
        self.redo = _Button("Redo", QKeySequence.StandardKey.Redo, dock)
        self.undo.action_.triggered.connect(session.undo)
        self.redo.action_.triggered.connect(session.redo)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.undo, 1)
        row.addWidget(self.redo, 1)
        follow(self, (session.history_changed, self._refresh))
        self._refresh()

    def _refresh(self) -> None:
        self.undo.tell(self._session.can_undo)
        self.redo.tell(self._session.can_redo)


class _Button(QPushButton):
    """A button that says what it would do, as far as there is room for it."""

    def __init__(self, verb: str, key: QKeySequence.StandardKey, dock: QWidget) -> None:
        super().__init__()
        self._verb, self._step = verb, ""
        self.action_ = QAction(verb, dock)
        self.action_.setShortcuts(key)
        self.action_.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        dock.addAction(self.action_)
        self.clicked.connect(self.action_.trigger)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._keys = self.action_.shortcut().toString(QKeySequence.SequenceFormat.NativeText)

    def tell(self, step: str) -> None:
        """Say what would be done; an empty step disables the button."""
        self._step = step
        self.action_.setEnabled(bool(step))
        self.setEnabled(bool(step))
        said = f"{self._verb}: {step}" if step else f"There is nothing to {self._verb.lower()}"
        self.setToolTip(f"{said} ({self._keys})")
        self.setAccessibleName(said)
        self._elide()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Say as much as there is room for."""
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        text = f"{self._verb}: {self._step}" if self._step else self._verb
        room = self.width() - 16
        self.setText(self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room))
