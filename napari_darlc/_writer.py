"""File › Save: the result file of what a layer of ours belongs to."""

from __future__ import annotations

from typing import Any


def write_result(path: str, data: Any, attributes: dict[str, Any]) -> list[str]:
    """Write the current viewer's result file; returns nothing where there is no result."""
    import napari
    from napari.utils.notifications import show_error

    from napari_darlc.viewer_session import session_of

    viewer = napari.current_viewer()
    result = None if viewer is None else session_of(viewer).result
    if result is None:
        show_error("There is no result to save yet: train first.")
        return []
    return [str(result.save(path))]
