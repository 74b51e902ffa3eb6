"""What is drawn is deleted where it was drawn, whatever Qt draws in between."""

from __future__ import annotations

from collections.abc import Callable

import napari
import numpy as np
import pytest
from napari.viewer import ViewerModel
from pytestqt.qtbot import QtBot
from qtpy.QtGui import QOffscreenSurface, QOpenGLContext
from vispy.gloo.glir import GlirBuffer, GlirProgram, GlirTexture

from napari_darlc.napari_private.canvas_context import delete_in_own_context
from napari_darlc.napari_private.windows import scene_canvas
from napari_darlc.viewer_session import session_of


@pytest.fixture
def deletions(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, QOpenGLContext | None]]:
    """Return what was deleted of OpenGL, and the context that was current then."""
    seen: list[tuple[str, QOpenGLContext | None]] = []

    def watch(kind: type) -> None:
        delete = kind.delete

        def watched(self: object) -> None:
            seen.append((kind.__name__, QOpenGLContext.currentContext()))
            delete(self)

        monkeypatch.setattr(kind, "delete", watched)

    for kind in (GlirProgram, GlirBuffer, GlirTexture):
        watch(kind)
    return seen


@pytest.fixture
def draw_elsewhere() -> Callable[[], None]:
    """Return what makes a context current that shares with all others, as Qt does for a window."""
    surface, elsewhere = QOffscreenSurface(), QOpenGLContext()
    surface.create()
    elsewhere.setShareContext(QOpenGLContext.globalShareContext())
    assert elsewhere.create()

    def draw() -> None:
        assert elsewhere.makeCurrent(surface)

    return draw


@pytest.mark.parametrize("how", ["one", "selected", "all"])
def test_layers_are_deleted_in_the_context_of_the_canvas(
    how: str,
    viewer: napari.Viewer,
    deletions: list[tuple[str, QOpenGLContext | None]],
    draw_elsewhere: Callable[[], None],
    qtbot: QtBot,
) -> None:
    session_of(viewer)
    canvas = scene_canvas(viewer)
    assert canvas is not None
    viewer.add_points(np.zeros((5, 2)), size=1)
    viewer.add_image(np.eye(4, dtype=np.float32))
    qtbot.waitUntil(canvas.native.isValid)
    viewer.screenshot(canvas_only=True, flash=False)
    deletions.clear()
    draw_elsewhere()
    if how == "one":
        viewer.layers.remove(viewer.layers[0])
    elif how == "selected":
        viewer.layers.select_all()
        viewer.layers.remove_selected()
    else:
        viewer.layers.clear()
    own = canvas.native.context()
    assert "GlirProgram" in {kind for kind, _ in deletions}
    assert [kind for kind, current in deletions if current is not own] == []


def test_without_a_window_nothing_is_made_current() -> None:
    viewer = ViewerModel()
    delete_in_own_context(viewer)
    viewer.add_image(np.eye(4))
    viewer.layers.clear()
    assert len(viewer.layers) == 0
