"""What the user sees on the canvas; in a real window where what napari draws is looked at."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import napari
import numpy as np
import pytest
from drawn import drawn_values
from napari.layers import Layer
from napari.viewer import ViewerModel
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QApplication, QComboBox

from darlc.data.dataset import Dataset
from darlc.events import Denoised, Memberships, Started
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.io import open_dataset
from darlc.results.palette import rgb
from darlc.results.result import Result
from napari_darlc.canvas.layers import SessionLayers
from napari_darlc.genes.pictures import RawPictures
from napari_darlc.session.session import Session
from napari_darlc.viewer_session import layers_of, session_of, viewers

both_layouts = pytest.mark.parametrize("layout", ["hexagonal", "square"], indirect=True)


@pytest.fixture
def viewer(qapp: QApplication) -> ViewerModel:
    """Return a viewer without a window, which takes two seconds to open and to close."""
    return ViewerModel()


@pytest.fixture
def session(viewer: ViewerModel, dataset: Dataset, images: SGEPImages) -> Session:
    """Return the session of a viewer that shows the small tissue."""
    session = session_of(viewer)
    session.open(dataset, images)
    return session


@pytest.fixture
def layers(viewer: ViewerModel, session: Session) -> SessionLayers:
    """Return what draws the small tissue."""
    return layers_of(viewer)


@pytest.fixture
def window(
    make_napari_viewer: Callable[..., napari.Viewer], dataset: Dataset, images: SGEPImages
) -> napari.Viewer:
    """Return a real window that shows the small tissue."""
    window: napari.Viewer = make_napari_viewer(show=True)
    session_of(window).open(dataset, images)
    return window


def train(session: Session, result: Result) -> None:
    session.begin()
    session.receive(Started("cpu", np.arange(result.n_genes)))
    session.receive(Denoised(result.denoised))
    session.receive(Memberships("joint", result.membership))


def photograph(viewer: napari.Viewer, qtbot: QtBot) -> NDArray[np.uint8]:
    qtbot.wait(50)
    picture: NDArray[np.uint8] = viewer.screenshot(canvas_only=True, flash=False)
    return picture[..., :3]


def seen_at(
    viewer: napari.Viewer, picture: NDArray[np.uint8], grid_world: NDArray[np.float64]
) -> NDArray[np.uint8]:
    """Return the colours that a photograph of the canvas has at points of the world, (n, 2)."""
    camera = viewer.scene.camera
    size = np.array(picture.shape[:2])
    where = (grid_world - np.array(camera.center)[-2:]) * camera.zoom + size / 2
    return picture[tuple(np.rint(where).astype(int).T)]


def pixel_centres(layers: SessionLayers) -> NDArray[np.float64]:
    """Return where the layer puts the centres of all of its pixels, (H × W, 2), row-major."""
    raw = layers.raw
    assert raw is not None
    cells = np.argwhere(np.ones(raw.data.shape[1:], dtype=bool))
    return np.array([raw.data_to_world((0, *cell))[1:] for cell in cells])


def test_one_layer_holds_all_genes_and_computes_those_looked_at(
    viewer: ViewerModel,
    dataset: Dataset,
    images: SGEPImages,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_at: list[int] = []
    original = RawPictures.pixels

    def pixels(self: RawPictures, gene: int) -> NDArray[np.float32]:
        looked_at.append(gene)
        return original(self, gene)

    monkeypatch.setattr(RawPictures, "pixels", pixels)
    session = session_of(viewer)
    session.open(dataset, images)
    session.gene = 7
    assert [layer.name for layer in viewer.layers] == ["tissue image", "raw view"]
    assert viewer.layers["raw view"].data.shape == (12, *images.grid.shape)
    assert set(looked_at) == {0, 7}
    viewer.dims.ndisplay = 3
    assert viewer.dims.ndisplay == 2 and set(looked_at) == {0, 7}


def test_a_training_anew_empties_the_denoised_view_and_fills_it_again(
    viewer: ViewerModel, session: Session, layers: SessionLayers, result: Result
) -> None:
    train(session, result)
    layer = layers.denoised
    assert layer is not None and np.isfinite(layer.data[0]).any()
    session.begin()
    session.receive(Started("cpu", np.arange(result.n_genes)))
    assert layers.denoised is layer and layer in viewer.layers
    assert np.isnan(layer.data[0]).all(), "views of the model before would be taken for new ones"
    session.receive(Denoised(result.denoised))
    assert layers.denoised is layer and np.isfinite(layer.data[0]).any()


def test_a_first_training_that_is_cancelled_leaves_no_denoised_view(
    viewer: ViewerModel, session: Session, layers: SessionLayers, result: Result
) -> None:
    session.begin()
    session.receive(Started("cpu", np.arange(result.n_genes)))
    assert layers.denoised is None
    session.receive(Denoised(result.denoised))
    assert layers.denoised is not None
    session.cancel()
    assert layers.denoised is None and "denoised view" not in viewer.layers


def test_pictures_index_like_an_array(images: SGEPImages) -> None:
    pictures = RawPictures(images)
    whole = images.raw_view(slice(None))
    np.testing.assert_array_equal(np.asarray(pictures), whole)
    for key in (3, -1, slice(2, 5), (4,), (4, slice(1, 3)), (slice(1, 3), 2, 3), [5, 1], (...,)):
        np.testing.assert_array_equal(pictures[key], whole[key], err_msg=str(key))
    np.testing.assert_array_equal(pictures[..., 2, :], whole[..., 2, :])
    with pytest.raises(IndexError):
        pictures[12]


@both_layouts
def test_tissue_is_covered_and_the_rest_is_transparent(
    window: napari.Viewer, images: SGEPImages, qtbot: QtBot
) -> None:
    layers = layers_of(window)
    assert layers.raw is not None
    with_genes = photograph(window, qtbot)
    layers.raw.visible = False
    without = photograph(window, qtbot)
    centres = pixel_centres(layers)
    changed = np.any(
        seen_at(window, with_genes, centres) != seen_at(window, without, centres), axis=1
    )
    mask = images.grid.mask.ravel()
    # Corners of the square tissue are where the text and the scale bar may be.
    assert (changed == mask).mean() > 0.97
    assert not changed[~mask].any()


@both_layouts
def test_expression_lies_on_the_tissue(layers: SessionLayers, session: Session) -> None:
    assert session.images is not None
    brightness = sample_tissue(layers)
    mask = session.images.grid.mask.ravel()
    assert brightness[mask].max() < brightness[~mask].min()


def sample_tissue(layers: SessionLayers) -> NDArray[np.float64]:
    """Return the tissue image's brightness at the centre of every pixel, through the layers."""
    tissue = layers.tissue
    assert tissue is not None
    grey = np.asarray(tissue.data).mean(axis=2)
    where = np.array([tissue.world_to_data(point) for point in pixel_centres(layers)])
    rows, columns = np.rint(where).astype(int).T
    inside = (rows >= 0) & (rows < grey.shape[0]) & (columns >= 0) & (columns < grey.shape[1])
    values = np.full(len(where), 255.0)
    values[inside] = grey[rows[inside], columns[inside]]
    return values


