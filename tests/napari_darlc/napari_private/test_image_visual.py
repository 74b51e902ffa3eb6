"""Genes are drawn as napari draws images, only with less work."""

from __future__ import annotations

from collections.abc import Iterator

import napari
import numpy as np
import pytest
from napari._vispy.utils.visual import layer_to_visual
from napari.layers import Image
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot
from vispy.visuals.shaders import ModularProgram

from darlc.data.dataset import Dataset
from darlc.images.sgep_images import SGEPImages
from darlc.results.result import Result
from napari_darlc.canvas.gene_layer import GeneLayer
from napari_darlc.canvas.layers import SessionLayers
from napari_darlc.napari_private.image_visual import SteppedImageVisual
from napari_darlc.processes.debounce import PAUSE
from napari_darlc.session.session import Session
from napari_darlc.viewer_session import layers_of, session_of


@pytest.fixture
def session(
    viewer: napari.Viewer, dataset: Dataset, images: SGEPImages, result: Result, qtbot: QtBot
) -> Session:
    """Return the session of a window that shows a result, drawn and at rest."""
    session = session_of(viewer)
    session.open(dataset, images, result)
    session.coloured = True
    qtbot.wait(2 * PAUSE)
    return session


@pytest.fixture
def layers(viewer: napari.Viewer, session: Session) -> SessionLayers:
    """Return what draws the result."""
    return layers_of(viewer)


@pytest.fixture
def draws(viewer: napari.Viewer, session: Session) -> Iterator[list[object]]:
    """Return what grows by one with every drawing of the canvas."""
    seen: list[object] = []
    canvas = viewer.window._qt_viewer.canvas._scene_canvas
    canvas.events.draw.connect(seen.append)
    yield seen
    canvas.events.draw.disconnect(seen.append)


def photograph(viewer: napari.Viewer) -> NDArray[np.uint8]:
    picture: NDArray[np.uint8] = viewer.screenshot(canvas_only=True, flash=False)
    return picture[..., :3]


def test_another_gene_is_one_drawing_and_no_shader(
    viewer: napari.Viewer,
    session: Session,
    layers: SessionLayers,
    draws: list[object],
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert layer_to_visual[GeneLayer] is SteppedImageVisual
    shown = viewer.window._qt_viewer.canvas.layer_to_visual
    assert isinstance(shown[layers.raw], SteppedImageVisual)
    assert not isinstance(shown[layers.tissue], SteppedImageVisual)
    built: list[object] = []
    original = ModularProgram._build

    def build(self: ModularProgram) -> None:
        built.append(self)
        original(self)

    monkeypatch.setattr(ModularProgram, "_build", build)
    clusters = {session.cluster_of(gene) for gene in range(6)}
    assert len(clusters) > 1, "else there is no colour to change"
    for gene in (1, 2, 0, 4):
        draws.clear()
        session.gene = gene
        qtbot.wait(2 * PAUSE)
        assert len(draws) == 1
    assert built == []


def test_what_is_seen_is_what_napari_would_draw(
    viewer: napari.Viewer, session: Session, layers: SessionLayers, qtbot: QtBot
) -> None:
    raw, denoised = layers.raw, layers.denoised
    assert raw is not None and denoised is not None
    # Modelled genes in three colours, and one that has neither cluster nor denoised view.
    for gene in (5, 3, 11, 4):
        session.gene = gene
        qtbot.wait(2 * PAUSE)
        seen = photograph(viewer)
        layer = denoised if gene in session.model.row_of else raw  # type: ignore[union-attr]
        plain = Image(
            layer.data[gene],
            affine=layer.affine.affine_matrix[1:, 1:],
            units=layer.units[1:],
            colormap=layer.colormap,
            contrast_limits=layer.contrast_limits,
            interpolation2d="nearest",
            blending="translucent_no_depth",
        )
        raw.visible = denoised.visible = False
        viewer.add_layer(plain)
        qtbot.wait(50)
        np.testing.assert_array_equal(seen, photograph(viewer))
        np.testing.assert_array_equal(layer.thumbnail, plain.thumbnail)
        viewer.layers.remove(plain)
        # Hidden layers catch up as well.
        session.gene = 0
        session.gene = gene
        raw.visible = denoised.visible = True
        qtbot.wait(50)
        np.testing.assert_array_equal(seen, photograph(viewer))
        viewer.layers.selection.active = denoised


def test_controls_and_list_of_layers_follow_once_the_user_rests(
    viewer: napari.Viewer, session: Session, layers: SessionLayers, qtbot: QtBot
) -> None:
    denoised = layers.denoised
    assert denoised is not None
    viewer.layers.selection.active = denoised
    told: list[int] = []
    rows = viewer.window._qt_viewer.layers.model()
    rows.dataChanged.connect(lambda first, last, roles: told.append(first.row()))
    for gene in range(6):
        session.gene = gene
    assert told == [], "the list is not painted for genes that are passed by"
    qtbot.wait(2 * PAUSE)
    assert len(set(told)) == 2, "raw and denoised view have another picture"
    controls = viewer.window._qt_viewer.controls.widgets[denoised]
    assert controls._colormap_control.colormap_combobox.currentData() == denoised.colormap.name
    slider = controls._contrast_limits_control.contrast_limits_slider
    np.testing.assert_allclose(slider.value(), denoised.contrast_limits, rtol=1e-6)
    assert denoised.contrast_limits == list(denoised.data.limits(5))
