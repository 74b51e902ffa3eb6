"""Who reads files that are dropped on a window or opened by its menu, where napari would ask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias
from weakref import ref

from napari.viewer import ViewerModel

from napari_darlc.napari_private.windows import viewer_widget

#: Opens the paths as napari does: by a reader of that name, or by one that the user is asked for.
AsNapari: TypeAlias = Callable[[str | None], None]


def choose_readers(
    viewer: ViewerModel, choose: Callable[[ViewerModel, list[str], AsNapari], None]
) -> None:
    """Choose the reader of files wherever the user has not.

    Drops and the Open entries of the File menu all pass through one method of a widget, which
    takes the name of a reader; napari has no public place to answer its question.

    Parameters
    ----------
    viewer
        Whose window; nothing is done where it has none.
    choose
        Called with the viewer, the paths, and what opens them as napari does.
    """
    widget = viewer_widget(viewer)
    if widget is None:
        return
    theirs = type(widget)._qt_open
    owner = ref(widget)

    def _qt_open(
        filenames: list[str],
        stack: Any = False,
        choose_plugin: bool = False,
        plugin: str | None = None,
        **kwargs: Any,
    ) -> None:
        asked = owner()

        def as_napari(reader: str | None) -> None:
            theirs(asked, filenames, stack, choose_plugin, reader, **kwargs)

        if asked is None or plugin is not None or stack or choose_plugin:
            as_napari(plugin)
        else:
            choose(asked.viewer, filenames, as_napari)

    widget._qt_open = _qt_open
