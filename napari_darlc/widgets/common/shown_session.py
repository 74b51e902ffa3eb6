"""Which session a view shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_darlc.session.session import Session
from napari_darlc.viewer_session import session_of

if TYPE_CHECKING:
    import napari
    from napari.viewer import ViewerModel


def shown_session(viewer: napari.Viewer | ViewerModel, session: Session | None) -> Session:
    """Return the session that a view was given, and else that of its viewer.

    A session that was given is shown without the viewer, which then need not have one.

    Parameters
    ----------
    viewer
        The viewer that the view belongs to.
    session
        What the view was given.
    """
    return session_of(viewer) if session is None else session