def auroc(positive: NDArray[np.float64], negative: NDArray[np.float64]) -> float:
    """Return how often a positive is larger than a negative; ties count half."""
    both = np.concatenate([positive, negative])
    _, inverse, counts = np.unique(both, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    n, m = len(positive), len(negative)
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))


def test_expression_lies_on_real_tissue(viewer: ViewerModel, real_data: Path) -> None:
    opened = open_dataset(real_data / "visium_mouse")
    images = rasterize(opened.adata)
    session_of(viewer).open(opened, images)
    layers = layers_of(viewer)
    mask = images.grid.mask.ravel()

    def agreement() -> float:
        darkness = -sample_tissue(layers)
        return auroc(darkness[mask], darkness[~mask])

    assert agreement() >= 0.95
    # The measure would tell if the picture lay otherwise.
    tissue = layers.tissue
    assert tissue is not None
    picture = np.asarray(tissue.data)
    for wrong in (picture[::-1], picture[:, ::-1], picture.transpose(1, 0, 2)):
        tissue.data = wrong
        assert agreement() <= 0.61


def test_slider_and_session_follow_each_other(viewer: ViewerModel, session: Session) -> None:
    assert viewer.dims.axis_labels == ("gene", "y", "x")
    viewer.dims.set_current_step(0, 5)
    assert session.gene == 5
    session.gene = 9
    assert viewer.dims.current_step[0] == 9
    text = viewer.canvas.overlays.text
    assert text.visible and text.text == "Gene9"
    assert viewer.status == "Gene9"


