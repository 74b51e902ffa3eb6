"""The keys that take back what was done, in every dock where something can be done."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject
from qtpy.QtGui import QKeyEvent, QKeySequence
from qtpy.QtWidgets import QWidget

from napari_darlc.event_filters import while_whole
from napari_darlc.session.session import Session

#: Those of every platform, whichever this one is; Qt writes Ctrl for the command key of a Mac.
UNDO = (QKeySequence("Ctrl+Z"),)
REDO = (QKeySequence("Ctrl+Shift+Z"), QKeySequence("Ctrl+Y"))


class HistoryKeys(QObject):
    """Undo and redo of a session by key, wherever in a dock the focus is.

    Napari has given Ctrl+Y away in the whole window, and of two shortcuts of one key Qt takes
    neither. A key that the dock claims before it becomes a shortcut comes to it alone; fields that
    are typed into claim it earlier.

    Parameters
    ----------
    session
        Whose history.
    dock
        Where the keys work.
    """

    def __init__(self, session: Session, dock: QWidget) -> None:
        super().__init__(dock)
        self._session = session
        dock.installEventFilter(self)

    @while_whole
    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Claim the keys, and do what they ask for."""
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
