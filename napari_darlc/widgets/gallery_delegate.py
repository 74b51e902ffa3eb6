"""Draws a gene of the gallery: its thumbnail, framed by its cluster's colour, and its name."""

from __future__ import annotations

from qtpy.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from qtpy.QtGui import QColor, QImage, QPainter, QPalette
from qtpy.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from napari_darlc.widgets.gallery_model import ClusterRole, ColourRole, ImageRole, NameRole
from napari_darlc.widgets.style import ACCENT, text_colour

FRAME = 3
_GAP = 4
_INNER = 3


class GeneDelegate(QStyledItemDelegate):
    """Paints one gene a cell.

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
        assert painter is not None
        painter.save()
        cell, frame = option.rect, self.frame_rect(option.rect)
        current = bool(option.state & QStyle.StateFlag.State_Selected)
        if current:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(ACCENT))
            painter.drawRoundedRect(cell.adjusted(1, 0, -1, 0), 4, 4)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

        colour = index.data(ColourRole)
        inside = frame.adjusted(FRAME, FRAME, -FRAME, -FRAME)
        if colour is not None:
            painter.fillRect(frame, QColor(colour))
        painter.fillRect(inside, self._dock.palette().color(QPalette.ColorRole.Window))

        picture = index.data(ImageRole)
        if isinstance(picture, QImage):
            place = inside.adjusted(_INNER, _INNER, -_INNER, -_INNER)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(place, picture)

        self._write(painter, frame, cell, index, current)
        painter.restore()

    def _write(
        self,
        painter: QPainter,
        frame: QRect,
        cell: QRect,
        index: QModelIndex | QPersistentModelIndex,
        current: bool,
    ) -> None:
        line = QRect(frame.x(), frame.bottom() + 1, frame.width(), cell.bottom() - frame.bottom())
        cluster = index.data(ClusterRole)
        if cluster:
            painter.setPen(QColor("white") if current else text_colour(self._dock, 0.6))
            painter.drawText(
                line,
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                self._dock.fontMetrics().elidedText(
                    cluster, Qt.TextElideMode.ElideRight, line.width() // 2
                ),
            )
            used = min(self._dock.fontMetrics().horizontalAdvance(cluster), line.width() // 2)
            line = line.adjusted(0, 0, -used - 4, 0)
        font = painter.font()
        font.setBold(current)
        painter.setFont(font)
        painter.setPen(QColor("white") if current else text_colour(self._dock))
        name = painter.fontMetrics().elidedText(
            index.data(NameRole), Qt.TextElideMode.ElideRight, line.width()
        )
        aligned = Qt.AlignmentFlag.AlignLeft if cluster else Qt.AlignmentFlag.AlignHCenter
        painter.drawText(line, aligned | Qt.AlignmentFlag.AlignVCenter, name)
