"""Keys for undo and redo, in docks with undoable actions."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject
from qtpy.QtGui import QKeyEvent, QKeySequence
from qtpy.QtWidgets import QWidget

from napari_darlc.event_filters import while_whole
from napari_darlc.session.session import Session

#: Keys of all platforms; Qt's Ctrl is the command key on a Mac.
UNDO = (QKeySequence("Ctrl+Z"),)
REDO = (QKeySequence("Ctrl+Shift+Z"), QKeySequence("Ctrl+Y"))


class HistoryKeys(QObject):
    """Undo and redo of a session by key, everywhere in a dock.

    napari uses Ctrl+Y in the whole window, and Qt ignores ambiguous shortcuts. The dock overrides
    the key before it becomes a shortcut; text fields do so earlier.

    Parameters
    ----------
    session
        Session with the history.
    dock
        Dock in which the keys work.
    """

    def __init__(self, session: Session, dock: QWidget) -> None:
        super().__init__(dock)
        self._session = session
        dock.installEventFilter(self)

    @while_whole
    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Override the shortcuts, and handle the keys."""
        claimed = QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress
        if not isinstance(event, QKeyEvent) or event.type() not in claimed:
            return super().eventFilter(watched, event)
        pressed = QKeySequence(event.keyCombination())
        for keys, take in ((UNDO, self._session.undo), (REDO, self._session.redo)):
            if pressed in keys:
                event.accept()
                if event.type() == QEvent.Type.KeyPress:
                    take()
                return True
        return super().eventFilter(watched, event)
