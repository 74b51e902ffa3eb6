"""A heading that folds its content away."""

from __future__ import annotations

from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QWidget
from superqt import QCollapsible

_OPEN, _CLOSED = "▾", "▸"


class Fold(QCollapsible):
    """A collapsible part of a dock, closed at first, whose arrow follows the theme.

    Parameters
    ----------
    title
        The heading.
    content
        What is folded away.
    tip
        Tooltip of the heading.
    """

    def __init__(self, title: str, content: QWidget, tip: str) -> None:
        super().__init__(title, expandedIcon=_OPEN, collapsedIcon=_CLOSED)
        self.setDuration(0)
        button = self.toggleButton()
        button.setToolTip(tip)
        button.setStyleSheet(
            "QPushButton { text-align: left; border: none; background: transparent; padding: 2px; }"
        )
        self.layout().setContentsMargins(0, 0, 0, 0)
        self.layout().setSpacing(2)
        self.content().layout().setContentsMargins(8, 0, 0, 0)
        self.addWidget(content)

    def changeEvent(self, event: QEvent | None) -> None:
        """Draw the arrow in the theme's colour."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.StyleChange:
            self.setExpandedIcon(_OPEN)
            self.setCollapsedIcon(_CLOSED)
