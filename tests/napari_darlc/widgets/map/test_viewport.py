"""Pan and zoom of the gene map, as arithmetic."""

from __future__ import annotations

import numpy as np
import pytest

from napari_darlc.widgets.map.viewport import MapView

POINTS = np.random.default_rng(0).normal(size=(50, 2)) * [3, 1] + [10, -4]


def test_the_whole_map_fills_the_canvas_but_a_margin() -> None:
    view = MapView.fit(POINTS, 400, 300)
    places = view.to_screen(POINTS)
    assert places.min() >= 0 and (places.max(axis=0) <= [400, 300]).all()
    assert np.ptp(places[:, 0]) == pytest.approx(400 * 0.88)
    assert view.scale == view.whole


def test_up_in_the_plane_is_up_on_the_screen() -> None:
    view = MapView.fit(POINTS, 400, 300)
    high, low = POINTS[POINTS[:, 1].argmax()], POINTS[POINTS[:, 1].argmin()]
    assert view.to_screen(high)[1] < view.to_screen(low)[1]


def test_screen_and_plane_are_each_others_inverse() -> None:
    view = MapView.fit(POINTS, 400, 300).zoomed(3, (10, 20)).panned(7, -9)
    np.testing.assert_allclose(view.to_plane(view.to_screen(POINTS)), POINTS)


def test_what_is_dragged_goes_with_the_mouse() -> None:
    view = MapView.fit(POINTS, 400, 300)
    moved = view.panned(30, -20).to_screen(POINTS) - view.to_screen(POINTS)
    np.testing.assert_allclose(moved, np.tile([30, -20], (50, 1)), atol=1e-9)


def test_what_lies_under_the_mouse_stays_when_zooming() -> None:
    view = MapView.fit(POINTS, 400, 300)
    at = view.to_screen(POINTS[7])
    near = view.zoomed(5, at)
    assert near.scale == pytest.approx(5 * view.scale)
    np.testing.assert_allclose(near.to_screen(POINTS[7]), at)


def test_zoom_has_its_ends() -> None:
    view = MapView.fit(POINTS, 400, 300)
    assert view.zoomed(1e9, (0, 0)).scale == pytest.approx(400 * view.whole)
    assert view.zoomed(1e-9, (0, 0)).scale == pytest.approx(view.whole / 4)


def test_a_larger_canvas_shows_the_same() -> None:
    view = MapView.fit(POINTS, 400, 300).zoomed(2, (50, 50))
    larger = view.resized(800, 600)
    assert larger.rect == pytest.approx(view.rect)
    np.testing.assert_allclose(larger.to_screen(POINTS), 2 * view.to_screen(POINTS))


@pytest.mark.parametrize("points", [POINTS[:0], POINTS[:1], np.zeros((4, 2))])
def test_points_without_extent(points: np.ndarray) -> None:
    view = MapView.fit(points, 0, 0)
    assert np.isfinite(view.to_screen(points)).all()
    assert np.isfinite(view.rect).all()
