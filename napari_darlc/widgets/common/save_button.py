"""The buttons that save the result and write its report, and a label with the saved state."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QBoxLayout, QHBoxLayout, QPushButton, QSizePolicy, QWidget
from superqt import QElidingLabel

from napari_darlc.opening.chosen_collections import chosen_collections
from napari_darlc.saving.report import ask_write_report
from napari_darlc.saving.writing import ask_where, save_result
from napari_darlc.session.session import Session
from napari_darlc.widgets.common.following import follow
from napari_darlc.widgets.common.style import UNSAVED


class _ResultButton(QPushButton):
    """Does something with the session's result, once there is one.

    Parameters
    ----------
    session
        Session with the result.
    text
        Of the button.
    tip, otherwise
        What it does, and why it does nothing yet.
    """

    def __init__(self, session: Session, text: str, tip: str, otherwise: str) -> None:
        super().__init__(text)
        self._session, self._tips = session, (tip, otherwise)
        self.clicked.connect(self._on_clicked)
        follow(
            self,
            (session.result_changed, self._refresh),
            (session.dataset_changed, self._refresh),
            (session.clusters_changed, self._refresh),
            (session.state_changed, self._refresh),
        )
        self._refresh()

    @property
    def _ready(self) -> bool:
        raise NotImplementedError

    def _refresh(self) -> None:
        tip, otherwise = self._tips
        self.setEnabled(self._ready)
        self.setToolTip(tip if self._ready else otherwise)

    def _on_clicked(self) -> None:
        raise NotImplementedError


class SaveButton(_ResultButton):
    """Asks for a file name and saves the session's result.

    Parameters
    ----------
    session
        Session with the result.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(
            session,
            "Save result …",
            "Write dataset and result to a new .h5ad or .zarr file",
            "There is no result to save yet: train first",
        )

    @property
    def _ready(self) -> bool:
        return self._session.result is not None and self._session.state == "ready"

    def _on_clicked(self) -> None:
        if self._session.result is not None and (path := ask_where(self, self._session)):
            save_result(self._session, path)


class ReportButton(_ResultButton):
    """Asks for a file name and writes the page for a browser.

    Parameters
    ----------
    session
        Session with the result.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(
            session,
            "Write report …",
            "Write one page in which a browser walks through the genes, without Python or network",
            "There are no clusters to report yet: train first",
        )

    @property
    def _ready(self) -> bool:
        return self._session.result is not None and self._session.editable

    def _on_clicked(self) -> None:
        ask_write_report(self, self._session, chosen_collections())


class SaveBar(QWidget):
    """The saved state of the result, beside the buttons that save it and write its report.

    Parameters
    ----------
    session
        Session with the result.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.label = QElidingLabel()
        self.label.setElideMode(Qt.TextElideMode.ElideMiddle)
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.button = SaveButton(session)
        self.report = ReportButton(session)
        self._buttons = QHBoxLayout()
        self._buttons.addStretch()
        self._buttons.addWidget(self.report)
        self._buttons.addWidget(self.button)
        self._rows = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(4)
        self._rows.addWidget(self.label, 1)
        self._rows.addLayout(self._buttons)
        follow(
            self,
            (session.result_changed, self._refresh),
            (session.dataset_changed, self._refresh),
            (session.history_changed, self._refresh),
        )
        self._refresh()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Give the label a line of its own where it would be cut short."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        wanted = self.label.fontMetrics().horizontalAdvance(self.label.text())
        both = wanted + self._rows.spacing() + self._buttons.sizeHint().width()
        way = QBoxLayout.Direction
        below = bool(self.label.text()) and both > self.width()
        self._rows.setDirection(way.TopToBottom if below else way.LeftToRight)

    def _refresh(self) -> None:
        said, session = saved_state(self._session), self._session
        if said == self.label.text():
            return
        self.label.setText(said)
        self.label.setStyleSheet(f"color: {UNSAVED};" if session.unsaved else "")
        saved = session.saved
        kept = "" if saved is None or saved.path is None else f"\n{saved.path}"
        self.label.setToolTip(f"{said}{kept}")
        self._arrange()


def saved_state(session: Session) -> str:
    """Return which file holds the session's result, or that none does; empty without a result."""
    if session.result is None:
        return ""
    if session.unsaved:
        return "● Edited, not saved" if session.edited or session.saved else "● Not saved yet"
    saved = session.saved
    if saved is None or saved.path is None:
        return "Saved"
    if saved.when is None:
        return f"As in {saved.path.name}"
    return f"Saved to {saved.path.name} at {saved.when:%H:%M}"
