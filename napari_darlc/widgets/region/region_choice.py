"""Which region is meant, and what it is compared with."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakMethod

from napari.layers import Labels, Layer, Shapes
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_darlc.widgets.region.region_box import RegionBox
from napari_darlc.widgets.region.regions import Region

if TYPE_CHECKING:
    import napari

_REST = "the rest of the tissue"


class RegionChoice(QWidget):
    """Choose a region, and another one or the rest of the tissue to compare it with.

    Parameters
    ----------
    viewer
        Whose layers are offered.
    """

    #: A value was chosen by the user, or the button was pressed.
    chosen = Signal()
    #: The user wants to draw a region.
    draw_wanted = Signal()
    #: A layer has another name.
    renamed = Signal(object)

    def __init__(self, viewer: napari.Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._annotations: dict[str, tuple[str, ...]] = {}
        self._layers: list[Layer] = []
        self.box, self.other = RegionBox(), RegionBox(_REST)
        self.source, self.value = self.box.source, self.box.value
        self.other.setToolTip("What the region is compared with")
        self.draw = QPushButton("Draw a region")
        self.draw.setToolTip("Add a layer and draw on the tissue: press, drag round, let go")
        self.ask = QPushButton("Find its genes")
        self.ask.setToolTip("Compare the observations inside of the region with all others")
        self.box.chosen.connect(self.chosen)
        self.box.changed.connect(self._on_changed)
        self.other.changed.connect(self._on_changed)
        self.draw.clicked.connect(self.draw_wanted)
        self.ask.clicked.connect(self.chosen)
        self._against = QWidget()
        against, buttons = QHBoxLayout(self._against), QHBoxLayout()
        against.setContentsMargins(0, 0, 0, 0)
        against.addWidget(QLabel("against"))
        against.addWidget(self.other, 1)
        buttons.addWidget(self.draw)
        buttons.addWidget(self.ask)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.box)
        layout.addWidget(self._against)
        layout.addLayout(buttons)
        self.destroyed.connect(partial(_release, self._layers, WeakMethod(self._on_name)))
        self.refresh()

    @property
    def region(self) -> Region | None:
        """What is chosen; None where there is nothing to choose from."""
        return self.box.region

    @property
    def against(self) -> Region | None:
        """What it is compared with; None for the rest of the tissue."""
        return self.other.region

    def offer(self, annotations: dict[str, tuple[str, ...]]) -> None:
        """Offer the columns of another dataset, with their values."""
        self._annotations = annotations
        self.refresh()

    def refresh(self) -> None:
        """Offer the layers that there are now; what was chosen stays chosen where it can."""
        layers = [layer for layer in self._viewer.layers if _may_hold_regions(layer)]
        for layer in self._layers:
            if layer not in layers:
                layer.events.name.disconnect(self._on_name)
        for layer in layers:
            if layer not in self._layers:
                layer.events.name.connect(self._on_name)
        self._layers[:] = layers
        for box in (self.box, self.other):
            box.offer(self._annotations, layers)

    def choose(self, column: str, value: str) -> None:
        """Choose a value of a column, where they are offered."""
        self.box.choose(column, value)

    def choose_layer(self, layer: Layer) -> None:
        """Choose a layer, where it is offered."""
        self.box.choose_layer(layer)

    def _on_name(self, event: Any) -> None:
        self.refresh()
        self.renamed.emit(event.source)

    def _on_changed(self) -> None:
        there = self.box.region is not None
        self.ask.setEnabled(there)
        self._against.setVisible(there)


def _may_hold_regions(layer: Layer) -> bool:
    """Return whether a layer is of shapes, or of labels that the user can paint."""
    return isinstance(layer, Shapes) or (
        isinstance(layer, Labels) and layer.ndim == 2 and layer.editable
    )


def _release(layers: list[Layer], weak: WeakMethod[Any]) -> None:
    if (method := weak()) is not None:
        for layer in layers:
            layer.events.name.disconnect(method)
