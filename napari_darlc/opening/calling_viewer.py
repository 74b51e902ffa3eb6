"""The viewer that called a reader or writer, which napari does not pass on."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

import napari
from napari.components import LayerList
from napari.viewer import ViewerModel

from napari_darlc.napari_private.windows import viewer_shown_by


def calling_viewer(known: Iterable[ViewerModel] = ()) -> ViewerModel | None:
    """Return the viewer that called, directly or indirectly; else the one that was used last.

    Parameters
    ----------
    known
        Viewers whose lists of layers may be the callers.
    """
    by_layers = {id(viewer.layers): viewer for viewer in known}
    frame = inspect.currentframe()
    while frame is not None:
        # Methods of viewers, of windows and of lists of layers, and our replacement for saving.
        for name in ("self", "layers"):
            if (viewer := _viewer_of(frame.f_locals.get(name), by_layers)) is not None:
                return viewer
        frame = frame.f_back
    return napari.current_viewer()


def _viewer_of(caller: Any, by_layers: dict[int, ViewerModel]) -> ViewerModel | None:
    """Return the viewer that an object is, or belongs to; None for others."""
    if isinstance(caller, ViewerModel):
        return caller
    if isinstance(caller, LayerList):
        return by_layers.get(id(caller))
    return viewer_shown_by(caller)
