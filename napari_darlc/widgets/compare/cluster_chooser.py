"""A list of clusters, of which some are chosen."""

from __future__ import annotations

from collections.abc import Iterable

from qtpy.QtCore import QSignalBlocker, QSize, Qt, Signal
from qtpy.QtGui import QColor, QIcon, QPixmap
from qtpy.QtWidgets import QListWidget, QListWidgetItem

from napari_darlc.session.model import Model
from napari_darlc.widgets.common.style import ACCENT

_SWATCH = 14
_COLUMN = Qt.ItemDataRole.UserRole
#: Napari's themes leave boxes in lists black.
_STYLE = f"""
QListWidget {{ background: transparent; }}
QListWidget::indicator {{
    width: 11px; height: 11px; border: 1px solid gray; border-radius: 3px; background: transparent;
}}
QListWidget::indicator:hover {{ border-color: {ACCENT}; }}
QListWidget::indicator:checked {{ border-color: {ACCENT}; background: {ACCENT}; }}
"""


class ClusterChooser(QListWidget):
    """Clusters with colour, name and size, largest first, and a box to check each."""

    #: Emitted with the columns of the checked clusters when they changed.
    chosen = Signal(tuple)

    def __init__(self) -> None:
        super().__init__()
        self.setIconSize(QSize(_SWATCH, _SWATCH))
        self.setToolTip("Check clusters to see their consensus patterns on the tissue, added up")
        self.setMinimumHeight(90)
        self.setStyleSheet(_STYLE)
        self.itemChanged.connect(self._on_changed)

    def offer(self, model: Model | None) -> None:
        """List the clusters of a model; checked ones stay checked, by name."""
        checked = {item.text() for item in self._items() if _is_checked(item)}
        place = self.verticalScrollBar().value()
        with QSignalBlocker(self):
            self.clear()
            if model is not None and model.clusters is not None:
                sizes = model.clusters.sizes
                for column in (-sizes).argsort(kind="stable"):
                    if not sizes[column] or int(column) in model.hidden:
                        continue
                    name = model.names[column]
                    item = QListWidgetItem(_swatch(model.colours[column]), name, self)
                    item.setData(_COLUMN, int(column))
                    item.setToolTip(f"Cluster {name}: {sizes[column]} genes")
                    item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
                    item.setCheckState(_state(name in checked))
        self.verticalScrollBar().setValue(place)

    def columns(self) -> tuple[int, ...]:
        """Return the columns of the clusters that are checked, in their order."""
        return tuple(int(item.data(_COLUMN)) for item in self._items() if _is_checked(item))

    def check(self, columns: Iterable[int]) -> None:
        """Check these clusters and no others, without emitting a signal."""
        wanted = set(columns)
        with QSignalBlocker(self):
            for item in self._items():
                item.setCheckState(_state(int(item.data(_COLUMN)) in wanted))

    def _items(self) -> list[QListWidgetItem]:
        return [item for row in range(self.count()) if (item := self.item(row)) is not None]

    def _on_changed(self, _item: QListWidgetItem) -> None:
        self.chosen.emit(self.columns())


def _is_checked(item: QListWidgetItem) -> bool:
    return bool(item.checkState() == Qt.CheckState.Checked)


def _state(checked: bool) -> Qt.CheckState:
    return Qt.CheckState.Checked if checked else Qt.CheckState.Unchecked


def _swatch(colour: str) -> QIcon:
    picture = QPixmap(_SWATCH, _SWATCH)
    picture.fill(QColor(colour))
    return QIcon(picture)
