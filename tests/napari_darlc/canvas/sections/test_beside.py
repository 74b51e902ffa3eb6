"""All sections of a study on the canvas: the same gene, contrast and colours everywhere."""

from __future__ import annotations

from pathlib import Path

import napari
import numpy as np
import pytest
from drawn import drawn_values
from napari.utils.notifications import Notification
from pytestqt.qtbot import QtBot

import darlc
from darlc.images.contrast import contrast_limits
from napari_darlc.canvas.layers import SessionLayers
from napari_darlc.canvas.sections.beside import NAMES, OTHERS
from napari_darlc.session.session import Session
from napari_darlc.viewer_session import layers_of, open_path, open_section, session_of


@pytest.fixture
def session(viewer: napari.Viewer, study_folder: Path, qtbot: QtBot) -> Session:
    """Return the session of a window that shows both sections of a study."""
    open_path(viewer, study_folder)
    session = session_of(viewer)
    qtbot.waitUntil(lambda: session.study is not None and not session.opening)
    layers = layers_of(viewer)
    layers.sections.show()
    qtbot.waitUntil(lambda: layers.sections.shown)
    return session


@pytest.fixture
def layers(viewer: napari.Viewer, session: Session) -> SessionLayers:
    return layers_of(viewer)


def drawn(layers: SessionLayers) -> np.ndarray:
    """Return what is drawn of the other section, in the order of its pixels."""
    layer = layers.sections.layer
    assert layer is not None
    layout = layer.data.layout
    values = drawn_values(layer)[layout.grid.mask]
    return values[np.argsort(layout.source)]


def test_the_other_section_shows_the_same_gene_with_the_same_contrast(
    viewer: napari.Viewer, session: Session, layers: SessionLayers, study_folder: Path
) -> None:
    treated = darlc.load(study_folder).section("treated")
    kept = list(viewer.layers)
    for gene in (3, 8, 0):
        session.gene = gene
        row = list(treated.gene_names).index(f"Gene{gene}")
        np.testing.assert_allclose(drawn(layers), treated.denoised[row], rtol=1e-3)
        here = layers.denoised.data.pixels(gene)
        limits = contrast_limits(np.concatenate([here, drawn(layers)]))
        for layer in (layers.denoised, layers.sections.layer):
            np.testing.assert_allclose(layer.contrast_limits, limits, rtol=1e-3)
        assert layers.sections.layer.colormap.name == layers.denoised.colormap.name
    assert list(viewer.layers) == kept, "layers are changed in place"
    session.gene = 8
    assert layers.sections.texts == ("ctrl", "treated: follows 1")
    session.gene = 1
    assert layers.sections.texts == ("ctrl", "treated: not measured")
    assert np.isnan(drawn(layers)).all()
    session.gene = 11  # outside the model, so raw here and there
    assert layers.sections.texts == ("ctrl", "treated")
    assert layers.sections.layer.contrast_limits == layers.raw.contrast_limits


def test_sections_lie_apart_and_are_all_seen(
    viewer: napari.Viewer, session: Session, layers: SessionLayers
) -> None:
    (here, there) = (each.extent.world[:, -2:] for each in (layers.raw, layers.sections.layer))
    assert ((here[0] >= there[1]) | (there[0] >= here[1])).any()
    camera, canvas = viewer.scene.camera, np.array(viewer.canvas.size)
    seen = np.array(camera.center[-2:]) + [[-0.5], [0.5]] * canvas / camera.zoom
    corners = np.concatenate([here, there])
    assert (corners >= seen[0]).all() and (corners <= seen[1]).all()
    assert not layers.tissue.visible
    layers.sections.end()
    assert layers.tissue.visible and OTHERS not in viewer.layers and NAMES not in viewer.layers


def test_raw_views_and_looks_are_shared(session: Session, layers: SessionLayers) -> None:
    session.gene = 4
    before = drawn(layers).copy()
    layers.show_denoised(False)
    assert not layers.denoised.visible and not np.allclose(drawn(layers), before)
    limits = contrast_limits(np.concatenate([layers.raw.data.pixels(4), drawn(layers)]), low=0.0)
    np.testing.assert_allclose(layers.sections.layer.contrast_limits, limits)
    np.testing.assert_allclose(layers.raw.contrast_limits, limits)
    # What the user sets in one place holds in the other, and for the next gene.
    layers.sections.layer.contrast_limits = (0.5, 1.5)
    assert layers.raw.contrast_limits == [0.5, 1.5]
    layers.raw.contrast_limits = (0.25, 2.0)
    assert layers.sections.layer.contrast_limits == [0.25, 2.0]
    layers.sections.layer.colormap = "viridis"
    assert layers.raw.colormap.name == "viridis"
    session.gene = 5
    assert layers.sections.layer.contrast_limits == layers.raw.contrast_limits == [0.25, 2.0]
    layers.draw_automatically()
    assert layers.sections.layer.contrast_limits == layers.raw.contrast_limits != [0.25, 2.0]
    layers.show_denoised(True)
    np.testing.assert_allclose(layers.sections.layer.data.denoised, True)


