"""Views and genes side by side and in colours, on the canvas."""

from __future__ import annotations

import napari
import numpy as np
import pytest
from drawn import drawn_values
from napari.viewer import ViewerModel
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from darlc.data.dataset import Dataset
from darlc.events import Denoised, Memberships, Started
from darlc.images.sgep_images import SGEPImages
from darlc.results.result import Result
from napari_darlc.canvas.comparison import COLOURS, Choice
from napari_darlc.canvas.layers import SessionLayers
from napari_darlc.canvas.placing import tissue_box
from napari_darlc.session.session import Session
from napari_darlc.viewer_session import layers_of, session_of


def train(session: Session, result: Result) -> None:
    session.begin()
    session.receive(Started("cpu", np.arange(result.n_genes)))
    session.receive(Denoised(result.denoised))
    session.receive(Memberships("joint", result.membership))


@pytest.fixture
def session(dataset: Dataset, images: SGEPImages) -> Session:
    return Session()


@pytest.fixture
def model() -> ViewerModel:
    """Return a viewer without a window."""
    return ViewerModel()


@pytest.fixture
def layers(
    model: ViewerModel, session: Session, dataset: Dataset, images: SGEPImages, result: Result
) -> SessionLayers:
    """Return what draws the small tissue once it has been trained on."""
    layers = SessionLayers(model, session)
    session.open(dataset, images)
    train(session, result)
    return layers


def names(viewer: ViewerModel) -> list[str]:
    return [layer.name for layer in viewer.layers]


def place(layer: napari.layers.Image) -> NDArray[np.float64]:
    return np.asarray(layer.data_to_world((0, 3, 2)))[1:]


@pytest.mark.parametrize("layout", ["hexagonal", "square"], indirect=True)
def test_panels_share_slider_limits_and_world(
    model: ViewerModel, session: Session, layers: SessionLayers, result: Result
) -> None:
    apart = place(layers.denoised)
    layers.lay_side_by_side(True)
    assert names(model) == ["tissue image", "raw view", "denoised view", "residual", "titles"]
    raw, denoised, residual = layers.raw, layers.denoised, layers.residual
    assert layers.tissue is not None and not layers.tissue.visible
    # The raw view stays on the tissue; the others stand clear of it, and of each other.
    (top, left), (bottom, right) = tissue_box(raw.data.grid)
    np.testing.assert_allclose(place(raw), apart)
    steps = np.array([place(denoised) - place(raw), place(residual) - place(denoised)])
    np.testing.assert_allclose(steps[0], steps[1])
    assert (steps[0] > (bottom - top, right - left)).any()
    mask = raw.data.grid.mask
    for gene in (4, 7):
        session.gene = gene
        assert model.dims.current_step[0] == gene
        low, high = raw.contrast_limits
        assert denoised.contrast_limits == [low, high] and low == 0
        shown = np.concatenate([drawn_values(raw)[mask], drawn_values(denoised)[mask]])
        assert high == pytest.approx(np.percentile(shown, 99.5))
        left_over = np.expm1(drawn_values(raw)[mask]) - np.expm1(drawn_values(denoised)[mask])
        np.testing.assert_allclose(drawn_values(residual)[mask], left_over, rtol=1e-4, atol=1e-5)
        below, above = residual.contrast_limits
        assert below == -above < 0
        said = model.canvas.overlays.text.text.splitlines()
        assert said[2].endswith(" molecules")
        assert said[3] == f"0 to {high:.3g} log units · residual ± {above:.3g} counts"
    assert layers.residual is residual, "followed in place"
    session.receive(Denoised(result.denoised * np.float16(0.5)))
    assert layers.residual is residual
    np.testing.assert_allclose(
        drawn_values(residual)[mask],
        np.expm1(drawn_values(raw)[mask]) - np.expm1(result.denoised[7] * np.float16(0.5)),
        rtol=1e-2,
        atol=1e-2,
    )
    layers.lay_side_by_side(False)
    assert names(model) == ["tissue image", "raw view", "denoised view"]
    assert layers.tissue.visible
    np.testing.assert_allclose(place(denoised), apart)
    assert denoised.contrast_limits == pytest.approx(list(denoised.data.limits(7)))


