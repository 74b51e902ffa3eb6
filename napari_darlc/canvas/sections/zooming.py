"""The mouse zooms and moves all sections together, each within its panel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from weakref import ref

import numpy as np
from napari.viewer import ViewerModel
from numpy.typing import NDArray

from napari_darlc.canvas.sections.mosaic import Window
from napari_darlc.session.signals import Signal

#: How many times larger everything is after one step of the wheel.
_STEP = 1.2


class ZoomTogether:
    """Takes wheel and drags over the canvas in place of napari's camera, while it is on.

    Parameters
    ----------
    viewer
        Whose canvas; held weakly.
    """

    #: Emitted when another part of the sections is wanted.
    changed = Signal()

    def __init__(self, viewer: ViewerModel | None) -> None:
        self._viewer = ref(viewer) if viewer is not None else None
        self._on = False
        #: The part that is seen.
        self.window = Window()
        self._middles: NDArray[np.float64] = np.zeros((1, 2))
        self._size = np.ones(2)

    def begin(self, middles: NDArray[np.float64], size: NDArray[np.float64]) -> None:
        """Take the mouse.

        Parameters
        ----------
        middles
            (S, 2) the middle of each panel, (y, x) in the layers' units.
        size
            Height and width of a panel.
        """
        self._middles, self._size = middles, size
        viewer = None if self._viewer is None else self._viewer()
        if viewer is not None and not self._on:
            self._on = True
            viewer.scene.camera.mouse_zoom = viewer.scene.camera.mouse_pan = False
            viewer.mouse_wheel_callbacks.append(self._on_wheel)
            viewer.mouse_drag_callbacks.append(self._on_drag)

    def end(self) -> None:
        """Give the mouse back, and see whole sections the next time."""
        viewer = None if self._viewer is None else self._viewer()
        self.window = Window()
        if viewer is not None and self._on:
            self._on = False
            viewer.scene.camera.mouse_zoom = viewer.scene.camera.mouse_pan = True
            viewer.mouse_wheel_callbacks.remove(self._on_wheel)
            viewer.mouse_drag_callbacks.remove(self._on_drag)

    def _on_wheel(self, _viewer: ViewerModel, event: Any) -> None:
        where = np.array(event.position[-2:])
        about = where - self._middles
        nearest = about[np.hypot(*about.T).argmin()]
        self._see(self.window.zoomed(_STEP ** float(event.delta[1]), nearest))
        event.handled = True

    def _on_drag(self, _viewer: ViewerModel, event: Any) -> Iterator[None]:
        last = np.array(event.position[-2:])
        yield
        while event.type == "mouse_move":
            where = np.array(event.position[-2:])
            self._see(self.window.moved(where - last))
            last = where
            yield

    def _see(self, window: Window) -> None:
        window = window.kept_inside(self._size)
        if window != self.window:
            self.window = window
            self.changed.emit()
