"""How a cluster's card is drawn, where its parts lie, and how its name is edited in place."""

from __future__ import annotations

from dataclasses import dataclass

from qtpy.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from qtpy.QtGui import QColor, QImage, QPainter
from qtpy.QtWidgets import (
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from napari_darlc.widgets.consensus_pictures import ClusterCard
from napari_darlc.widgets.style import ACCENT, text_colour

CardRole = Qt.ItemDataRole.UserRole + 1
#: Least width of a card with all its parts.
WIDTH = 316
_PAD, _PICTURE, _GENE, _BAR, _LEAST_WORDS = 6, 64, 46, 5, 74
_FADED = 0.35


@dataclass(frozen=True)
class Parts:
    """Where the parts of a card lie.

    Parameters
    ----------
    box
        The card.
    picture
        Its consensus pattern.
    words
        Name and numbers.
    genes
        Its typical genes, as many as there is room for.
    """

    box: QRect
    picture: QRect
    words: QRect
    genes: tuple[QRect, ...]


def parts_of(rect: QRect, n_genes: int) -> Parts:
    """Lay out a card of so many typical genes."""
    box = rect.adjusted(2, 2, -2, -2)
    left, middle = box.x() + _BAR + _PAD, box.center().y()
    picture = QRect(left, middle - _PICTURE // 2, _PICTURE, _PICTURE)
    start, end = left + _PICTURE + _PAD, box.right() - _PAD
    room = (end - start - _LEAST_WORDS) // (_GENE + 3)
    n = max(0, min(n_genes, room))
    genes = tuple(
        QRect(end - (n - i) * (_GENE + 3) + 3, middle - _GENE // 2, _GENE, _GENE) for i in range(n)
    )
    words = QRect(start, box.y(), (genes[0].left() if genes else end) - _PAD - start, box.height())
    return Parts(box, picture, words, genes)


def n_genes(n: int) -> str:
    """Return a number of genes in words."""
    return "no genes" if n == 0 else "1 gene" if n == 1 else f"{n:,} genes"


class CardDelegate(QStyledItemDelegate):
    """Draws cards in the theme of the dock.

    Parameters
    ----------
    dock
        Whose theme.
    """

    def __init__(self, dock: QWidget) -> None:
        super().__init__(dock)
        self._dock = dock
        self.width = WIDTH
        #: The cluster whose pattern is on the canvas, -1 for none.
        self.singled = -1

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Return the size that all cards share."""
        line = self._dock.fontMetrics().height()
        return QSize(self.width, max(_PICTURE, 4 * line) + 2 * _PAD + 4)

    def paint(
        self,
        painter: QPainter | None,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Draw a card."""
        card = index.data(CardRole)
        assert painter is not None and isinstance(card, ClusterCard)
        parts = parts_of(option.rect, len(card.typical))
        painter.save()
        self._ground(painter, parts.box, card, option.state)
        if card.hidden:
            painter.setOpacity(_FADED)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        _draw(painter, parts.picture, card.picture)
        for place, typical in zip(parts.genes, card.typical, strict=False):
            _draw(painter, place, typical.picture)
        painter.setOpacity(1)
        self._write(painter, parts.words, card)
        painter.restore()

    def _ground(
        self, painter: QPainter, box: QRect, card: ClusterCard, state: QStyle.StateFlag
    ) -> None:
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        strength = 0.26 if chosen else 0.18 if hovered else 0.08
        painter.setBrush(text_colour(self._dock, strength))
        if card.cluster == self.singled:
            painter.setPen(QColor(ACCENT))
        elif state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(text_colour(self._dock, 0.6))
        painter.drawRoundedRect(box, 4, 4)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        bar = QRect(box.x() + 1, box.y() + 1, _BAR, box.height() - 2)
        painter.fillRect(bar, QColor(card.colour))

    def _write(self, painter: QPainter, words: QRect, card: ClusterCard) -> None:
        lines = [card.name, n_genes(card.n_genes)]
        if card.n_genes:
            lines.append(f"conf. {card.confidence:.2f}")
        if card.hidden:
            lines.append("hidden")
        elif card.n_unsure:
            lines.append(f"{card.n_unsure:,} unsure")
        line = self._dock.fontMetrics().height()
        top = words.center().y() - len(lines) * line // 2
        aligned = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        for row, text in enumerate(lines):
            font = painter.font()
            font.setBold(row == 0)
            painter.setFont(font)
            bright = row == 0 and not card.hidden
            painter.setPen(text_colour(self._dock, 1.0 if bright else 0.7))
            where = QRect(words.x(), top + row * line, words.width(), line)
            elided = painter.fontMetrics().elidedText(
                text, Qt.TextElideMode.ElideRight, words.width()
            )
            painter.drawText(where, aligned, elided)

    def createEditor(
        self,
        parent: QWidget | None,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> QWidget:
        """Return a line for the name."""
        line = QLineEdit(parent)
        line.setToolTip("Type the cluster's name; Return keeps it, Escape does not")
        return line

    def updateEditorGeometry(
        self,
        editor: QWidget | None,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Put the line where the name is, and over the genes: names may be long."""
        assert editor is not None
        words = parts_of(option.rect, 0).words
        height = editor.sizeHint().height()
        editor.setGeometry(words.x() - 3, words.y() + 2, words.width(), height)

    def setEditorData(
        self, editor: QWidget | None, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Begin with the present name, selected."""
        assert isinstance(editor, QLineEdit)
        editor.setText(str(index.data(Qt.ItemDataRole.DisplayRole)))
        editor.selectAll()

    def setModelData(
        self,
        editor: QWidget | None,
        model: QAbstractItemModel | None,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Hand the name over."""
        assert isinstance(editor, QLineEdit) and model is not None
        model.setData(index, editor.text(), Qt.ItemDataRole.EditRole)


def _draw(painter: QPainter, place: QRect, picture: QImage) -> None:
    """Draw a picture in the middle of a place, in its own proportions."""
    if picture.isNull():
        return
    size = picture.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
    within = QRect(0, 0, size.width(), size.height())
    within.moveCenter(place.center())
    painter.drawImage(within, picture)
