"""Colormap and contrast that a user sets stay until they ask for automatic ones."""

from __future__ import annotations

import napari
import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QComboBox

from darlc.data.dataset import Dataset
from darlc.images.sgep_images import SGEPImages
from darlc.results.result import Result
from napari_darlc.canvas.layers import SessionLayers
from napari_darlc.session.session import Session
from napari_darlc.viewer_session import layers_of, session_of
from napari_darlc.widgets.gallery.gallery import GeneGallery


@pytest.fixture
def layers(
    viewer: napari.Viewer, dataset: Dataset, images: SGEPImages, result: Result
) -> SessionLayers:
    session_of(viewer).open(dataset, images, result)
    return layers_of(viewer)


@pytest.fixture
def session(viewer: napari.Viewer, layers: SessionLayers) -> Session:
    return session_of(viewer)


def choose_colormap(viewer: napari.Viewer, name: str) -> None:
    """Choose a colormap of the active layer in napari's own controls."""
    controls = viewer.window._qt_viewer.controls.widgets[viewer.layers.selection.active]
    box = controls.findChild(QComboBox, "colormapComboBox")
    box.setCurrentText(name)
    box.activated.emit(box.currentIndex())


@pytest.mark.parametrize("coloured", [True, False])
def test_a_chosen_colormap_stays(
    viewer: napari.Viewer,
    layers: SessionLayers,
    session: Session,
    dataset: Dataset,
    images: SGEPImages,
    result: Result,
    coloured: bool,
    qtbot: QtBot,
) -> None:
    session.coloured = coloured
    viewer.layers.selection.active = layers.denoised
    choose_colormap(viewer, "magma")
    assert layers.denoised is not None and layers.denoised.colormap.name == "magma"
    for gene in (4, 5, 11, 0):
        session.gene = gene
        assert layers.denoised.colormap.name == "magma"
    # Another tissue, and clusters that are new.
    session.open(dataset, images)
    session.open(dataset, images, result)
    assert layers.denoised is not None and layers.denoised.colormap.name == "magma"
    assert layers.raw is not None and layers.raw.colormap.name != "magma"


def test_a_contrast_stays_and_napari_s_auto_ends_it(
    viewer: napari.Viewer, layers: SessionLayers, session: Session
) -> None:
    raw = layers.raw
    assert raw is not None
    session.gene = 3
    automatic = tuple(raw.contrast_limits)
    session.gene = 0
    raw.contrast_limits = (0.25, 0.75)
    for gene in (3, 7):
        session.gene = gene
        assert tuple(raw.contrast_limits) == (0.25, 0.75)
        # The slider still reaches all of the gene's values.
        assert raw.contrast_limits_range[1] >= raw.data.limits(gene)[1]
    layers.lay_side_by_side(True)
    assert tuple(raw.contrast_limits) == (0.25, 0.75)
    layers.lay_side_by_side(False)
    session.gene = 3
    raw.reset_contrast_limits()  # what napari's button "once" does
    np.testing.assert_allclose(raw.contrast_limits, automatic)
    session.gene = 4
    np.testing.assert_allclose(raw.contrast_limits, raw.data.limits(4))


def test_the_gallery_offers_automatic_looks_where_there_are_others(
    viewer: napari.Viewer, layers: SessionLayers, session: Session, qtbot: QtBot
) -> None:
    gallery = GeneGallery(viewer)
    viewer.window.add_dock_widget(gallery, area="bottom")
    button = gallery.controls.automatic
    assert not button.isVisible()
    for gene in (1, 2):  # what we draw ourselves is nobody's choice
        session.gene = gene
    assert not button.isVisible()
    assert layers.raw is not None and layers.denoised is not None
    layers.raw.colormap = "gray"
    layers.denoised.contrast_limits = (0.0, 0.5)
    qtbot.waitUntil(button.isVisible)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert layers.raw.colormap.name != "gray" and not button.isVisible()
    np.testing.assert_allclose(layers.denoised.contrast_limits, layers.denoised.data.limits(2))
    # The clusters' colours, asked for or sent away, take the place of a colormap.
    layers.raw.colormap = "gray"
    box = gallery.controls.coloured
    qtbot.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))
    assert not session.coloured and layers.raw.colormap.name == "viridis"


def test_what_is_set_of_a_pattern_stays_for_every_cluster(
    viewer: napari.Viewer, layers: SessionLayers, session: Session
) -> None:
    """As of genes: through other clusters, an edit and another look, until automatic is wanted."""
    session.cluster = 0
    assert layers.consensus is not None
    automatic = layers.consensus.colormap.name, tuple(layers.consensus.contrast_limits)
    viewer.layers.selection.active = layers.consensus
    choose_colormap(viewer, "magma")
    layers.consensus.contrast_limits = (0.25, 0.75)
    for cluster in (1, -1, 2, 0):
        session.cluster = cluster
        if cluster >= 0:
            assert layers.consensus is not None and layers.consensus.colormap.name == "magma"
            assert tuple(layers.consensus.contrast_limits) == (0.25, 0.75)
    assert session.clusters is not None
    session.edit("rename", session.clusters.renamed(0, "outer"))
    assert layers.consensus is not None and layers.consensus.colormap.name == "magma"
    layers.draw_automatically()
    name, limits = automatic
    assert layers.consensus.colormap.name == name.replace("cluster 1", "cluster outer")
    assert tuple(layers.consensus.contrast_limits) == limits


def test_the_map_of_the_strongest_keeps_its_opacity(
    layers: SessionLayers, session: Session
) -> None:
    layers.clusters.show_strongest(True)
    assert layers.clusters.strongest is not None and session.clusters is not None
    layers.clusters.strongest.opacity = 0.4
    session.edit("recolour", session.clusters.recoloured(0, "#ff0000"))
    assert layers.clusters.strongest is not None
    assert layers.clusters.strongest.opacity == 0.4
