"""A list with items in rows that wrap at the edge, with smooth scrolling."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QListView, QWidget


class WrappingList(QListView):
    """A wrapping list on the dock's own background.

    Parameters
    ----------
    parent
        The dock.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        # List mode that wraps, unlike icon mode, lays out 20,000 items quickly.
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setStyleSheet("QListView { background: transparent; }")