def test_without_the_raw_view_the_slider_still_shows_genes(
    window: napari.Viewer, result: Result
) -> None:
    session, layers = session_of(window), layers_of(window)
    train(session, result)
    window.layers.remove(layers.raw)
    for gene in (7, 2):
        window.dims.set_current_step(0, gene)
        assert session.gene == gene
        assert window.canvas.overlays.text.text.startswith(f"Gene{gene}\n")
        assert layers.denoised is not None and session.images is not None
        shown = drawn_values(layers.denoised)[session.images.grid.mask]
        np.testing.assert_array_equal(shown, result.denoised[gene])
        assert layers.denoised.contrast_limits == list(layers.denoised.data.limits(gene))
    session.gene = 11
    assert window.dims.current_step[0] == 11
    window.dims.ndisplay = 3
    assert window.dims.ndisplay == 2
    # Another stack's slider is none of genes.
    window.layers.remove(layers.denoised)
    window.add_image(np.zeros((12, 4, 4)))
    window.dims.set_current_step(0, 3)
    assert session.gene == 11


def test_status_under_the_pointer_names_the_gene(
    viewer: ViewerModel, session: Session, layers: SessionLayers
) -> None:
    session.gene = 4
    assert layers.raw is not None
    status = layers.raw.get_status((4, 0, 0), world=True, dims_displayed=[1, 2])
    assert status["coordinates"].startswith("Gene4 ")


def test_limits_are_those_of_the_gene(session: Session, layers: SessionLayers) -> None:
    assert session.images is not None and layers.raw is not None
    for gene in (3, 8, 3):
        session.gene = gene
        low, high = layers.raw.contrast_limits
        values = session.images.expression(gene)
        assert low == 0
        assert high == pytest.approx(np.percentile(values, 99.5))


def test_a_gene_that_is_nowhere_expressed_can_be_shown(
    viewer: ViewerModel, dataset: Dataset
) -> None:
    adata = dataset.adata.copy()
    adata.X[:, 2] = 0
    session = session_of(viewer)
    session.open(Dataset(adata, Path("x")), rasterize(adata))
    session.gene = 2
    assert viewer.layers["raw view"].contrast_limits == [0, 1]


def test_denoised_view_appears_on_the_same_gene(
    viewer: ViewerModel, session: Session, layers: SessionLayers, result: Result, qtbot: QtBot
) -> None:
    session.gene = 4
    train(session, result)
    assert viewer.dims.current_step[0] == 4
    assert viewer.layers[-1].name == "denoised view" and viewer.layers[-1].visible
    denoised = layers.denoised
    assert denoised is not None and session.images is not None
    shown = drawn_values(denoised)
    np.testing.assert_array_equal(shown[session.images.grid.mask], result.denoised[4])
    session.receive(Denoised(result.denoised * np.float16(0.5)))
    assert layers.denoised is denoised, "the layer is updated in place"
    np.testing.assert_allclose(
        drawn_values(denoised)[session.images.grid.mask], result.denoised[4] * 0.5, rtol=1e-2
    )
    assert len(viewer.layers) == 3
    session.cancel()
    assert [layer.name for layer in viewer.layers] == ["tissue image", "raw view"]


def test_a_gene_outside_the_model_is_said_to_be(
    window: napari.Viewer, result: Result, qtbot: QtBot
) -> None:
    session, layers = session_of(window), layers_of(window)
    train(session, result)
    text = window.canvas.overlays.text
    assert text.text.splitlines()[:2] == ["Gene0", "cluster 1 · confidence 0.80"]
    assert re.fullmatch(r"[\d,]+ molecules", text.text.splitlines()[2])
    session.gene = 11
    assert text.text.splitlines() == ["Gene11", "answered when training ends"]
    assert layers.denoised is not None and layers.raw is not None
    layers.raw.visible = False
    shown = photograph(window, qtbot)
    layers.denoised.visible = False
    np.testing.assert_array_equal(shown, photograph(window, qtbot))


def test_layers_take_the_colour_of_the_cluster(
    viewer: ViewerModel, session: Session, layers: SessionLayers, result: Result
) -> None:
    train(session, result)
    assert session.model is not None
    for gene in (0, 1, 5):
        session.coloured = True
        session.gene = gene
        for layer in (layers.raw, layers.denoised):
            assert layer is not None
            colours = layer.colormap.map(np.linspace(0, 1, 101))[:, :3]
            expected = rgb(session.model.colours[session.cluster_of(gene)])
            assert np.abs(colours - expected).max(axis=1).min() < 0.03
    session.gene = 11
    assert layers.raw is not None and layers.raw.colormap.name == "viridis"
    session.gene = 0
    session.coloured = False
    assert layers.raw.colormap.name == "viridis"


