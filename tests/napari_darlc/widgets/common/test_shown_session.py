"""A view shows what it was given, and else what its viewer shows."""

from __future__ import annotations

from napari.components import ViewerModel

from napari_darlc.session.session import Session
from napari_darlc.viewer_session import session_of, viewers
from napari_darlc.widgets.common.shown_session import shown_session


def test_a_view_without_a_session_shows_that_of_its_viewer() -> None:
    viewer = ViewerModel()
    assert shown_session(viewer, None) is session_of(viewer)


def test_a_given_session_is_shown_and_the_viewer_gets_none() -> None:
    viewer, given = ViewerModel(), Session()
    assert shown_session(viewer, given) is given
    assert viewer not in viewers()
