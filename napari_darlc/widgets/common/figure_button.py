"""The button that saves a figure of what is shown beside it."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtWidgets import QPushButton

from napari_darlc.saving.figures import Drawing, ask_save_figure
from napari_darlc.session.session import Session
from napari_darlc.widgets.common.following import follow


class FigureButton(QPushButton):
    """Asks for a file name and writes a figure of the session's result.

    Parameters
    ----------
    session
        Session with the result.
    tip
        What the figure shows.
    drawing
        Returns the figure to draw now; None where there is nothing to draw.
    """

    def __init__(self, session: Session, tip: str, drawing: Callable[[], Drawing | None]) -> None:
        super().__init__("Save figure …")
        self._session, self._tip, self._drawing = session, tip, drawing
        self.clicked.connect(self._on_clicked)
        follow(
            self,
            (session.result_changed, self.refresh),
            (session.dataset_changed, self.refresh),
            (session.state_changed, self.refresh),
        )
        self.refresh()

    def refresh(self) -> None:
        """Enable the button where there is a figure to draw."""
        session = self._session
        ready = session.result is not None and session.state == "ready"
        self.setEnabled(ready and self._drawing() is not None)
        self.setToolTip(
            f"{self._tip}, as PDF, SVG or PNG"
            if ready
            else "Figures can be saved once there is a result: train first"
        )

    def _on_clicked(self) -> None:
        drawing = self._drawing()
        if drawing is not None:
            ask_save_figure(self, self._session, drawing)
