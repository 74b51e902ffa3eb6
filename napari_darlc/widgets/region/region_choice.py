"""Which region is meant: a layer of drawn shapes, or a value of an annotation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakMethod

from napari.layers import Shapes
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

if TYPE_CHECKING:
    import napari


@dataclass(frozen=True, eq=False)
class DrawnRegion:
    """The closed shapes of a layer."""

    layer: Shapes


@dataclass(frozen=True)
class AnnotatedRegion:
    """The observations with one value in a column of ``obs``."""

    column: str
    value: str


class RegionChoice(QWidget):
    """Choose a layer of shapes or a column of ``obs``, and for a column one of its values.

    Parameters
    ----------
    viewer
        Whose layers are offered.
    """

    #: A value or a layer was chosen by the user.
    chosen = Signal()
    #: The user wants to draw a region.
    draw_wanted = Signal()
    #: A layer has another name.
    renamed = Signal(object)

    def __init__(self, viewer: napari.Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._annotations: dict[str, tuple[str, ...]] = {}
        self._layers: list[Shapes] = []
        self.source = QComboBox()
        self.source.setToolTip("An annotation of the observations, or a layer of drawn shapes")
        self.value = QComboBox()
        self.value.setToolTip(
            "Observations with this value are the region; those without any\n"
            "annotation are left out"
        )
        for box in (self.source, self.value):
            box.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            box.setMinimumContentsLength(8)
            box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.draw = QPushButton("Draw a region")
        self.draw.setToolTip("Add a layer and draw on the tissue: press, drag round, let go")
        self.ask = QPushButton("Find its genes")
        self.ask.setToolTip("Compare the observations inside of the region with all others")
        self.source.currentIndexChanged.connect(self._on_source)
        self.value.activated.connect(lambda _index: self.chosen.emit())
        self.draw.clicked.connect(self.draw_wanted)
        self.ask.clicked.connect(self.chosen)
        boxes, buttons = QHBoxLayout(), QHBoxLayout()
        boxes.addWidget(self.source, 1)
        boxes.addWidget(self.value, 1)
        buttons.addWidget(self.draw)
        buttons.addWidget(self.ask)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(boxes)
        layout.addLayout(buttons)
        self.destroyed.connect(partial(_release, self._layers, WeakMethod(self._on_name)))
        self.refresh()

    @property
    def region(self) -> DrawnRegion | AnnotatedRegion | None:
        """What is chosen; None where there is nothing to choose from."""
        source = self.source.currentData()
        if isinstance(source, str):
            return AnnotatedRegion(source, self.value.currentText())
        return None if source is None else DrawnRegion(self._layers[source])

    def offer(self, annotations: dict[str, tuple[str, ...]]) -> None:
        """Offer the columns of another dataset, with their values."""
        self._annotations = annotations
        self.refresh()

    def refresh(self) -> None:
        """Offer the layers that there are now; what was chosen stays chosen where it can."""
        before = self.region
        layers = [layer for layer in self._viewer.layers if isinstance(layer, Shapes)]
        for layer in self._layers:
            if layer not in layers:
                layer.events.name.disconnect(self._on_name)
        for layer in layers:
            if layer not in self._layers:
                layer.events.name.connect(self._on_name)
        self._layers[:] = layers
        self.source.blockSignals(True)
        self.source.clear()
        for column in self._annotations:
            self.source.addItem(column, column)
        for i, layer in enumerate(self._layers):
            self.source.addItem(f"shapes: {layer.name}", i)
        self.source.blockSignals(False)
        if isinstance(before, DrawnRegion):
            self.choose_layer(before.layer)
        elif before is not None:
            self.choose(before.column, before.value)
        self._on_source()

    def choose(self, column: str, value: str) -> None:
        """Choose a value of a column, where they are offered."""
        if value in self._annotations.get(column, ()):
            self.source.setCurrentIndex(self.source.findData(column))
            self._on_source()
            self.value.setCurrentText(value)

    def choose_layer(self, layer: Shapes) -> None:
        """Choose a layer, where it is offered."""
        if layer in self._layers:
            self.source.setCurrentIndex(self.source.findData(self._layers.index(layer)))

    def _on_name(self, event: Any) -> None:
        self.refresh()
        self.renamed.emit(event.source)

    def _on_source(self, _index: int = 0) -> None:
        source = self.source.currentData()
        values = self._annotations.get(source, ()) if isinstance(source, str) else ()
        if [self.value.itemText(i) for i in range(self.value.count())] != list(values):
            self.value.clear()
            self.value.addItems(values)
        self.value.setVisible(bool(values))
        self.source.setVisible(source is not None)
        self.ask.setEnabled(source is not None)


def _release(layers: list[Shapes], weak: WeakMethod[Any]) -> None:
    if (method := weak()) is not None:
        for layer in layers:
            layer.events.name.disconnect(method)
