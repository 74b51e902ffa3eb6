"""File › Open Sample: a simulated tissue."""

from __future__ import annotations

from typing import Any


def simulated_tissue() -> list[tuple[Any, ...]]:
    """Open a simulated tissue in the current viewer; it is made in a worker."""
    import napari

    from napari_darlc.opening import open_simulated

    if (viewer := napari.current_viewer()) is not None:
        open_simulated(viewer)
    return []
