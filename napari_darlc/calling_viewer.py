"""Which viewer a reader is asked by: there may be several, and napari does not tell."""

from __future__ import annotations

import inspect

import napari
from napari.viewer import ViewerModel


def calling_viewer() -> ViewerModel | None:
    """Return the viewer that called, by any number of steps; else the one that was used last."""
    frame = inspect.currentframe()
    while frame is not None:
        if isinstance(viewer := frame.f_locals.get("self"), ViewerModel):
            return viewer
        frame = frame.f_back
    return napari.current_viewer()
