"""The reader that napari asks about every path: it answers at once and loads in a worker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from darlc.data.io import find_format

Paths = str | Sequence[str]
Reader = Callable[[Paths], list[tuple[Any, ...]]]


def napari_get_reader(path: Paths) -> Reader | None:
    """Return the reader of a dataset; None for what is none, and for several at once."""
    paths = [path] if isinstance(path, str) else list(path)
    return _read if len(paths) == 1 and find_format(paths[0]) is not None else None


def _read(path: Paths) -> list[tuple[Any, ...]]:
    # Here and not above: napari waits for this module before it knows whose the path is.
    import napari

    from napari_darlc.opening import open_path

    if (viewer := napari.current_viewer()) is None:
        raise RuntimeError("darlc shows datasets in a viewer: open one first.")
    open_path(viewer, Path(path if isinstance(path, str) else path[0]))
    # Napari's word for "read, and there is no layer to add": the Session adds them when ready.
    return [(None,)]