def test_panels_fill_the_canvas_as_well_as_they_can(
    model: ViewerModel, layers: SessionLayers
) -> None:
    for canvas, axis in (((400, 1200), 1), ((1200, 400), 0)):
        model.canvas.size = canvas
        layers.lay_side_by_side(True)
        step = place(layers.residual) - place(layers.raw)
        assert step[axis] > 0 and step[1 - axis] == 0
        layers.lay_side_by_side(False)


def test_panels_stay_while_it_is_trained_anew(
    model: ViewerModel, session: Session, layers: SessionLayers, result: Result
) -> None:
    layers.lay_side_by_side(True)
    shown, residual = names(model), layers.residual
    session.begin()
    session.receive(Started("cpu", np.arange(result.n_genes)))
    assert names(model) == shown and layers.residual is residual
    assert np.isnan(residual.data[0]).all()
    assert layers.side_by_side.residual is None
    session.receive(Denoised(result.denoised))
    assert names(model) == shown and layers.residual is residual
    assert np.isfinite(residual.data[0]).any()


@pytest.mark.parametrize("canvas", [(730, 530), (400, 1200), (300, 300)])
def test_titles_stand_above_their_panels(
    model: ViewerModel, layers: SessionLayers, images: SGEPImages, canvas: tuple[int, int]
) -> None:
    model.canvas.size = canvas
    layers.lay_side_by_side(True)
    titles = model.layers["titles"]
    top = tissue_box(images.grid)[0, 0]
    # Letters are about 4/3 as many pixels high as they have points, half of it above the middle.
    half = titles.text.size * 2 / 3
    assert (top - titles.data[0, 0]) * model.scene.camera.zoom >= half


def test_titles_can_be_read_on_any_background(model: ViewerModel, layers: SessionLayers) -> None:
    def brightness() -> float:
        return float(model.layers["titles"].text.color.array[:, :3].mean())

    model.theme = "dark"
    layers.lay_side_by_side(True)
    assert brightness() > 0.8
    model.theme = "light"
    assert brightness() < 0.2
    model.canvas.background_color_override = "black"
    assert brightness() > 0.8
    titles = [str(text) for text in model.layers["titles"].text.values]
    assert titles == ["raw view", "denoised view", "residual"]
    layers.lay_side_by_side(False)
    model.canvas.background_color_override = None
    layers.lay_side_by_side(True)
    assert brightness() < 0.2


def test_what_ends_side_by_side(
    model: ViewerModel, session: Session, layers: SessionLayers, dataset: Dataset
) -> None:
    layers.lay_side_by_side(True)
    session.gene = 11  # is not in the result
    assert np.isnan(drawn_values(layers.residual)).all()
    said = ["Gene11", "answered when training ends"]
    assert model.canvas.overlays.text.text.splitlines() == said
    model.layers.remove(layers.residual)
    assert not layers.side_by_side.shown and "titles" not in names(model)
    layers.lay_side_by_side(True)
    # A view that was deleted by hand comes back when it is asked for.
    model.layers.remove(layers.denoised)
    assert not layers.side_by_side.shown
    layers.lay_side_by_side(True)
    assert layers.side_by_side.shown and layers.denoised is not None
    session.open(dataset, session.images)
    assert not layers.side_by_side.shown and names(model) == ["tissue image", "raw view"]
    layers.lay_side_by_side(True)
    assert not layers.side_by_side.shown, "there is no denoised view"


