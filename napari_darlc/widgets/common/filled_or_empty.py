"""What fills a dock: what there is to show, or a sentence on what to do."""

from __future__ import annotations

from qtpy.QtWidgets import QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from napari_darlc.widgets.common.style import empty_state


class FilledOrEmpty(QStackedWidget):
    """Two pages that fill a dock, the empty one at first.

    Parameters
    ----------
    dock
        Gets a layout, a least size, and the habit of growing downwards.
    filled
        What there is to show.
    """

    def __init__(self, dock: QWidget, filled: QWidget) -> None:
        super().__init__()
        #: The sentence of the empty page.
        self.empty = empty_state()
        self.addWidget(self.empty)
        self.addWidget(filled)
        self._filled = filled
        layout = QVBoxLayout(dock)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(self)
        dock.setMinimumSize(260, 240)
        dock.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)

    def fill(self) -> None:
        """Show what there is to show."""
        self.setCurrentWidget(self._filled)

    def say(self, sentence: str) -> None:
        """Show nothing but a sentence."""
        self.empty.setText(sentence)
        self.setCurrentWidget(self.empty)
