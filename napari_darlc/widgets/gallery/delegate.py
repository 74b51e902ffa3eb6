"""Draws a gene of the gallery: its thumbnail, framed by its cluster's colour, and its name.

The frame of a gene that is a sum of two patterns has both colours.
"""

from __future__ import annotations

from qtpy.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QPainter, QPalette, QPen
from qtpy.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from napari_darlc.genes.listing import Group
from napari_darlc.widgets.common.style import ACCENT, text_colour
from napari_darlc.widgets.gallery.model import Cell, GeneListModel

FRAME = 3
_GAP = 4
_INNER = 3
_BADGE = 14
#: Width of a cluster's number; a longer name is left out where the gene's needs the room.
_NUMBER = 20


class GeneDelegate(QStyledItemDelegate):
    """Paints one gene a cell, and the heads of groups.

    Parameters
    ----------
    parent
        The dock, whose theme the cells follow; the view itself has no ground of its own.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._dock = parent
        self.picture = QSize(72, 72)
        self.cell_width = 0
        self.begin()

    def begin(self) -> None:
        """Look up the theme's colours, once for all that is drawn at a time."""
        self._text, self._faded = text_colour(self._dock), text_colour(self._dock, 0.6)
        self._line = text_colour(self._dock, 0.25)
        #: What all is drawn on.
        self.ground = self._dock.palette().color(QPalette.ColorRole.Window)
        self._metrics = self._dock.fontMetrics()

    @property
    def least_width(self) -> int:
        """Width that a cell needs."""
        return self.picture.width() + 2 * (FRAME + _INNER + _GAP)

    @property
    def cell(self) -> QSize:
        """Size of a cell; it is the same for all."""
        text = self._dock.fontMetrics().height() + 2
        height = self.picture.height() + 2 * (FRAME + _INNER + _GAP) + text
        return QSize(max(self.cell_width, self.least_width), height)

    @property
    def head_height(self) -> int:
        """Height of a group's head."""
        return self._dock.fontMetrics().height() + 10

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Return the size of a cell."""
        return self.cell

    def frame_rect(self, cell: QRect) -> QRect:
        """Return the outer edge of the coloured frame within a cell."""
        width = self.picture.width() + 2 * (FRAME + _INNER)
        height = self.picture.height() + 2 * (FRAME + _INNER)
        return QRect(cell.x() + (cell.width() - width) // 2, cell.y() + _GAP, width, height)

    def paint(
        self,
        painter: QPainter | None,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Draw the cell."""
        model = index.model()
        if painter is None or not isinstance(model, GeneListModel):
            return
        gene = model.cell(index.row())
        painter.save()
        cell, frame = option.rect, self.frame_rect(option.rect)
        current = bool(option.state & QStyle.StateFlag.State_Selected)
        if current or gene.selected:
            self._mark(painter, cell, current)
        inside = frame.adjusted(FRAME, FRAME, -FRAME, -FRAME)
        if gene.colour is not None:
            painter.fillRect(frame, QColor(gene.colour))
        if gene.also_colour is not None:
            # The second pattern has its share of the frame, from the right.
            part = QRect(frame)
            part.setLeft(frame.right() + 1 - round(gene.also_share * frame.width()))
            painter.fillRect(part, QColor(gene.also_colour))
        painter.fillRect(inside, self.ground)
        if gene.picture is not None:
            place = inside.adjusted(_INNER, _INNER, -_INNER, -_INNER)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(place, gene.picture)
        if gene.pinned:
            _draw_pin(painter, frame)
        if gene.selected:
            _draw_tick(painter, frame)
        self._write(painter, frame, cell, gene, current)
        painter.restore()

    def paint_head(self, painter: QPainter, place: QRect, group: Group) -> None:
        """Draw the head of a group: its colour, its name, how many genes it has, and a line."""
        painter.save()
        text = place.adjusted(_GAP + 2, 4, -_GAP, 0)
        if group.colour is not None:
            side = self._metrics.ascent()
            swatch = QRect(text.x(), text.center().y() - side // 2 + 1, side, side)
            painter.fillRect(swatch, QColor(group.colour))
            text.setLeft(swatch.right() + 7)
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        font = painter.font()
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(self._text)
        label = painter.fontMetrics().elidedText(
            group.label, Qt.TextElideMode.ElideRight, text.width() * 2 // 3
        )
        painter.drawText(text, middle, label)
        text.setLeft(text.left() + painter.fontMetrics().horizontalAdvance(label) + 8)
        font.setBold(False)
        painter.setFont(font)
        painter.setPen(self._faded)
        count = f"{group.count:,} gene{'' if group.count == 1 else 's'}"
        painter.drawText(text, middle, count)
        text.setLeft(text.left() + painter.fontMetrics().horizontalAdvance(count) + 8)
        painter.setPen(self._line)
        painter.drawLine(text.left(), text.center().y() + 1, text.right(), text.center().y() + 1)
        painter.restore()

    def _mark(self, painter: QPainter, cell: QRect, current: bool) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen if current else QPen(QColor(ACCENT), 2))
        painter.setBrush(QColor(ACCENT) if current else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(cell.adjusted(1, 1, -2, -1), 4, 4)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _write(
        self, painter: QPainter, frame: QRect, cell: QRect, gene: Cell, current: bool
    ) -> None:
        line = QRect(frame.x(), frame.bottom() + 1, frame.width(), cell.bottom() - frame.bottom())
        font = painter.font()
        font.setBold(current)
        painter.setFont(font)
        # The gene's name comes first: frame and group tell the cluster, too.
        room = line.width() - painter.fontMetrics().horizontalAdvance(gene.name) - _GAP
        used = self._metrics.horizontalAdvance(gene.cluster)
        if gene.cluster and used <= max(room, _NUMBER):
            painter.setPen(QColor("white") if current else self._faded)
            painter.drawText(
                line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, gene.cluster
            )
            line = line.adjusted(0, 0, -used - _GAP, 0)
        painter.setPen(QColor("white") if current else self._text)
        name = painter.fontMetrics().elidedText(
            gene.name, Qt.TextElideMode.ElideRight, line.width()
        )
        aligned = Qt.AlignmentFlag.AlignLeft if gene.cluster else Qt.AlignmentFlag.AlignHCenter
        painter.drawText(line, aligned | Qt.AlignmentFlag.AlignVCenter, name)


def _badge(painter: QPainter, place: QRectF) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor("white"), 1.2))
    painter.setBrush(QColor(ACCENT))
    painter.drawEllipse(place)
    painter.setPen(QPen(QColor("white"), 1.8))


def _draw_pin(painter: QPainter, frame: QRect) -> None:
    """Draw a pin's head and needle at the top right."""
    left, top = frame.right() - _BADGE + 3.0, frame.top() - 2.0
    _badge(painter, QRectF(left, top, _BADGE, _BADGE))
    middle = QPointF(left + _BADGE / 2, top + _BADGE / 2)
    painter.drawLine(middle + QPointF(-2.6, -2.2), middle + QPointF(2.6, -2.2))
    painter.drawLine(middle + QPointF(0, -2.2), middle + QPointF(0, 3.6))


def _draw_tick(painter: QPainter, frame: QRect) -> None:
    """Draw a tick at the top left."""
    left, top = frame.left() - 2.0, frame.top() - 2.0
    _badge(painter, QRectF(left, top, _BADGE, _BADGE))
    middle = QPointF(left + _BADGE / 2, top + _BADGE / 2)
    painter.drawLine(middle + QPointF(-3, 0), middle + QPointF(-0.8, 2.4))
    painter.drawLine(middle + QPointF(-0.8, 2.4), middle + QPointF(3, -2.4))
