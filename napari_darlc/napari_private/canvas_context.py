"""The OpenGL context that napari deletes its drawings in."""

from __future__ import annotations

from weakref import ref

from napari.viewer import ViewerModel

from napari_darlc.napari_private.windows import scene_canvas


def delete_in_own_context(viewer: ViewerModel) -> None:
    """Have shaders and buffers of removed layers deleted in the context that they were made in.

    Where a layer is removed, napari carries out what is left to do in OpenGL without making the
    context of its canvas current. Current is that of whatever was drawn last, such as another
    canvas or the window around them. As contexts are shared, most drivers bear that, but Mesa's
    OpenGL by the processor forgets which shader was in use, and ends the process at the next
    drawing with it. Without any current context nothing is deleted, and memory is lost.

    Parameters
    ----------
    viewer
        Viewer whose canvas it is; held weakly. Nothing happens where it has no window.
    """
    held = ref(viewer)

    def make_current(event: object) -> None:
        canvas = scene_canvas(held())
        if canvas is not None:
            canvas.set_current()

    # Napari's own listeners, which delete, hear that a layer is gone before any others do.
    viewer.layers.events.removing.connect(make_current)