def test_genes_in_colours_follow_the_current_gene(
    model: ViewerModel, session: Session, layers: SessionLayers, images: SGEPImages, result: Result
) -> None:
    session.gene = 3
    layers.lay_side_by_side(True)
    layers.gene_colours.show([Choice(), None, Choice(5, "raw")])
    assert not layers.side_by_side.shown, "one comparison at a time"
    assert names(model)[3:] == ["backdrop", "Gene3", "Gene5 (raw)", "legend"]
    assert model.canvas.overlays.text.text.splitlines() == ["pink: Gene3", "blue: Gene5 (raw)"]
    overlays = [model.layers["Gene3"], model.layers["Gene5 (raw)"]]
    colours = [
        "#" + bytes(np.rint(255 * o.colormap.colors[-1][:3]).astype(int).tolist()).hex()
        for o in overlays
    ]
    assert colours == [COLOURS["pink"], COLOURS["blue"]]
    np.testing.assert_array_equal(overlays[0].data[images.grid.mask], result.denoised[3])
    np.testing.assert_array_equal(overlays[1].data[images.grid.mask], images.expression(5)[0])
    session.gene = 8
    assert overlays[0].name == "Gene8" and overlays[0] in model.layers
    np.testing.assert_array_equal(overlays[0].data[images.grid.mask], result.denoised[8])
    session.gene = 11  # is not modelled: what there is of it is shown, and said
    assert model.canvas.overlays.text.text.splitlines()[0] == "pink: Gene11 (raw)"
    np.testing.assert_array_equal(overlays[0].data[images.grid.mask], images.expression(11)[0])
    layers.show_consensus(1)
    assert layers.gene_colours.choices, "a pattern may lie over them"
    layers.clusters.show(0, 1)
    assert not layers.gene_colours.choices and "Gene5 (raw)" not in names(model)
    layers.gene_colours.show([Choice(2)])
    assert layers.clusters.patterns == ()
    layers.gene_colours.end()
    assert names(model) == ["tissue image", "raw view", "denoised view"]
    assert model.canvas.overlays.text.text.startswith("Gene11")


def photograph(viewer: napari.Viewer, qtbot: QtBot) -> NDArray[np.uint8]:
    qtbot.wait(50)
    picture: NDArray[np.uint8] = viewer.screenshot(canvas_only=True, flash=False)
    return picture[..., :3]


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_colours_add_up_on_the_screen(
    viewer: napari.Viewer,
    dataset: Dataset,
    images: SGEPImages,
    result: Result,
    qtbot: QtBot,
    theme: str,
) -> None:
    viewer.theme = theme
    shown = session_of(viewer)
    shown.open(dataset, images)
    train(shown, result)
    layers = layers_of(viewer)
    layers.raw.visible = layers.denoised.visible = False  # type: ignore[union-attr]
    layers.gene_colours.show([Choice(0), Choice(1)])
    picture = photograph(viewer, qtbot)
    camera = viewer.scene.camera
    # The three stripes of the tissue, from top to bottom, each bright in the genes of one cluster.
    height, width = images.grid.shape
    seen = []
    for row in (1, height // 2, height - 2):
        where = np.asarray(layers.raw.data_to_world((0, row, width // 2)))[1:]  # type: ignore[union-attr]
        y, x = (where - np.array(camera.center)[-2:]) * camera.zoom + np.array(
            picture.shape[:2]
        ) / 2
        seen.append(picture[round(y), round(x)].astype(int))
    pink, green, neither = seen
    assert pink[0] > 150 and pink[0] > pink[1] + 80
    assert green[1] > 120 and green[1] > green[0]
    assert neither.sum() < 200, "black under what is not expressed, on either theme"


def test_all_layers_can_be_deleted_at_once_while_views_lie_side_by_side(
    model: ViewerModel, layers: SessionLayers, qtbot: QtBot
) -> None:
    layers.lay_side_by_side(True)
    model.layers.select_all()
    model.layers.remove_selected()
    qtbot.waitUntil(lambda: not model.layers)
    assert not layers.side_by_side.shown
