"""Which pattern is meant: what was painted, an image on the tissue, or that of some genes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any
from weakref import WeakMethod

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image, Labels, Layer
from numpy.typing import NDArray
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from napari_darlc.session.session import Session
from napari_darlc.widgets.common.following import follow

_SELECTION, _CURRENT = "the selected genes", "the current gene"


@dataclass(frozen=True, eq=False)
class OfLayer:
    """What a layer of labels or of an image shows."""

    layer: Labels | Image


@dataclass(frozen=True, eq=False)
class OfGenes:
    """What some genes have in common.

    Parameters
    ----------
    name
        What they are called.
    genes
        Positions among all genes.
    """

    name: str
    genes: NDArray[np.int64]


class PatternChoice(QWidget):
    """Choose a layer, the current or the selected genes, or a gene set.

    Parameters
    ----------
    viewer
        Whose layers are offered.
    session
        Whose genes and gene sets are offered.
    """

    #: The button was pressed.
    chosen = Signal()
    #: The user wants to paint.
    paint_wanted = Signal()

    def __init__(self, viewer: ViewerModel, session: Session) -> None:
        super().__init__()
        self._viewer, self._session = viewer, session
        self._layers: list[Layer] = []
        self.source = QComboBox()
        self.source.setToolTip("A layer of painted labels or of an image; genes; a gene set")
        self.source.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.source.setMinimumContentsLength(10)
        self.source.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.paint = QPushButton("Paint a pattern")
        self.paint.setToolTip("Add a layer and paint on the tissue where genes shall be high")
        self.ask = QPushButton("Find its genes")
        self.ask.setToolTip("Rank all genes by how well their counts follow the pattern")
        self.paint.clicked.connect(self.paint_wanted)
        self.ask.clicked.connect(self.chosen)
        buttons = QHBoxLayout()
        buttons.addWidget(self.paint)
        buttons.addWidget(self.ask)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.source)
        layout.addLayout(buttons)
        follow(
            self,
            (session.gene_sets_changed, self.refresh),
            (session.selection_changed, self.refresh),
            (session.dataset_changed, self.refresh),
        )
        self.destroyed.connect(partial(_release, self._layers, WeakMethod(self.refresh)))
        self.refresh()

    @property
    def pattern(self) -> OfLayer | OfGenes | None:
        """What is chosen; None where there is nothing to choose from."""
        session, chosen = self._session, self.source.currentData()
        if chosen is None:
            return None
        kind, which = chosen
        if kind == "layer":
            layer = self._layers[which]
            return OfLayer(layer) if isinstance(layer, Labels | Image) else None
        if kind == "selection":
            return OfGenes(_SELECTION, session.selection)
        if kind == "gene":
            return OfGenes(session.gene_label, np.array([session.gene]))
        return OfGenes(which, session.genes_of(which))

    def refresh(self, _event: object = None) -> None:
        """Offer what there is now; what was chosen stays chosen where it can."""
        before, layer = self.source.currentData(), self._chosen_layer
        layers = [each for each in self._viewer.layers if _may_hold_a_pattern(each)]
        for each in self._layers:
            if each not in layers:
                each.events.name.disconnect(self.refresh)
        for each in layers:
            if each not in self._layers:
                each.events.name.connect(self.refresh)
        self._layers[:] = layers
        self.source.blockSignals(True)
        self.source.clear()
        for i, each in enumerate(layers):
            kind = "labels" if isinstance(each, Labels) else "image"
            self.source.addItem(f"{kind}: {each.name}", ("layer", i))
        if self._session.images is not None:
            self.source.addItem(_CURRENT, ("gene", ""))
        if len(self._session.selection):
            self.source.addItem(_SELECTION, ("selection", ""))
        for name in self._session.gene_sets.names:
            self.source.addItem(f"set: {name}", ("set", name))
        self.source.blockSignals(False)
        if layer is not None:
            self.choose_layer(layer)
        elif before is not None:
            self.choose(*before)
        self.source.setVisible(self.source.count() > 0)
        self.ask.setEnabled(self.source.count() > 0)

    def choose(self, kind: str, name: str = "") -> None:
        """Choose ``gene``, ``selection``, or the ``set`` of a name, where it is offered."""
        for i in range(self.source.count()):
            if self.source.itemData(i) == (kind, name):
                self.source.setCurrentIndex(i)

    def choose_layer(self, layer: Layer) -> None:
        """Choose a layer, where it is offered."""
        if layer in self._layers:
            self.choose("layer", self._layers.index(layer))  # type: ignore[arg-type]

    @property
    def _chosen_layer(self) -> Layer | None:
        chosen = self.source.currentData()
        return self._layers[chosen[1]] if chosen is not None and chosen[0] == "layer" else None


def _may_hold_a_pattern(layer: Layer) -> bool:
    """Return whether a layer is of two dimensions: labels to paint, or an image of numbers."""
    if layer.ndim != 2 or not layer.editable:
        return False
    return isinstance(layer, Labels) or (isinstance(layer, Image) and not layer.rgb)


def _release(layers: list[Layer], weak: WeakMethod[Any]) -> None:
    if (method := weak()) is not None:
        for layer in layers:
            layer.events.name.disconnect(method)
