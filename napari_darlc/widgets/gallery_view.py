"""The wrapping grid of genes."""

from __future__ import annotations

from qtpy.QtCore import QModelIndex
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QWidget

from napari_darlc.widgets.gallery_delegate import GeneDelegate
from napari_darlc.widgets.wrapping_list import WrappingList


class GeneView(WrappingList):
    """Genes in columns that fill the width.

    Parameters
    ----------
    parent
        The dock, whose theme the cells follow.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.genes = GeneDelegate(parent)
        self.setItemDelegate(self.genes)
        self.setToolTip("Click a gene, or walk with the arrow keys, to show it on the canvas")

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Share the width out among the columns; a current gene in view stays there."""
        current = self.currentIndex()
        # The columns are still the old ones, so only the height tells.
        place = self.visualRect(current)
        height = self.height() if event is None else max(event.oldSize().height(), 0)
        seen = current.isValid() and place.bottom() >= 0 and place.top() < height
        self.fit_columns()
        super().resizeEvent(event)
        if seen:
            self.doItemsLayout()
            self.scrollTo(current)

    def fit_columns(self) -> None:
        """Widen the cells so that a row fills the view."""
        width = self.viewport().width() - 1
        columns = max(1, width // self.genes.least_width)
        self.genes.cell_width = width // columns
        # With a grid of its own the view asks for no item's size: 20,000 are laid out at once.
        if self.gridSize() != self.genes.cell:
            self.setGridSize(self.genes.cell)

    def is_in_view(self, index: QModelIndex) -> bool:
        """Tell whether any of an item can be seen."""
        return self.viewport().rect().intersects(self.visualRect(index))
