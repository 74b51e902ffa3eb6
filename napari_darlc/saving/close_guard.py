"""Ask the user before unsaved work is lost."""

from __future__ import annotations

from collections.abc import Callable
from weakref import ref

from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QAbstractButton, QMessageBox, QWidget

from napari_darlc.event_filters import while_whole
from napari_darlc.napari_private.windows import go_on_closing
from napari_darlc.saving.questions import open_question
from napari_darlc.saving.writing import ask_where, save_result
from napari_darlc.session.session import Session


def would_be_lost(session: Session) -> tuple[str, ...]:
    """Return sentences on what would be lost by opening another dataset or closing the window."""
    sentences = []
    name = "dataset" if session.dataset is None else session.dataset.name
    if session.running:
        sentences.append(f"Training on {name} is running, and what it has learned would be lost.")
    if session.unsaved:
        what = "edited clusters" if session.edited else "clusters"
        sentences.append(f"The {what} of {name} are not saved yet.")
    return tuple(sentences)


def ask_before(
    parent: QWidget | None, session: Session, deed: str, go: Callable[[], None]
) -> QMessageBox | None:
    """Do something that replaces the session's content, after confirmation by the user.

    Returns at once: the window stays usable while the dialog is open.

    Parameters
    ----------
    parent
        Parent of the dialog; without one, it is done without confirmation.
    session
        Session that may be lost.
    deed
        What will be done, as a question: ``"Close the window?"``.
    go
        Does it: at once where nothing would be lost, else after the user saved or discarded.

    Returns
    -------
    QMessageBox or None
        The open dialog; None where there is none.
    """
    sentences = would_be_lost(session)
    if parent is None or not sentences:
        go()
        return None
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle("napari-darlc")
    box.setText(" ".join(sentences))
    box.setInformativeText(deed)
    save = None
    if session.unsaved:
        save = box.addButton("Save …", QMessageBox.ButtonRole.AcceptRole)
    discard = box.addButton(
        "Discard" if session.unsaved else "Stop training", QMessageBox.ButtonRole.DestructiveRole
    )
    cancel = box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(save or cancel)
    box.setEscapeButton(cancel)

    def decide(clicked: QAbstractButton | None) -> None:
        if clicked is discard:
            go()
        elif save is not None and clicked is save and (path := ask_where(parent, session)):
            save_result(session, path, then=go)

    open_question(box, decide)
    return box


class CloseGuard(QObject):
    """Keeps a window open until the user has decided about unsaved work.

    A window that a script closes is closed without a dialog.

    Parameters
    ----------
    window
        The window; the guard ends with it.
    canvas
        The part of the window that is hidden first when a script closes it.
    session
        Session that may be lost.
    """

    def __init__(self, window: QWidget, canvas: QWidget, session: Session) -> None:
        super().__init__(window)
        # Weak, so that a file that is being written does not keep a closed window in memory.
        self._window, self._canvas = ref(window), ref(canvas)
        self._session = session
        self._agreed = False
        self._question: QMessageBox | None = None
        window.installEventFilter(self)

    @while_whole
    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Ignore a request to close while work would be lost."""
        window, canvas = self._window(), self._canvas()
        if event is None or event.type() != QEvent.Type.Close or watched is not window:
            return False
        if self._agreed or canvas is None or canvas.isHidden() or not would_be_lost(self._session):
            return False
        event.ignore()
        if self._question is None:
            self._question = ask_before(window, self._session, "Close the window?", self._close)
            if self._question is not None:
                self._question.finished.connect(self._on_answer)
        return True

    def _on_answer(self, _how: int) -> None:
        self._question = None

    def _close(self) -> None:
        if (window := self._window()) is None:
            return
        self._agreed = True
        go_on_closing(window)
