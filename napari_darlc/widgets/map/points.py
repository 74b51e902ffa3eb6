"""The points of the gene map, drawn by the graphics card."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QTimer
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QVBoxLayout, QWidget
from vispy.scene import SceneCanvas
from vispy.scene.visuals import Markers

from napari_darlc.widgets.map.viewport import MapView


class PointCloud(QWidget):
    """Discs in a plane, in the order in which they are given; later ones lie on top.

    When a dock is floated or docked again, Qt makes a new OpenGL context and what was drawn in
    the old one is lost; the canvas is then made anew.
    """

    def __init__(self) -> None:
        super().__init__()
        self._points = np.zeros((0, 2), dtype=np.float32)
        self._colours = np.zeros((0, 4), dtype=np.float32)
        self._sizes = np.zeros(0, dtype=np.float32)
        self._view = MapView(1, 1)
        self._ground = "#000000"
        #: Whether the canvas has a context, and whether it had one that is gone.
        self._begun = self._lost = False
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._make_canvas()

    @property
    def canvas(self) -> SceneCanvas:
        """The vispy canvas, for as long as its context lives."""
        return self._canvas

    def draw(
        self,
        points: NDArray[np.float32],
        colours: NDArray[np.float32],
        sizes: NDArray[np.float32],
    ) -> None:
        """Show points.

        Parameters
        ----------
        points
            (n, 2) in units of the plane.
        colours
            (n, 4) in [0, 1].
        sizes
            (n,) diameters in pixels of the screen.
        """
        self._points, self._colours, self._sizes = points, colours, sizes
        self._draw()

    def look(self, view: MapView) -> None:
        """Show a part of the plane."""
        self._view = view
        self._box.camera.rect = view.rect

    def set_ground(self, colour: QColor) -> None:
        """Lay the points on a colour."""
        self._ground = colour.name()
        self._canvas.bgcolor = self._ground

    def _make_canvas(self) -> None:
        self._begun = self._lost = False
        self._canvas = SceneCanvas(keys=None, bgcolor=self._ground, parent=self)
        self._canvas.events.initialize.connect(self._on_context)
        self._box = self._canvas.central_widget.add_view(camera="panzoom")
        # The mouse is heard by whatever lies above.
        self._box.camera.interactive = False
        self._markers = Markers(parent=self._box.scene)
        self._markers.set_gl_state("translucent", depth_test=False, cull_face=False)
        layout = self.layout()
        assert layout is not None
        layout.addWidget(self._canvas.native)
        self.look(self._view)
        self._draw()

    def _draw(self) -> None:
        self._markers.visible = not self._lost and len(self._points) > 0
        if self._markers.visible:
            self._markers.set_data(
                self._points, size=self._sizes, edge_width=0, face_color=self._colours
            )

    def _on_context(self, event: object) -> None:
        if not self._begun:
            self._begun = True
        elif not self._lost:
            self._lost = True
            self._draw()
            QTimer.singleShot(0, self._make_anew)

    def _make_anew(self) -> None:
        layout = self.layout()
        assert layout is not None
        layout.removeWidget(self._canvas.native)
        self._canvas.native.hide()
        self._canvas.close()
        self._make_canvas()
        self._canvas.native.show()
