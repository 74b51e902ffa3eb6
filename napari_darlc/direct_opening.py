"""A dataset that is dropped or opened by menu is read at once, without a question about readers.

Napari asks which reader to use whenever two plugins accept folders, and its own reader accepts
all of them. Once this plugin is in use in a window, a path that is a dataset is not asked about.
"""

from __future__ import annotations

from typing import Any
from weakref import ref

from napari.plugins.utils import get_preferred_reader
from qtpy.QtWidgets import QWidget

from darlc.data.io import find_format

PLUGIN = "napari-darlc"


def open_datasets_directly(qt_viewer: QWidget) -> None:
    """Name the reader where it is known to be ours and the user has not chosen another one.

    Drops and the Open entries of the File menu all pass through one method, which takes the
    name of a reader; napari has no other place to answer its question.

    Parameters
    ----------
    qt_viewer
        The widget that opens files in a window.
    """
    ask = getattr(type(qt_viewer), "_qt_open", None)
    if ask is None:
        return
    owner = ref(qt_viewer)

    def _qt_open(
        filenames: list[str],
        stack: Any = False,
        choose_plugin: bool = False,
        plugin: str | None = None,
        **kwargs: Any,
    ) -> None:
        if plugin is None and not stack and not choose_plugin and all(map(_is_ours, filenames)):
            plugin = PLUGIN
        ask(owner(), filenames, stack, choose_plugin, plugin, **kwargs)

    qt_viewer._qt_open = _qt_open  # type: ignore[attr-defined]


def _is_ours(path: str) -> bool:
    return find_format(path) is not None and get_preferred_reader(path) is None