def test_controls_name_the_cluster_whose_colour_is_shown(
    window: napari.Viewer, dataset: Dataset, images: SGEPImages, result: Result, qtbot: QtBot
) -> None:
    session, layers = session_of(window), layers_of(window)
    session.open(dataset, images, result)

    def named(layer: Layer | None) -> str:
        controls = window.window._qt_viewer.controls.widgets[layer]
        return str(controls.findChild(QComboBox, "colormapComboBox").currentText())

    session.cluster = 1
    assert session.clusters is not None
    session.edit("rename", session.clusters.renamed(1, "white matter"))
    qtbot.waitUntil(lambda: named(layers.consensus) == "cluster white matter")
    session.gene = 4
    qtbot.waitUntil(lambda: named(layers.raw) == "cluster white matter")
    session.edit("recolour", session.clusters.recoloured(0, session.clusters.colours[1]))
    session.gene = 0
    qtbot.waitUntil(lambda: named(layers.raw) == "cluster 1")


def test_colours_follow_the_training(
    session: Session, layers: SessionLayers, result: Result
) -> None:
    train(session, result)
    session.coloured = True
    assert layers.denoised is not None
    before = layers.denoised.colormap.name
    session.receive(Memberships("joint", result.membership[:, ::-1]))
    assert layers.denoised.colormap.name != before


def test_consensus_is_shown_and_follows_in_place(
    viewer: ViewerModel, session: Session, layers: SessionLayers, result: Result, qtbot: QtBot
) -> None:
    layers.show_consensus(0)
    assert layers.consensus is None, "there are no clusters yet"
    train(session, result)
    layers.show_consensus(1)
    layer = layers.consensus
    assert layer is not None and session.model is not None and session.images is not None
    mask = session.images.grid.mask
    expected = result.consensus()
    np.testing.assert_allclose(layer.data[mask], expected[1], atol=1e-3)
    assert np.isnan(layer.data[~mask]).all()
    assert viewer.canvas.overlays.text.text.splitlines() == ["cluster 2", "consensus pattern"]
    session.receive(Memberships("joint", result.membership[:, ::-1]))
    session.receive(Memberships("joint", np.roll(result.membership, 1, axis=1)))
    assert layers.consensus is layer
    qtbot.waitUntil(lambda: np.allclose(layer.data[mask], expected[0], atol=1e-3))
    # Lies exactly on the genes.
    np.testing.assert_allclose(
        layer.data_to_world((3, 2)),
        layers.raw.data_to_world((0, 3, 2))[1:],  # type: ignore[union-attr]
    )
    session.gene = 3
    assert layers.consensus is None
    assert viewer.layers.selection.active is layers.denoised
    layers.show_consensus(2)
    layers.show_consensus(None)
    assert "consensus pattern" not in viewer.layers


def test_a_cluster_that_is_singled_out_shows_its_pattern_and_keeps_its_genes(
    viewer: ViewerModel, session: Session, layers: SessionLayers, result: Result
) -> None:
    train(session, result)
    session.cluster = 1
    assert viewer.canvas.overlays.text.text.splitlines() == ["cluster 2", "consensus pattern"]
    # Its own genes take the pattern's place; another's end it.
    for gene in (4, 7):
        session.gene = gene
        assert layers.consensus is None and session.cluster == 1
        assert viewer.canvas.overlays.text.text.startswith(f"Gene{gene}\n")
    session.gene = 5
    assert session.cluster == -1
    session.cluster = 2
    assert layers.consensus is not None
    session.gene = 11  # is in no cluster
    assert session.cluster == -1 and layers.consensus is None
    session.cluster = 0
    session.cluster = -1
    assert layers.consensus is None
    session.cluster = 0
    layers.clusters.show(0, 2)
    session.cluster = -1
    assert layers.clusters.patterns == (0, 2), "which are shown for their own sake"


def test_an_edit_of_others_does_not_bring_a_pattern_back(
    session: Session, layers: SessionLayers, dataset: Dataset, images: SGEPImages, result: Result
) -> None:
    session.open(dataset, images, result)
    session.cluster, session.gene = 2, 5
    assert session.clusters is not None
    session.edit("merge 1 and 2", session.clusters.merged([0, 1]))
    assert session.cluster == 1 and layers.consensus is None
    session.undo()
    assert session.cluster == 2 and layers.consensus is None
    layers.show_consensus(2)
    session.redo()
    assert session.cluster == 1 and layers.clusters.patterns == (1,)


def test_a_vanished_cluster_takes_its_pattern_along(
    viewer: ViewerModel, session: Session, layers: SessionLayers, result: Result
) -> None:
    train(session, result)
    layers.show_consensus(2)
    two = result.membership[:, :2] / result.membership[:, :2].sum(axis=1, keepdims=True)
    session.receive(Memberships("joint", two))
    assert layers.consensus is None
    assert viewer.canvas.overlays.text.text.startswith("Gene0")


