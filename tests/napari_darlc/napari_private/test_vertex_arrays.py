"""No vertex array stays enabled once a frame is drawn, also of layers that are gone."""

from __future__ import annotations

import napari
import numpy as np
from OpenGL.GL import GL_VERTEX_ATTRIB_ARRAY_ENABLED, glGetVertexAttribiv
from vispy.gloo.glir import GlirProgram

from napari_darlc.napari_private.vertex_arrays import disable_arrays_after_drawing
from napari_darlc.viewer_session import session_of

#: So many every OpenGL has at least.
LOCATIONS = 16


def enabled(viewer: napari.Viewer) -> list[int]:
    """Draw the canvas; return the locations of the arrays that are enabled afterwards."""
    viewer.screenshot(canvas_only=True, flash=False)
    viewer.window._qt_viewer.canvas.native.makeCurrent()
    return [
        location
        for location in range(LOCATIONS)
        if np.ravel(glGetVertexAttribiv(location, GL_VERTEX_ATTRIB_ARRAY_ENABLED))[0]
    ]


def test_no_array_stays_enabled(viewer: napari.Viewer) -> None:
    session_of(viewer)  # a window in which the plugin is used
    viewer.add_image(np.zeros((4, 4), dtype=np.float32))
    points = viewer.add_points(np.ones((50, 2)))
    assert enabled(viewer) == []
    viewer.layers.remove(points)
    assert enabled(viewer) == []


def test_what_is_drawn_is_drawn_as_before(viewer: napari.Viewer) -> None:
    session_of(viewer)
    viewer.add_points(np.array([[0.0, 0.0], [9.0, 9.0]]), size=4, face_color="red", border_width=0)
    for _ in range(2):
        picture = viewer.screenshot(canvas_only=True, flash=False)
        red = (picture[..., 0] > 200) & (picture[..., 1] < 50) & (picture[..., 2] < 50)
        assert red.any()


def test_it_is_done_once() -> None:
    disable_arrays_after_drawing()
    once = GlirProgram._post_draw
    disable_arrays_after_drawing()
    assert GlirProgram._post_draw is once
