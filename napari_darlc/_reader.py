"""The reader that napari asks about every path: it answers at once and loads in a worker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from darlc.io import find_format
from napari_darlc import PLUGIN

#: Napari's own readers.
_NAPARI = "napari"
Paths = str | Sequence[str]
Reader = Callable[[Paths], list[tuple[Any, ...]]]


def napari_get_reader(path: Paths) -> Reader | None:
    """Return the reader of a dataset; None for what is none, and for several at once.

    What nobody else reads is taken, to say what is wrong with it; so is a folder that is left to
    napari's own reader, which is then asked here: folders come to us first.
    """
    paths = [path] if isinstance(path, str) else list(path)
    if len(paths) != 1:
        return None
    if find_format(paths[0]) is not None:
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
    # Here and not above: napari waits for this module before it knows whose the path is.
    from napari_darlc.opening.calling_viewer import calling_viewer
    from napari_darlc.viewer_session import open_path

    if (viewer := calling_viewer()) is None:
        raise RuntimeError("darlc shows datasets in a viewer: open one first.")
    open_path(viewer, Path(path if isinstance(path, str) else path[0]))
    # Napari's word for "read, and there is no layer to add": the Session adds them when ready.
    return [(None,)]


def _read_theirs(path: Paths) -> list[tuple[Any, ...]]:
    """Have napari read a folder; where it cannot, say what we would have needed."""
    import npe2

    try:
        return list(
            npe2.read(
                [path if isinstance(path, str) else path[0]], stack=False, plugin_name=_NAPARI
            )
        )
    except Exception:  # whatever its many readers raise about what is no picture
        return _read(path)