def test_another_dataset_replaces_the_first(window: napari.Viewer, result: Result) -> None:
    session, layers = session_of(window), layers_of(window)
    train(session, result)
    layers.show_consensus(0)
    points = window.add_points([[3, 50, 60]], name="mine")
    adata = session.dataset.adata[:, :5].copy()  # type: ignore[union-attr]
    del adata.uns["spatial"]
    session.open(Dataset(adata, Path("other")), rasterize(adata))
    assert sorted(layer.name for layer in window.layers) == ["mine", "raw view"]
    assert window.layers["raw view"].data.shape[0] == 5
    window.layers.remove(points)
    assert window.canvas.overlays.text.text == "Gene0"


@pytest.mark.parametrize("again", [False, True])
def test_who_chooses_a_gene_sees_it_though_all_layers_were_deleted(
    again: bool,
    viewer: ViewerModel,
    session: Session,
    layers: SessionLayers,
    result: Result,
) -> None:
    train(session, result)
    session.gene = gene = 5
    viewer.layers.clear()
    session.gene = gene = gene if again else 2
    assert [layer.name for layer in viewer.layers] == ["raw view", "denoised view"]
    assert viewer.dims.point[0] == gene
    assert viewer.canvas.overlays.text.text.startswith(f"Gene{gene}\n")


def test_side_by_side_shows_the_gene_that_it_names_though_all_layers_were_deleted(
    viewer: ViewerModel, session: Session, layers: SessionLayers, result: Result
) -> None:
    train(session, result)
    session.gene = 3
    viewer.layers.clear()
    layers.lay_side_by_side(True)
    assert viewer.dims.point[0] == 3
    assert viewer.canvas.overlays.text.text.startswith("Gene3\n")
    assert [each.name for each in viewer.layers][:2] == ["raw view", "denoised view"]


def test_layers_deleted_by_hand_are_not_missed(window: napari.Viewer, result: Result) -> None:
    session, layers = session_of(window), layers_of(window)
    train(session, result)
    layers.show_consensus(0)
    window.layers.clear()
    session.coloured = True
    session.receive(Denoised(result.denoised))
    session.receive(Memberships("joint", result.membership))
    layers.show_consensus(1)
    assert [layer.name for layer in window.layers] == ["consensus pattern"]
    window.layers.clear()
    assert not window.canvas.overlays.text.visible
    session.cancel()
    session.open(session.dataset, session.images)  # type: ignore[arg-type]
    assert [layer.name for layer in window.layers] == ["tissue image", "raw view"]


@both_layouts
def test_scale_bar_is_in_micrometres_where_they_are_known(
    viewer: ViewerModel, session: Session, layers: SessionLayers, layout: str, qtbot: QtBot
) -> None:
    # A bar without a unit would say nothing.
    assert viewer.canvas.overlays.scale_bar.visible == (layout == "hexagonal")
    unit = str(viewer.layers.units[-1])
    centres = pixel_centres(layers).reshape(*session.images.grid.shape, 2)  # type: ignore[union-attr]
    step = np.hypot(*(centres[0, 1] - centres[0, 0]))
    if layout == "hexagonal":
        assert unit == "micrometer"
        assert step == pytest.approx(100, rel=0.01)
    else:
        assert unit == "dimensionless"
        assert step == pytest.approx(20, rel=0.01)


def test_closed_viewers_are_let_go(make_napari_viewer: Callable[..., napari.Viewer]) -> None:
    import gc
    import weakref

    first = make_napari_viewer()
    session = weakref.ref(session_of(first))
    assert session_of(first) is session()
    assert session_of(make_napari_viewer()) is not session()
    first.close()
    del first
    gc.collect()
    assert len(viewers()) <= 2


def test_a_colour_bar_stands_beside_what_is_on_top(
    window: napari.Viewer, result: Result, qtbot: QtBot
) -> None:
    session, layers = session_of(window), layers_of(window)

    def barred() -> set[str]:
        return {each.name for each in window.layers if getattr(each, "colorbar", None) and
                each.colorbar.visible}  # fmt: skip

    def corner() -> NDArray[np.uint8]:
        picture = photograph(window, qtbot)
        height, width = picture.shape[:2]
        return picture[: height // 2, int(0.8 * width) :]

    without = corner()
    layers.colour_bar = True
    assert barred() == {"raw view"}
    changed = corner() != without
    assert changed.any(axis=2).sum() > 500, "it is seen at the upper right"
    train(session, result)
    assert barred() == {"denoised view"}
    layers.lay_side_by_side(True)
    assert barred() == {"denoised view", "residual"}
    layers.show_consensus(1)
    assert "consensus pattern" in barred()
    session.gene = 3
    layers.colour_bar = False
    assert barred() == set()
