"""napari's reader: it decides quickly whether a path is a dataset, and loads it in a thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from darlc.data.keys import STUDY_FILE
from darlc.io import find_format
from darlc.io.listing import names
from napari_darlc import PLUGIN

#: Napari's own readers.
_NAPARI = "napari"
Paths = str | Sequence[str]
Reader = Callable[[Paths], list[tuple[Any, ...]]]


def napari_get_reader(path: Paths) -> Reader | None:
    """Return the reader of a dataset; None for other paths, and for several at once.

    Paths that no other reader accepts are accepted too, to say what is wrong with them. So are
    folders that only napari's own reader accepts, which is then called from here.
    """
    paths = [path] if isinstance(path, str) else list(path)
    if len(paths) != 1:
        return None
    if find_format(paths[0]) is not None or STUDY_FILE in names(Path(paths[0])):
        return _read
    others = _others(paths[0])
    if not others:
        return _read
    return _read_theirs if others == {_NAPARI} and Path(paths[0]).is_dir() else None


def _others(path: str) -> set[str]:
    """Return the other plugins that may read a path."""
    from npe2 import PluginManager

    readers = PluginManager.instance().iter_compatible_readers([path])
    return {reader.plugin_name for reader in readers} - {PLUGIN}


def _read(path: Paths) -> list[tuple[Any, ...]]:
    # Imported here, because napari imports this module for every path that is opened.
    from napari_darlc.opening.calling_viewer import calling_viewer
    from napari_darlc.viewer_session import open_path

    if (viewer := calling_viewer()) is None:
        raise RuntimeError("datasets are shown in a viewer: open a napari viewer first.")
    open_path(viewer, Path(path if isinstance(path, str) else path[0]))
    # napari's value for "read, without layers to add": the Session adds its layers later.
    return [(None,)]


def _read_theirs(path: Paths) -> list[tuple[Any, ...]]:
    """Have napari read a folder; if it cannot, show which dataset was expected."""
    import npe2

    try:
        return list(
            npe2.read(
                [path if isinstance(path, str) else path[0]], stack=False, plugin_name=_NAPARI
            )
        )
    except Exception:  # its readers raise many kinds of errors on files that are not images
        return _read(path)
