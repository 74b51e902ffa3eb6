"""The observation view: true geometry, the colours of gene and annotation, and its manners."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from napari.layers import Points
from napari.utils.colormaps import ensure_colormap
from napari.viewer import ViewerModel
from pytestqt.qtbot import QtBot
from sklearn.metrics import roc_auc_score

from darlc.data.dataset import Dataset
from darlc.events import Finished
from darlc.images.sgep_images import SGEPImages
from darlc.images.tissue_image import tissue_image
from darlc.io import open_dataset
from darlc.results.palette import cluster_colours, rgb
from darlc.results.result import Result
from napari_darlc.canvas.annotations import UNKNOWN
from napari_darlc.canvas.observation_layer import ObservationView
from napari_darlc.canvas.own_layers import DENOISED, RAW
from napari_darlc.opening.loading import prepare
from napari_darlc.session.session import Session
from napari_darlc.viewer_session import observations_of, session_of


@pytest.fixture
def viewer() -> ViewerModel:
    """Return what a window shows, without the window."""
    return ViewerModel()


@pytest.fixture
def shown(
    viewer: ViewerModel, dataset: Dataset, images: SGEPImages, qtbot: QtBot
) -> tuple[Session, ObservationView, Points]:
    """Return a session, its observation view and the layer of observations in a window."""
    session, view = session_of(viewer), observations_of(viewer)
    dataset.adata.obs["stripe"] = np.array(["a", "b", "c"])[dataset.adata.obs["array_row"] % 3]
    session.open(dataset, images)
    view.show()
    qtbot.waitUntil(lambda: view.layer is not None)
    assert view.layer is not None
    return session, view, view.layer


Shown = tuple[Session, ObservationView, Points]


def pixel_values(session: Session) -> np.ndarray:
    assert session.images is not None
    return session.images.expression(session.gene)[0][session.images.observation_pixel]


def test_observations_register_with_tissue_and_pictures(shown: Shown, viewer: ViewerModel) -> None:
    session, _, layer = shown
    assert session.dataset is not None and session.images is not None
    microns = session.images.grid.microns
    world = np.array([layer.data_to_world(point) for point in layer.data])
    np.testing.assert_allclose(world, session.dataset.adata.obsm["spatial"][:, ::-1] * microns)
    # A pixel's centre is its observation's place, but for the stagger that a picture cannot have.
    raw = viewer.layers["raw view"]
    for row in (0, 40):
        pixel = session.images.grid.pixels[session.images.observation_pixel[row]]
        there = raw.data_to_world((0, *pixel))[1:]
        assert np.hypot(*(there - world[row])) < 0.3 * 100
    # The tissue image is dark exactly where there are spots.
    tissue = viewer.layers["tissue image"]
    inside = [tissue.get_value(point, world=True)[0] for point in world]
    assert np.max(inside) < 100
    assert layer.size[0] * microns == pytest.approx(55.0, abs=1.0)
    assert viewer.canvas.overlays.scale_bar.visible and str(layer.units[0]) == "micrometer"


def test_they_wear_the_current_gene_and_follow_it_in_place(
    shown: Shown, viewer: ViewerModel, qtbot: QtBot
) -> None:
    session, view, layer = shown
    for gene in (0, 5):
        viewer.dims.set_point(0, gene)
        qtbot.waitUntil(
            lambda: view.legend is not None and view.legend.title.startswith(session.gene_label)
        )
        values = pixel_values(session)
        top = np.percentile(values, 99.5)
        wanted = ensure_colormap("viridis").map(np.clip(values / top, 0, 1))
        np.testing.assert_allclose(layer.face_color, wanted, atol=0.02)
    assert view.layer is layer and layer in viewer.layers
    assert [each.name for each in viewer.layers] == ["tissue image", "raw view", "observations"]


def test_the_pictures_step_back_and_come_again(shown: Shown, viewer: ViewerModel) -> None:
    _, view, _ = shown
    assert not viewer.layers["raw view"].visible and viewer.layers["tissue image"].visible
    view.hide()
    assert viewer.layers["raw view"].visible and "observations" not in viewer.layers
    assert view.legend is None and not view.shown


def test_denoised_values_and_genes_outside_the_model(
    shown: Shown, result: Result, qtbot: QtBot
) -> None:
    session, view, layer = shown
    view.by = DENOISED
    np.testing.assert_allclose(layer.face_color, [UNKNOWN] * len(layer.data), atol=1e-6)
    session.receive(Finished(result))
    assert len(np.unique(layer.face_color, axis=0)) > 10
    assert view.legend is not None and view.legend.title == "Gene0, denoised view"
    session.gene = 11
    qtbot.waitUntil(lambda: len(np.unique(layer.face_color, axis=0)) == 1)
    np.testing.assert_allclose(layer.face_color, [UNKNOWN] * len(layer.data), atol=1e-6)


def test_a_view_that_arrives_later_steps_back_too(
    shown: Shown, viewer: ViewerModel, result: Result
) -> None:
    session, view, _ = shown
    session.receive(Finished(result))
    assert not viewer.layers["denoised view"].visible
    view.hide()
    assert viewer.layers["denoised view"].visible


def test_an_annotation_heads_the_canvas_in_place_of_the_gene(
    shown: Shown, viewer: ViewerModel
) -> None:
    session, view, layer = shown
    assert session.dataset is not None and view.geometry is not None
    assert "stripe" in view.geometry.columns
    view.by = "stripe"
    codes = np.searchsorted(["a", "b", "c"], session.dataset.adata.obs["stripe"])
    wanted = np.array([rgb(colour) for colour in cluster_colours(3)])[codes]
    np.testing.assert_allclose(layer.face_color[:, :3], wanted, atol=1e-6)
    overlay = viewer.canvas.overlays.text
    assert overlay.text == "stripe"
    session.gene = 3
    assert overlay.text == "stripe"
    view.by = RAW
    assert overlay.text == "Gene3"
    view.by = "stripe"
    view.hide()
    assert overlay.text == "Gene3"


def test_a_layer_deleted_or_renamed_by_hand(
    shown: Shown, viewer: ViewerModel, qtbot: QtBot
) -> None:
    session, view, layer = shown
    layer.name = "my spots"
    before = layer.face_color.copy()
    session.gene = 7
    qtbot.waitUntil(lambda: not np.array_equal(layer.face_color, before))
    heard: list[bool] = []
    view.shown_changed.connect(heard.append)
    viewer.layers.remove(layer)
    assert heard == [False] and view.layer is None and not view.shown
    assert viewer.layers["raw view"].visible
    session.gene = 2  # nobody follows any more, and nothing breaks
    view.show()
    assert view.layer is not None and view.layer is not layer


def test_another_dataset_is_surveyed_anew(
    shown: Shown,
    viewer: ViewerModel,
    dataset: Dataset,
    make_result: Callable[[SGEPImages], Result],
    qtbot: QtBot,
) -> None:
    session, view, layer = shown
    view.by = "stripe"
    smaller = Dataset(dataset.adata[::2].copy(), Path("half.h5ad"))
    del smaller.adata.obs["stripe"]
    opened = prepare(smaller)
    session.open(opened.dataset, opened.images)
    qtbot.waitUntil(lambda: view.layer not in (None, layer))
    assert view.layer is not None and len(view.layer.data) == smaller.adata.n_obs
    assert view.by == RAW and layer not in viewer.layers


def test_on_real_tissue_spots_lie_where_the_image_is_dark(real_data: Path) -> None:
    """Every position of the slide against the picture: those in the tissue are the dark ones."""
    dataset = open_dataset(real_data / "visium_mouse")
    picture = tissue_image(dataset.adata)
    assert picture is not None
    table = pd.read_csv(real_data / "visium_mouse" / "spatial" / "tissue_positions.csv")
    where = table[["pxl_row_in_fullres", "pxl_col_in_fullres"]].to_numpy(dtype=float)
    back = np.linalg.inv(picture.affine)
    pixel = np.rint(where @ back[:2, :2].T + back[:2, 2]).astype(int)
    last = np.array(picture.pixels.shape[:2]) - 1

    def agreement(shift: tuple[int, int]) -> float:
        rows, columns = np.clip(pixel + shift, 0, last).T
        darkness = -picture.pixels[rows, columns].mean(axis=1)
        return float(roc_auc_score(table["in_tissue"], darkness))

    assert agreement((0, 0)) >= 0.99
    # The measure would tell if they lay a spot and a half elsewhere.
    assert max(agreement(shift) for shift in ((6, 0), (-6, 0), (0, 6), (0, -6))) < 0.95
