"""Patterns that add up, in a viewer without a window."""

from __future__ import annotations

import numpy as np
import pytest
from napari.viewer import ViewerModel

from darlc.images.grid import Grid
from napari_darlc.canvas.captions import ink
from napari_darlc.canvas.overlays import Overlays, Tinted
from napari_darlc.canvas.own_layers import BACKDROP, LEGEND, OwnLayers

PINK, GREEN = "#ff2090", "#70d000"


@pytest.fixture
def viewer() -> ViewerModel:
    return ViewerModel()


@pytest.fixture
def own(viewer: ViewerModel) -> OwnLayers:
    return OwnLayers(viewer)


@pytest.fixture
def grid() -> Grid:
    mask = np.array([[True, True, False], [True, True, True]])
    return Grid(mask, np.eye(3))


def tinted(label: str, colour: str, high: float = 1.0) -> Tinted:
    return Tinted(label, colour, np.linspace(0, high, 5), (0.0, high))


def words(own: OwnLayers) -> list[str]:
    return [str(word) for word in own.get(LEGEND).text.values]


def test_patterns_are_changed_in_place(viewer: ViewerModel, own: OwnLayers, grid: Grid) -> None:
    overlays = Overlays(own)
    overlays.show("me", grid, [tinted("a", PINK), tinted("b", GREEN)])
    assert [layer.name for layer in viewer.layers] == [BACKDROP, "a", "b", LEGEND]
    assert words(own) == ["● a", "● b"]
    first, legend = overlays.layers[0], own.get(LEGEND)
    overlays.show("me", grid, [tinted("c", GREEN, 3.0), tinted("b", PINK)])
    assert overlays.layers[0] is first and own.get(LEGEND) is legend
    assert first.name == "c" and first.contrast_limits == [0, 3] and first.blending == "additive"
    np.testing.assert_allclose(first.data[grid.mask], np.linspace(0, 3, 5))
    np.testing.assert_allclose(first.colormap.colors[-1][:3], np.array([0x70, 0xD0, 0]) / 255)
    assert words(own) == ["● c", "● b"]
    overlays.show("me", grid, [tinted("c", GREEN)])
    assert [layer.name for layer in viewer.layers] == [BACKDROP, "c", LEGEND]
    overlays.show("me", grid, [])
    assert not viewer.layers and not overlays.shown


def test_a_later_owner_displaces_the_one_before(own: OwnLayers, grid: Grid) -> None:
    overlays, ended = Overlays(own), []
    overlays.ended.connect(ended.append)
    overlays.show("one", grid, [tinted("a", PINK)])
    overlays.show("other", grid, [tinted("b", PINK)])
    assert ended == ["one"]
    overlays.end("one")
    assert [each.label for each in overlays.shown] == ["b"]
    overlays.end("other")
    assert not overlays.shown and ended == ["one"]


def test_deleting_one_ends_all_but_the_legend_may_go(
    viewer: ViewerModel, own: OwnLayers, grid: Grid
) -> None:
    overlays, ended = Overlays(own), []
    overlays.ended.connect(ended.append)
    overlays.show("me", grid, [tinted("a", PINK), tinted("b", GREEN)])
    viewer.layers.remove(own.get(LEGEND))
    assert len(overlays.shown) == 2
    viewer.layers.remove(overlays.layers[1])
    assert not viewer.layers and ended == ["me"]


def test_words_can_be_read_on_either_theme(viewer: ViewerModel) -> None:
    viewer.canvas.background_color_override = "white"
    assert ink(viewer) == "#202020"
    viewer.canvas.background_color_override = "black"
    assert ink(viewer) == "#f0f0f0"


def test_lines_of_the_legend_never_touch(viewer: ViewerModel, own: OwnLayers, grid: Grid) -> None:
    overlays = Overlays(own)
    viewer.canvas.size = (300, 300)
    for zoom in (1.0, 100.0):
        viewer.scene.camera.zoom = zoom
        overlays.show("me", grid, [tinted("a gene of a long name", PINK), tinted("other", PINK)])
        first, second = own.get(LEGEND).data[:, 0]
        assert (second - first) * viewer.scene.camera.zoom > 20
        overlays.end("me")


def test_a_canvas_without_room_for_the_legend_makes_it(
    viewer: ViewerModel, own: OwnLayers, grid: Grid
) -> None:
    overlays = Overlays(own)
    viewer.add_image(np.zeros((9, 9)))
    viewer.canvas.size = (300, 300)
    viewer.scene.camera.zoom, viewer.scene.camera.center = 100.0, (0.0, 0.5, 1.0)
    overlays.show("me", grid, [tinted("a gene", PINK)])
    start = own.get(LEGEND).data[0, 1]
    x = 150 + (start - viewer.scene.camera.center[2]) * viewer.scene.camera.zoom
    left = 150 + (-0.5 - viewer.scene.camera.center[2]) * viewer.scene.camera.zoom
    assert x + 100 < 300 and left >= 0, "all of the tissue and its legend"
    overlays.show("me", grid, [])
    assert viewer.scene.camera.zoom == 100.0 and viewer.scene.camera.center == (0.0, 0.5, 1.0)
    overlays.show("me", grid, [tinted("a gene", PINK)])
    viewer.scene.camera.zoom = 7.0
    overlays.end("me")
    assert viewer.scene.camera.zoom == 7.0, "the user has looked elsewhere since"
