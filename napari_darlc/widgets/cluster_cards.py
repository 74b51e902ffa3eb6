"""One card a cluster: its pattern, name, number of genes and mean confidence."""

from __future__ import annotations

from qtpy.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from qtpy.QtGui import QColor, QKeyEvent, QPainter, QResizeEvent
from qtpy.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from napari_darlc.widgets.consensus_pictures import ClusterCard
from napari_darlc.widgets.style import ACCENT, text_colour
from napari_darlc.widgets.wrapping_list import WrappingList

CardRole = Qt.ItemDataRole.UserRole + 1
_PAD = 6
_PICTURE = 64
_WIDTH = 156


class _CardModel(QAbstractListModel):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.cards: list[ClusterCard] = []

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.cards)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= len(self.cards):
            return None
        card = self.cards[index.row()]
        if role == CardRole:
            return card
        if role == Qt.ItemDataRole.DisplayRole:
            return card.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return (
                f"Cluster {card.name}: {_genes(card)}, mean confidence {card.confidence:.2f}\n"
                "Click to show its consensus pattern on the canvas and its genes in the gallery; "
                "click again to hide."
            )
        return None

    def set_cards(self, cards: list[ClusterCard]) -> None:
        self.beginResetModel()
        self.cards = cards
        self.endResetModel()


class _CardDelegate(QStyledItemDelegate):
    def __init__(self, dock: QWidget) -> None:
        super().__init__(dock)
        self._dock = dock
        self.width = _WIDTH

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(self.width, _PICTURE + 2 * _PAD + 4)

    def paint(
        self,
        painter: QPainter | None,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        card = index.data(CardRole)
        assert painter is not None and isinstance(card, ClusterCard)
        painter.save()
        box = option.rect.adjusted(2, 2, -2, -2)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(text_colour(self._dock, 0.18 if hovered else 0.08))
        if selected:
            painter.setPen(QColor(ACCENT))
            painter.setBrush(text_colour(self._dock, 0.2))
        painter.drawRoundedRect(box, 4, 4)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.fillRect(QRect(box.x() + 1, box.y() + 1, 4, box.height() - 2), QColor(card.colour))

        size = card.picture.size().scaled(_PICTURE, _PICTURE, Qt.AspectRatioMode.KeepAspectRatio)
        left, middle = box.x() + 4 + _PAD, box.center().y()
        place = QRect(
            left + (_PICTURE - size.width()) // 2,
            middle - size.height() // 2,
            size.width(),
            size.height(),
        )
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(place, card.picture)
        words = QRect(left + _PICTURE + _PAD, box.y(), 0, box.height())
        words.setRight(box.right() - 3)
        self._write(painter, words, card)
        painter.restore()

    def _write(self, painter: QPainter, words: QRect, card: ClusterCard) -> None:
        metrics = self._dock.fontMetrics()
        line = metrics.height() + 1
        top = words.center().y() - 3 * line // 2
        aligned = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        for row, text in enumerate((card.name, _genes(card), f"conf. {card.confidence:.2f}")):
            font = painter.font()
            font.setBold(row == 0)
            painter.setFont(font)
            painter.setPen(text_colour(self._dock, 1.0 if row == 0 else 0.7))
            where = QRect(words.x(), top + row * line, words.width(), line)
            elided = painter.fontMetrics().elidedText(
                text, Qt.TextElideMode.ElideRight, words.width()
            )
            painter.drawText(where, aligned, elided)


class ClusterCards(WrappingList):
    """A wrapping list of cluster cards.

    Parameters
    ----------
    parent
        The dock, whose theme the cards follow.
    """

    #: A card was clicked, or Return pressed on it: the cluster.
    cluster_clicked = Signal(int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._cards = _CardModel(self)
        self._delegate = _CardDelegate(parent)
        self.setModel(self._cards)
        self.setItemDelegate(self._delegate)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.clicked.connect(self._on_clicked)

    def show_cards(self, cards: list[ClusterCard]) -> None:
        """Show other cards; the list stays scrolled where it is."""
        place = self.verticalScrollBar().value()
        self._cards.set_cards(cards)
        self.visualRect(self._cards.index(0))  # lays the cards out now, so that it can scroll
        self.verticalScrollBar().setValue(place)

    def cards(self) -> list[ClusterCard]:
        """Return the cards shown, in their order."""
        return list(self._cards.cards)

    def select(self, cluster: int) -> None:
        """Mark the card of a cluster; -1 marks none."""
        selection = self.selectionModel()
        assert selection is not None
        selection.clear()
        for row, card in enumerate(self._cards.cards):
            if card.cluster == cluster:
                index = self._cards.index(row)
                selection.setCurrentIndex(index, selection.SelectionFlag.Select)
                self.scrollTo(index)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Share the width out among the columns."""
        width = self.viewport().width() - 1
        self._delegate.width = width // max(1, width // _WIDTH)
        self.scheduleDelayedItemsLayout()
        super().resizeEvent(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Let Return and space do what a click does."""
        if event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Space):
            self._on_clicked(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def _on_clicked(self, index: QModelIndex) -> None:
        if index.isValid():
            self.cluster_clicked.emit(self._cards.cards[index.row()].cluster)


def _genes(card: ClusterCard) -> str:
    return "1 gene" if card.n_genes == 1 else f"{card.n_genes} genes"