def test_each_section_has_its_own_contrast_on_request(
    session: Session, layers: SessionLayers
) -> None:
    session.gene = 4
    shared = list(layers.denoised.contrast_limits)
    layers.sections.apart = True
    assert layers.sections.layer.contrast_limits == [0.0, 1.0]
    ends = np.percentile(drawn(layers), (0.5, 99.5))
    np.testing.assert_allclose(ends, (0, 1), atol=1e-5)
    own = contrast_limits(layers.denoised.data.pixels(4))
    np.testing.assert_allclose(layers.denoised.contrast_limits, own, rtol=1e-4)
    layers.sections.apart = False
    assert layers.denoised.contrast_limits == layers.sections.layer.contrast_limits == shared


def test_the_pointer_names_gene_and_section(session: Session, layers: SessionLayers) -> None:
    session.gene = 4
    layer = layers.sections.layer
    row, column = layer.data.layout.grid.pixels[5]
    where = layer.data_to_world((4, row, column))
    value = layer.data.at(4, row, column)[1]
    assert np.isclose(value, drawn_values(layer)[row, column])
    assert layer.get_status(where)["coordinates"].startswith("Gene4 in treated ")
    layers.sections.apart = True
    status = layer.get_status(where)["coordinates"]
    assert status.startswith(f"Gene4 in treated, {value:.3g}, drawn as")
    assert "treated" not in layer.get_status(layer.data_to_world((4, -3, 0)))["coordinates"]


def test_the_pattern_of_a_cluster_is_shown_in_all_sections(
    session: Session, layers: SessionLayers, study_folder: Path, qtbot: QtBot
) -> None:
    session.cluster = 2
    expected = darlc.load(study_folder).section("treated").consensus()[2]
    qtbot.waitUntil(lambda: np.allclose(drawn(layers), expected, rtol=1e-2, atol=1e-2))
    assert layers.consensus.contrast_limits == layers.sections.layer.contrast_limits
    assert layers.consensus.colormap.name == layers.sections.layer.colormap.name
    session.gene = 3  # of another cluster
    assert layers.consensus is None
    np.testing.assert_allclose(drawn(layers), layers.sections.layer.data.sections[0].pixels(3))


def test_another_section_is_shown_with_the_others_beside_it(
    viewer: napari.Viewer, session: Session, layers: SessionLayers, qtbot: QtBot
) -> None:
    session.gene = 4
    before = layers.sections.layer
    open_section(viewer, "treated", "Gene4")
    qtbot.waitUntil(lambda: session.study.section == "treated" and layers.sections.shown)
    assert session.gene_name == "Gene4" and layers.sections.layer is not before
    assert layers.sections.layer.data.at(0, 0, 0)[0] in ("", "ctrl")
    assert layers.sections.texts == ("ctrl", "treated")
    assert [layer.name for layer in viewer.layers].count(OTHERS) == 1


def test_layers_may_be_deleted_and_others_make_room(
    viewer: napari.Viewer, session: Session, layers: SessionLayers, qtbot: QtBot
) -> None:
    viewer.layers.remove(NAMES)
    session.gene = 5
    assert NAMES not in viewer.layers and layers.sections.shown
    viewer.layers.remove(OTHERS)
    assert not layers.sections.shown and not layers.sections.wanted
    layers.sections.show()
    assert layers.sections.shown, "its views are kept"
    viewer.layers.remove(layers.denoised)
    session.gene = 6
    assert not layers.sections.layer.data.denoised
    assert layers.sections.layer.contrast_limits == layers.raw.contrast_limits
    layers.lay_side_by_side(True)
    assert not layers.sections.shown and layers.residual is not None
    layers.sections.show()
    assert layers.residual is None and layers.sections.shown


def test_a_study_without_its_data_says_so(
    viewer: napari.Viewer,
    study_folder: Path,
    notifications: list[Notification],
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from darlc.errors import InputError
    from napari_darlc.genes.section_pictures import SectionViews

    def fail(name: str, result: object) -> SectionViews:
        raise InputError(f"{name} has no data: open it.")

    monkeypatch.setattr(SectionViews, "of", fail)
    open_path(viewer, study_folder)
    session, layers = session_of(viewer), layers_of(viewer)
    qtbot.waitUntil(lambda: session.study is not None and not session.opening)
    layers.sections.show()
    qtbot.waitUntil(lambda: any("ctrl has no data" in each.message for each in notifications))
    assert not layers.sections.wanted and not layers.sections.shown
