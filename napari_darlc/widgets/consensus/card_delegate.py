"""Layout and drawing of a cluster's card, and the editor of its name."""

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

from napari_darlc.widgets.common.style import ACCENT, text_colour
from napari_darlc.widgets.consensus.consensus_pictures import ClusterCard, TypicalGene

CardRole = Qt.ItemDataRole.UserRole + 1
#: Smallest width of a card with all its parts.
WIDTH = 290
_PAD, _PICTURE, _GENE, _BAR, _LEAST_WORDS = 6, 60, 43, 5, 66
#: Height of a gene's name, its font size relative to other text, and the space between genes.
_NAME, _SMALL, _BETWEEN = 14, 0.8, 2
_FADED = 0.35


@dataclass(frozen=True)
class Parts:
    """Rectangles of the parts of a card.

    Parameters
    ----------
    box
        The card.
    picture
        Its consensus pattern.
    name
        Its name, above the rest.
    words
        Its numbers.
    genes
        Its typical genes, image and name, as many as fit.
    """

    box: QRect
    picture: QRect
    name: QRect
    words: QRect
    genes: tuple[QRect, ...]


def parts_of(rect: QRect, n_genes: int, line: int) -> Parts:
    """Return the layout of a card with this number of typical genes and height of a line."""
    box = rect.adjusted(2, 2, -2, -2)
    left, middle = box.x() + _BAR + _PAD, box.center().y()
    picture = QRect(left, middle - _PICTURE // 2, _PICTURE, _PICTURE)
    start, end = left + _PICTURE + _PAD, box.right() - _PAD
    name = QRect(start, box.y() + _PAD, end - start, line)
    step, height = _GENE + _BETWEEN, _GENE + _NAME
    n = max(0, min(n_genes, (end - start - _LEAST_WORDS) // step))
    top = name.bottom() + 1
    genes = tuple(QRect(end - (n - i) * step + _BETWEEN, top, _GENE, height) for i in range(n))
    words = QRect(start, top, (genes[0].left() - _BETWEEN if genes else end) - start, height)
    return Parts(box, picture, name, words, genes)


def n_genes(n: int) -> str:
    """Return a number of genes in words."""
    return "no genes" if n == 0 else "1 gene" if n == 1 else f"{n:,} genes"


class CardDelegate(QStyledItemDelegate):
    """Draws cards in the theme of the dock.

    Parameters
    ----------
    dock
        Widget with the theme.
    """

    def __init__(self, dock: QWidget) -> None:
        super().__init__(dock)
        self._dock = dock
        self.width = WIDTH
        #: The cluster whose pattern is on the canvas, -1 for none.
        self.singled = -1

    @property
    def line(self) -> int:
        """Height of a line of text, in pixels."""
        return self._dock.fontMetrics().height()

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Return the size that all cards share."""
        height = max(_PICTURE, self.line + _GENE + _NAME)
        return QSize(self.width, height + 2 * _PAD + 4)

    def paint(
        self,
        painter: QPainter | None,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Draw a card."""
        card = index.data(CardRole)
        assert painter is not None and isinstance(card, ClusterCard)
        parts = parts_of(option.rect, len(card.typical), self.line)
        painter.save()
        self._ground(painter, parts.box, card, option.state)
        if card.hidden:
            painter.setOpacity(_FADED)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        _draw(painter, parts.picture, card.picture)
        for place, typical in zip(parts.genes, card.typical, strict=False):
            self._draw_gene(painter, place, typical)
        painter.setOpacity(1)
        self._write(painter, parts, card)
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

    def _draw_gene(self, painter: QPainter, place: QRect, typical: TypicalGene) -> None:
        _draw(painter, place.adjusted(0, 0, 0, -_NAME), typical.picture)
        font = self._dock.font()
        font.setPointSizeF(font.pointSizeF() * _SMALL)
        painter.setFont(font)
        painter.setPen(text_colour(self._dock, 0.85))
        name = painter.fontMetrics().elidedText(
            typical.label, Qt.TextElideMode.ElideRight, place.width() + _BETWEEN
        )
        under = place.adjusted(-_BETWEEN, _GENE, _BETWEEN, 0)
        painter.drawText(under, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, name)

    def _write(self, painter: QPainter, parts: Parts, card: ClusterCard) -> None:
        aligned = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        lines = [n_genes(card.n_genes)]
        if card.n_genes:
            lines.append(f"conf. {card.confidence:.2f}")
        if card.hidden:
            lines.append("hidden")
        elif card.n_unsure:
            lines.append(f"{card.n_unsure:,} unsure")
        words, line = parts.words, self.line
        places = [
            QRect(words.x(), words.y() + row * line, words.width(), line)
            for row in range(len(lines))
        ]
        for text, place in zip([card.name, *lines], [parts.name, *places], strict=True):
            named = place is parts.name
            font = self._dock.font()
            font.setBold(named)
            painter.setFont(font)
            painter.setPen(text_colour(self._dock, 1.0 if named and not card.hidden else 0.7))
            elided = painter.fontMetrics().elidedText(
                text, Qt.TextElideMode.ElideRight, place.width()
            )
            painter.drawText(place, aligned, elided)

    def createEditor(
        self,
        parent: QWidget | None,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> QWidget:
        """Return an editor for the name."""
        line = QLineEdit(parent)
        line.setToolTip("Type the cluster's name; Return keeps it, Escape does not")
        return line

    def updateEditorGeometry(
        self,
        editor: QWidget | None,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Place the editor over the name."""
        assert editor is not None
        name = parts_of(option.rect, 0, self.line).name
        height = editor.sizeHint().height()
        editor.setGeometry(name.x() - 3, name.y() - 3, name.width(), height)

    def setEditorData(
        self, editor: QWidget | None, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Set the current name, selected."""
        assert isinstance(editor, QLineEdit)
        editor.setText(str(index.data(Qt.ItemDataRole.DisplayRole)))
        editor.selectAll()

    def setModelData(
        self,
        editor: QWidget | None,
        model: QAbstractItemModel | None,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Pass the name to the model."""
        assert isinstance(editor, QLineEdit) and model is not None
        model.setData(index, editor.text(), Qt.ItemDataRole.EditRole)


def _draw(painter: QPainter, place: QRect, picture: QImage) -> None:
    """Draw an image centred in a rectangle, with its own aspect ratio."""
    if picture.isNull():
        return
    size = picture.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
    within = QRect(0, 0, size.width(), size.height())
    within.moveCenter(place.center())
    painter.drawImage(within, picture)
