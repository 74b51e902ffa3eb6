"""One region, chosen among annotations, layers of shapes and painted labels."""

from __future__ import annotations

from collections.abc import Sequence

from napari.layers import Labels, Layer, Shapes
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy, QSpinBox, QWidget

from napari_darlc.widgets.region.regions import (
    AnnotatedRegion,
    DrawnRegion,
    PaintedRegion,
    Region,
)

_MOST_LABELS = 2**31 - 1


class RegionBox(QWidget):
    """A list of columns and layers, and for a column its values, for labels a number.

    Parameters
    ----------
    rest
        What no region at all is called; it is the first choice. Empty where a region is needed.
    """

    #: A value was chosen by the user.
    chosen = Signal()
    #: Another region is chosen.
    changed = Signal()

    def __init__(self, rest: str = "") -> None:
        super().__init__()
        self._rest = rest
        self._annotations: dict[str, tuple[str, ...]] = {}
        self._layers: list[Layer] = []
        self.source = QComboBox()
        self.source.setToolTip(
            "An annotation of the observations, or a layer of drawn shapes or of painted labels"
        )
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
        self.label = QSpinBox()
        self.label.setRange(1, _MOST_LABELS)
        self.label.setPrefix("label ")
        self.label.setToolTip("The number that the region was painted with")
        self.source.currentIndexChanged.connect(self._on_source)
        self.value.activated.connect(lambda _index: self.chosen.emit())
        self.value.currentIndexChanged.connect(lambda _index: self.changed.emit())
        self.label.valueChanged.connect(lambda _value: self.changed.emit())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.source, 1)
        row.addWidget(self.value, 1)
        row.addWidget(self.label, 1)
        self.offer({}, [])

    @property
    def region(self) -> Region | None:
        """What is chosen; None for the rest, or where there is nothing to choose from."""
        source = self.source.currentData()
        if isinstance(source, str):
            return AnnotatedRegion(source, self.value.currentText())
        if source is None:
            return None
        layer = self._layers[source]
        if isinstance(layer, Labels):
            return PaintedRegion(layer, self.label.value())
        assert isinstance(layer, Shapes)
        return DrawnRegion(layer)

    def offer(self, annotations: dict[str, tuple[str, ...]], layers: Sequence[Layer]) -> None:
        """Offer columns with their values, and layers; what was chosen stays where it can."""
        before = self.region
        self._annotations, self._layers = annotations, list(layers)
        self.source.blockSignals(True)
        self.source.clear()
        if self._rest:
            self.source.addItem(self._rest, None)
        for column in annotations:
            self.source.addItem(column, column)
        for i, layer in enumerate(self._layers):
            kind = "labels" if isinstance(layer, Labels) else "shapes"
            self.source.addItem(f"{kind}: {layer.name}", i)
        self.source.blockSignals(False)
        if isinstance(before, AnnotatedRegion):
            self.choose(before.column, before.value)
        elif before is not None:
            self.choose_layer(before.layer)
        self._on_source()

    def choose(self, column: str, value: str) -> None:
        """Choose a value of a column, where they are offered."""
        if value in self._annotations.get(column, ()):
            self.source.setCurrentIndex(self.source.findData(column))
            self._on_source()
            self.value.setCurrentText(value)

    def choose_layer(self, layer: Layer) -> None:
        """Choose a layer, where it is offered."""
        if layer in self._layers:
            self.source.setCurrentIndex(self.source.findData(self._layers.index(layer)))

    def _on_source(self, _index: int = 0) -> None:
        source = self.source.currentData()
        values = self._annotations.get(source, ()) if isinstance(source, str) else ()
        if [self.value.itemText(i) for i in range(self.value.count())] != list(values):
            self.value.clear()
            self.value.addItems(values)
        self.value.setVisible(bool(values))
        self.label.setVisible(isinstance(source, int) and isinstance(self._layers[source], Labels))
        self.source.setVisible(self.source.count() > bool(self._rest))
        self.changed.emit()
