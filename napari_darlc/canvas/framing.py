"""What the canvas is fitted to, also while docks and the window change its size."""

from __future__ import annotations

from collections.abc import Sequence
from weakref import ref

import numpy as np
from napari.layers import Layer
from napari.viewer import ViewerModel

#: Rounding of zoom and centre on their way to the canvas and back, of their size.
_ROUNDING = 1e-3


class Framing:
    """Fits the canvas to layers, and again at every other size, until the user moves the camera.

    Parameters
    ----------
    viewer
        Whose camera; held weakly.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = ref(viewer)
        self._framed: tuple[ref[Layer], ...] = ()
        self._margin = 0.0
        self._seen: tuple[float, ...] = ()
        viewer.canvas.events.size.connect(self._on_size)

    def fit(self, layers: Sequence[Layer], margin: float) -> None:
        """Fit the canvas to layers.

        Parameters
        ----------
        layers
            What is to be seen.
        margin
            Free space around them, of the canvas.
        """
        viewer = self._viewer()
        if viewer is not None:
            self._framed, self._margin = tuple(map(ref, layers)), margin
            viewer.reset_view(layers=list(layers), margin=margin)
            self._seen = _camera(viewer)

    def _on_size(self) -> None:
        viewer = self._viewer()
        if viewer is None or not self._framed:
            return
        layers = [layer for each in self._framed if (layer := each()) is not None]
        there = len(layers) == len(self._framed) and all(each in viewer.layers for each in layers)
        if there and np.allclose(_camera(viewer), self._seen, rtol=_ROUNDING):
            self.fit(layers, self._margin)
        else:
            self._framed = ()


def _camera(viewer: ViewerModel) -> tuple[float, ...]:
    camera = viewer.scene.camera
    return (camera.zoom, *camera.center[-2:])
