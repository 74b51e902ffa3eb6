"""The header of the gene table: names of columns, each with a filter field."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, QSize, Qt, Signal
from qtpy.QtWidgets import QHeaderView, QLineEdit, QWidget

from napari_darlc.event_filters import while_whole
from napari_darlc.genes.columns import GeneColumn
from napari_darlc.widgets.common.style import ERROR
from napari_darlc.widgets.table.model import GENE, GeneTableModel

_GAP = 2
_TIPS = {
    True: "List genes by this number: > 3, <= 0.5, 1 to 3; several must all hold",
    False: "List genes by this text: a part of it, * and ? for any letters, several after commas, "
    "! before it all to leave them out",
}
_GENE_TIP = "List genes by name: as in the search of the gallery; a list may be pasted"


class FilterHeader(QHeaderView):
    """A head whose sections have a field under their name.

    Parameters
    ----------
    model
        Its columns have the fields.
    parent
        The table.
    """

    #: Name of a column, and what was typed under it.
    filtered = Signal(str, str)
    #: Name of a column whose field is about to be typed into.
    entered = Signal(str)

    def __init__(self, model: GeneTableModel, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._genes = model
        self.fields: dict[str, QLineEdit] = {}
        self.setSectionsClickable(True)
        self.setHighlightSections(False)
        self.setSectionsMovable(True)
        self.setSortIndicatorShown(True)
        self.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.sectionResized.connect(self.place_fields)
        self.sectionMoved.connect(self.place_fields)

    def build(self) -> None:
        """Make a field for every column; what was typed stays where the column stays."""
        before, self.fields = self.fields, {}
        for column in self._genes.columns:
            field = before.pop(column.name, None) or self._field(column.name)
            field.setPlaceholderText("filter" if not column.numeric else "> …")
            field.setToolTip(_tip(column))
            self.fields[column.name] = field
        for field in before.values():
            field.hide()
            field.deleteLater()
        self.place_fields()

    def complain(self) -> None:
        """Mark the fields whose text the model could not use."""
        for column in self._genes.columns:
            field = self.fields[column.name]
            complaint = self._genes.complaints.get(column.name, "")
            tip = complaint or _tip(column)
            if field.toolTip() != tip:
                field.setStyleSheet(f"border: 1px solid {ERROR};" if complaint else "")
                field.setToolTip(tip)

    def clear(self) -> None:
        """Clear all fields without emitting signals."""
        for field in self.fields.values():
            field.blockSignals(True)
            field.clear()
            field.blockSignals(False)

    def sizeHint(self) -> QSize:
        """Return the size with the fields."""
        size: QSize = super().sizeHint()
        return QSize(size.width(), size.height() + self._field_height() + _GAP)

    def updateGeometries(self) -> None:
        """Leave room for the fields."""
        self.setViewportMargins(0, 0, 0, self._field_height() + _GAP)
        super().updateGeometries()
        self.place_fields()

    def _field(self, name: str) -> QLineEdit:
        field = QLineEdit(self)
        field.installEventFilter(self)
        field.textChanged.connect(lambda typed: self.filtered.emit(name, typed))
        return field

    def _field_height(self) -> int:
        return self.fontMetrics().height() + 8

    def place_fields(self, *_changed: int) -> None:
        """Put every field under its section, wherever the table is scrolled to."""
        top = self.height() - self._field_height() - _GAP
        for section, column in enumerate(self._genes.columns):
            field = self.fields.get(column.name)
            if field is None:
                continue
            left, width = self.sectionViewportPosition(section), self.sectionSize(section)
            field.setGeometry(left + 1, top, max(width - 2, 0), self._field_height())
            field.setVisible(not self.isSectionHidden(section))

    @while_whole
    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Emit the column of a field that got the focus by Tab, as it may be out of view."""
        if event is not None and event.type() == QEvent.Type.FocusIn:
            for name, field in self.fields.items():
                if field is watched:
                    self.entered.emit(name)
        return super().eventFilter(watched, event)


def _tip(column: GeneColumn) -> str:
    return _GENE_TIP if column.name == GENE else _TIPS[column.numeric]
