"""Before work that no file holds would be lost, the user is asked."""

from __future__ import annotations

from collections.abc import Callable
from weakref import ref

from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QMessageBox, QWidget

from napari_darlc.event_filters import while_whole
from napari_darlc.napari_private.windows import go_on_closing
from napari_darlc.saving.writing import ask_where, save_result
from napari_darlc.session.session import Session


def at_stake(session: Session) -> tuple[str, ...]:
    """Return, in sentences, what another dataset or the end of the window would destroy."""
    sentences = []
    name = "dataset" if session.dataset is None else session.dataset.name
    if session.running:
        sentences.append(f"Training on {name} is running, and what it has learned would be lost.")
    if session.unsaved:
        what = "edited clusters" if session.edited else "clusters"
        sentences.append(f"The {what} of {name} are in no file yet.")
    return tuple(sentences)


def ask_before(
    parent: QWidget | None, session: Session, deed: str, go: Callable[[], None]
) -> QMessageBox | None:
    """Do something that ends the session as it is, once the user agrees.

    Returns at once: the window lives on while the question is open.

    Parameters
    ----------
    parent
        The window that asks; without one there is nobody to ask, and it is done.
    session
        What would be lost.
    deed
        What is about to be done, as a question: ``"Close the window?"``.
    go
        Does it: at once where nothing is at stake, else after the user saved or gave up.

    Returns
    -------
    QMessageBox or None
        The open question; None where there is none.
    """
    sentences = at_stake(session)
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

    def decide() -> None:
        clicked = box.clickedButton()
        box.deleteLater()
        if clicked is discard:
            go()
        elif save is not None and clicked is save and (path := ask_where(parent, session)):
            save_result(session, path, then=go)

    box.finished.connect(decide)
    box.open()
    return box


class CloseGuard(QObject):
    """Keeps a window open until the user has said what becomes of unsaved work.

    A window that a script closes is closed without a question.

    Parameters
    ----------
    window
        Its end is the guard's.
    canvas
        The part of the window that a script's closing hides first.
    session
        What would be lost.
    """

    def __init__(self, window: QWidget, canvas: QWidget, session: Session) -> None:
        super().__init__(window)
        # Weakly: a file that is still being written must not keep a closed window in memory.
        self._window, self._canvas = ref(window), ref(canvas)
        self._session = session
        self._agreed = False
        self._question: QMessageBox | None = None
        window.installEventFilter(self)

    @while_whole
    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Hold a closing back while there is something to ask."""
        window, canvas = self._window(), self._canvas()
        if event is None or event.type() != QEvent.Type.Close or watched is not window:
            return False
        if self._agreed or canvas is None or canvas.isHidden() or not at_stake(self._session):
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
