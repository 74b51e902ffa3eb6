"""Who writes layers that are saved: napari's dialog decides by its own list of types."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeAlias

from napari.components import LayerList
from napari.viewer import ViewerModel
from npe2.manifest.contributions import WriterContribution

#: Writes the layers as napari does: by that writer, or by the first that can.
AsNapari: TypeAlias = Callable[[WriterContribution | None], list[str]]
Choose: TypeAlias = Callable[[LayerList, str, bool, WriterContribution | None, AsNapari], list[str]]


def choose_writers(viewer: ViewerModel, choose: Choose) -> None:
    """Choose the writer of layers wherever the user has not named a plugin.

    The dialogs of the File menu and scripts pass through one method of the list of layers, to
    which the dialogs hand the writer of the type that stands in them as a private argument.

    Parameters
    ----------
    viewer
        Whose layers are saved.
    choose
        Called with the layers, the path, whether only selected layers are wanted, the writer that
        stands in the dialog, if any, and what writes them as napari does. Returns the paths that
        were written.
    """
    layers, theirs = viewer.layers, viewer.layers.save

    def save(
        path: str | os.PathLike[str],
        *,
        selected: bool = False,
        plugin: str | None = None,
        _writer: WriterContribution | None = None,
    ) -> list[str]:
        def as_napari(writer: WriterContribution | None) -> list[str]:
            return theirs(os.fspath(path), selected=selected, plugin=plugin, _writer=writer)

        if plugin is not None:
            return as_napari(_writer)
        return choose(layers, os.fspath(path), selected, _writer, as_napari)

    # An attribute of the list itself: no other viewer's layers are concerned.
    object.__setattr__(layers, "save", save)
