"""Cards of clusters with pattern, name, numbers and typical genes, which can be chosen."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import (
    QAbstractListModel,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPoint,
    Qt,
    Signal,
)
from qtpy.QtGui import QContextMenuEvent, QHelpEvent, QKeyEvent, QMouseEvent, QResizeEvent
from qtpy.QtWidgets import QAbstractItemView, QToolTip, QWidget

from darlc.results.clusters import Clusters
from napari_darlc.widgets.common.wrapping_list import WrappingList
from napari_darlc.widgets.consensus.card_delegate import (
    WIDTH,
    CardDelegate,
    CardRole,
    n_genes,
    parts_of,
)
from napari_darlc.widgets.consensus.consensus_pictures import ClusterCard, TypicalGene
from napari_darlc.widgets.gene_lists.copying import asks_to_copy, copy_lines


class _CardModel(QAbstractListModel):
    #: A cluster and the name that was typed for it.
    renamed = Signal(int, str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.cards: list[ClusterCard] = []
        self.editable = False

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.cards)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= len(self.cards):
            return None
        card = self.cards[index.row()]
        if role == CardRole:
            return card
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return card.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tip(card)
        return None

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsEditable if self.editable else flags

    def setData(
        self, index: QModelIndex, value: object, role: int = Qt.ItemDataRole.EditRole
    ) -> bool:
        # The name changes with the session's clusters.
        card = self.cards[index.row()]
        if str(value).strip() != card.name:
            self.renamed.emit(card.cluster, str(value))
        return True

    def show_cards(self, cards: list[ClusterCard]) -> bool:
        """Show other cards; returns whether their clusters or order changed."""
        if [card.cluster for card in cards] == [card.cluster for card in self.cards]:
            self.cards = cards
            if cards:
                self.dataChanged.emit(self.index(0), self.index(len(cards) - 1))
            return False
        self.beginResetModel()
        self.cards = cards
        self.endResetModel()
        return True


class ClusterCards(WrappingList):
    """A wrapping list of cluster cards.

    Parameters
    ----------
    parent
        The dock, whose theme the cards follow.
    """

    #: A card was clicked, or Return pressed on it: the cluster.
    cluster_clicked = Signal(int)
    #: A typical gene was clicked: its position among all genes.
    gene_clicked = Signal(int)
    #: A name was typed: the cluster and the name.
    renamed = Signal(int, str)
    #: Emitted when other cards are chosen, or shown.
    choice_changed = Signal()
    #: Emitted for a context menu, with its position on the screen.
    menu_wanted = Signal(QPoint)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        #: The clusters of the cards, in which their columns are valid.
        self.clusters: Clusters | None = None
        self._cards = _CardModel(self)
        self._cards.renamed.connect(self.renamed)
        self._delegate = CardDelegate(parent)
        self._pressed = QModelIndex()
        self.setModel(self._cards)
        self.setItemDelegate(self._delegate)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._choice = self.selectionModel()
        self._choice.selectionChanged.connect(self._on_choice)

    def show_cards(self, cards: list[ClusterCard], clusters: Clusters | None = None) -> None:
        """Show other cards, keeping chosen ones and the scroll position.

        Parameters
        ----------
        cards
            In their order.
        clusters
            The clusters of the cards.
        """
        self.clusters = clusters
        chosen, place = self._names(self.chosen), self.verticalScrollBar().value()
        if self._cards.show_cards(cards):
            self.choose([card.cluster for card in cards if card.name in chosen])
            self.visualRect(self._cards.index(0))  # triggers the layout, which scrolling needs
            self.verticalScrollBar().setValue(place)
        self.choice_changed.emit()

    def cards(self) -> list[ClusterCard]:
        """Return the cards shown, in their order."""
        return list(self._cards.cards)

    @property
    def chosen(self) -> list[int]:
        """The clusters whose cards are chosen, in the order of the cards."""
        rows = sorted(index.row() for index in self._choice.selectedIndexes())
        return [self._cards.cards[row].cluster for row in rows]

    def choose(self, clusters: Sequence[int]) -> None:
        """Choose the cards of these clusters and no others."""
        self._choice.clearSelection()
        for row, card in enumerate(self._cards.cards):
            if card.cluster in clusters:
                self._choice.setCurrentIndex(
                    self._cards.index(row), QItemSelectionModel.SelectionFlag.Select
                )

    @property
    def singled(self) -> int:
        """The cluster whose card is marked as being on the canvas; -1 for none."""
        return self._delegate.singled

    def mark(self, cluster: int) -> None:
        """Mark the card of a cluster as being on the canvas; -1 marks none."""
        self._delegate.singled = cluster
        self.viewport().update()

    def reveal(self, cluster: int) -> None:
        """Choose the card of a cluster, if it is not chosen yet, and scroll to it."""
        if cluster not in self.chosen:
            self.choose([cluster])
            self.scrollTo(self._choice.currentIndex())

    def set_editable(self, editable: bool) -> None:
        """Allow names to be edited in place, or not."""
        self._cards.editable = editable

    def edit_name(self) -> None:
        """Edit the name of the card that is chosen, in place."""
        if self._cards.editable and len(rows := self._choice.selectedIndexes()) == 1:
            self.setCurrentIndex(rows[0])
            self.edit(rows[0])

    def typical_at(self, place: QPoint) -> TypicalGene | None:
        """Return the typical gene at a position of the viewport; None where there is none."""
        index = self.indexAt(place)
        if not index.isValid():
            return None
        typical = self._cards.cards[index.row()].typical
        places = parts_of(self.visualRect(index), len(typical), self._delegate.line).genes
        found = (each for at, each in zip(places, typical, strict=False) if at.contains(place))
        return next(found, None)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Distribute the width among the columns."""
        width = self.viewport().width() - 1
        self._delegate.width = width // max(1, width // WIDTH)
        self.scheduleDelayedItemsLayout()
        super().resizeEvent(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Handle Return like a click; copy the names of the chosen clusters."""
        index = self.currentIndex()
        if asks_to_copy(event):
            names = {card.cluster: card.name for card in self._cards.cards}
            copy_lines(names[cluster] for cluster in self.chosen)
        elif event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            # The key that ends the editing of a name is received here, too.
            if index.isValid() and self.state() != QAbstractItemView.State.EditingState:
                self.cluster_clicked.emit(self._cards.cards[index.row()].cluster)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Show a typical gene, without changing the chosen cards."""
        assert event is not None
        place = event.position().toPoint()
        left = event.button() == Qt.MouseButton.LeftButton
        self._pressed = QModelIndex()
        if left and (typical := self.typical_at(place)) is not None:
            self.gene_clicked.emit(typical.gene)
            return
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if left and plain:
            self._pressed = self.indexAt(place)
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Handle a click without Ctrl or Shift as one on the card itself."""
        super().mouseReleaseEvent(event)
        assert event is not None
        index, self._pressed = self._pressed, QModelIndex()
        if index.isValid() and index == self.indexAt(event.position().toPoint()):
            self.cluster_clicked.emit(self._cards.cards[index.row()].cluster)

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """Edit the name where it is double-clicked."""
        assert event is not None
        place = event.position().toPoint()
        index = self.indexAt(place)
        if index.isValid():
            n_typical = len(self._cards.cards[index.row()].typical)
            parts = parts_of(self.visualRect(index), n_typical, self._delegate.line)
            if parts.name.contains(place) or parts.words.contains(place):
                # Revert the first click, which showed or hid the pattern.
                self.cluster_clicked.emit(self._cards.cards[index.row()].cluster)
                self.edit_name()

    def contextMenuEvent(self, event: QContextMenuEvent | None) -> None:
        """Request a menu for the chosen cards, including the one under the mouse."""
        assert event is not None
        index = self.indexAt(event.pos())
        if not index.isValid():
            return
        cluster = self._cards.cards[index.row()].cluster
        if cluster not in self.chosen:
            self.choose([cluster])
        self.menu_wanted.emit(event.globalPos())

    def viewportEvent(self, event: QEvent | None) -> bool:
        """Show the name of the typical gene under the mouse."""
        if isinstance(event, QHelpEvent) and (typical := self.typical_at(event.pos())):
            QToolTip.showText(event.globalPos(), f"{typical.label}: click to show it", self)
            return True
        return super().viewportEvent(event)

    def _names(self, clusters: Sequence[int]) -> set[str]:
        return {card.name for card in self._cards.cards if card.cluster in clusters}

    def _on_choice(self) -> None:
        self.choice_changed.emit()


def _tip(card: ClusterCard) -> str:
    if not card.n_genes:
        return f"Cluster {card.name} has lost its genes to others"
    unsure = (
        f"\n{card.n_unsure:,} of them have less than half of their membership here"
        if card.n_unsure
        else ""
    )
    return (
        f"Cluster {card.name}: {n_genes(card.n_genes)}, mean confidence {card.confidence:.2f}"
        f"{unsure}\n"
        "Click to show its consensus pattern on the canvas and its genes in the gallery; "
        "click again to hide.\n"
        "Ctrl or Shift and a click choose several. Double-click or F2 renames."
    )
