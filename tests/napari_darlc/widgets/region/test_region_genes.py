"""The genes of a region: annotated ones on the screen, and one drawn in a real window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import napari
import numpy as np
import pandas as pd
import pytest
from napari.components import ViewerModel
from napari.layers import Shapes
from napari.utils.notifications import Notification
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QFileDialog
from waiting import no_thread_works

from darlc.data.dataset import Dataset
from darlc.images.sgep_images import SGEPImages
from darlc.results.result import Result
from napari_darlc.canvas.placing import affine
from napari_darlc.session.session import Session
from napari_darlc.viewer_session import layers_of, session_of
from napari_darlc.widgets.region.region_genes import RegionGenesPanel

Learn = Callable[[Session, Result], None]


@pytest.fixture
def dataset(dataset: Dataset) -> Dataset:
    """Return a small tissue whose stripes are annotated."""
    stripe = np.digitize(dataset.adata.obs["array_row"], [4, 8])
    dataset.adata.obs["stripe"] = np.array(["upper", "middle", "lower"])[stripe]
    return dataset


@pytest.fixture
def canvas() -> ViewerModel:
    """Return a viewer that has layers but no window."""
    return ViewerModel()


@pytest.fixture
def panel(canvas: ViewerModel, session: Session, qtbot: QtBot) -> RegionGenesPanel:
    """Return a panel before training, beside a viewer without a window."""
    panel = RegionGenesPanel(canvas, session)  # type: ignore[arg-type]
    qtbot.addWidget(panel)
    panel.resize(400, 600)
    panel.show()
    qtbot.waitUntil(panel.choice.value.isVisible)
    return panel


def ask(panel: RegionGenesPanel, value: str, qtbot: QtBot) -> list[int]:
    """Ask for a stripe's genes, and return them once they are listed."""
    panel.choice.choose("stripe", value)
    qtbot.mouseClick(panel.choice.ask, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(
        lambda: panel.answers.currentIndex() == 1 and f"stripe {value}<" in panel.summary.text()
    )
    return panel.table.genes


def draw(
    canvas: ViewerModel | napari.Viewer,
    panel: RegionGenesPanel,
    dataset: Dataset,
    value: str,
    qtbot: QtBot,
) -> Shapes:
    """Press the button and draw round a stripe."""
    qtbot.mouseClick(panel.choice.draw, Qt.MouseButton.LeftButton)
    layer = canvas.layers.selection.active
    assert isinstance(layer, Shapes) and panel.session.images is not None
    stripe = (dataset.adata.obs["stripe"] == value).to_numpy()
    # The canvas is in micrometres.
    places = dataset.adata.obsm["spatial"][stripe] * panel.session.images.grid.microns
    (left, top), (right, bottom) = places.min(axis=0) - 9, places.max(axis=0) + 9
    layer.add_polygons(np.array([[top, left], [top, right], [bottom, right], [bottom, left]]))
    return layer


def test_it_says_what_to_do_first(panel: RegionGenesPanel, qtbot: QtBot) -> None:
    assert panel.hint.isVisible() and "Choose an annotation" in panel.hint.text()
    without = RegionGenesPanel(ViewerModel(), Session())  # type: ignore[arg-type]
    qtbot.addWidget(without)
    assert "Drop a Visium folder" in without.empty.text()


def test_a_stripes_genes_come_first(panel: RegionGenesPanel, qtbot: QtBot) -> None:
    """Before training, too: genes need no model, and there are no clusters to tell of."""
    for k, value in enumerate(("upper", "middle", "lower")):
        genes = ask(panel, value, qtbot)
        assert set(genes[:4]) == {k, k + 3, k + 6, k + 9}
        fold, auroc, fdr = (float(panel.table.text(0, column)) for column in (2, 3, 4))
        assert fold > 1 and auroc > 0.9 and fdr < 0.02
        assert "<b>stripe" in panel.summary.text() and "4 of 12 genes" in panel.summary.text()
    assert not panel.clusters.isVisible()


def test_clusters_are_told_and_can_be_singled_out(
    panel: RegionGenesPanel, session: Session, dataset: Dataset, images: SGEPImages,
    result: Result, qtbot: QtBot,
) -> None:  # fmt: skip
    session.open(dataset, images, result)
    qtbot.waitUntil(panel.choice.value.isVisible)
    ask(panel, "middle", qtbot)
    assert panel.clusters.isVisible() and panel.clusters.text().startswith("Clusters: ")
    assert panel.clusters.text().count("href") == 1
    panel.clusters.linkActivated.emit("1")
    assert session.cluster == 1
    assert session.clusters is not None
    session.edit("rename", session.clusters.renamed(1, "myelin"))
    qtbot.waitUntil(lambda: "myelin" in panel.clusters.text())
    assert panel.table.text(0, 1) == "myelin"


def test_a_click_shows_the_gene_and_the_button_only_those(
    panel: RegionGenesPanel, session: Session, qtbot: QtBot
) -> None:
    genes = ask(panel, "lower", qtbot)
    where = panel.table.visualRect(panel.table.model().index(1, 0)).center()
    qtbot.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert session.gene == genes[1]
    qtbot.mouseClick(panel.show_only, Qt.MouseButton.LeftButton)
    assert session.selection.tolist() == [2, 5, 8, 11] and session.only_selected


def test_the_current_gene_is_marked(
    panel: RegionGenesPanel, session: Session, qtbot: QtBot
) -> None:
    genes = ask(panel, "upper", qtbot)
    session.gene = genes[2]
    (marked,) = panel.table.selectionModel().selectedRows()
    assert marked.row() == 2


def test_what_is_wrong_is_said(
    canvas: ViewerModel,
    panel: RegionGenesPanel,
    session: Session,
    notifications: list[Notification],
    qtbot: QtBot,
) -> None:
    panel.choice.draw.click()
    assert "press Find its genes" in panel.hint.text()
    panel.choice.ask.click()
    assert "Draw round a part" in panel.hint.text()
    (layer,) = canvas.layers
    layer.add_rectangles(np.array([[1e6, 1e6], [1e6, 2e6], [2e6, 2e6], [2e6, 1e6]]))
    panel.choice.ask.click()
    qtbot.waitUntil(lambda: bool(notifications))
    assert "0 observations are inside the region" in notifications[-1].message
    assert panel.hint.isVisible()


def test_another_dataset_begins_empty(
    panel: RegionGenesPanel, session: Session, dataset: Dataset, images: SGEPImages, qtbot: QtBot
) -> None:
    ask(panel, "upper", qtbot)
    del dataset.adata.obs["stripe"]
    session.open(dataset, images)
    assert panel.hint.isVisible() and "Press Draw a region" in panel.hint.text()
    assert panel.choice.region is None


def test_an_answer_stays_one_to_what_was_asked(
    canvas: ViewerModel,
    panel: RegionGenesPanel,
    session: Session,
    dataset: Dataset,
    images: SGEPImages,
    result: Result, qtbot: QtBot,
) -> None:  # fmt: skip
    """Whatever was chosen since, or drawn, without the question being asked."""
    dataset.adata.obs["side"] = np.where(dataset.adata.obs["array_col"] < 10, "left", "right")
    session.open(dataset, images, result)
    source, region = panel.choice.source, layers_of(canvas).region
    qtbot.waitUntil(lambda: source.findData("side") >= 0)

    def rename(name: str) -> None:
        assert session.clusters is not None
        session.edit("rename", session.clusters.renamed(1, name))
        qtbot.waitUntil(lambda: name in panel.clusters.text())

    ask(panel, "middle", qtbot)
    source.setCurrentIndex(source.findData("side"))
    rename("myelin")
    assert panel.summary.text().startswith("<b>stripe middle</b>: 4 of 12 genes")
    assert region.name == "stripe middle"
    layer = draw(canvas, panel, dataset, "middle", qtbot)
    qtbot.mouseClick(panel.choice.ask, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.answers.currentIndex() == 1)
    answered = panel.summary.text()
    layer.data = [layer.data[0] + 60]
    rename("white matter")
    assert panel.summary.text() == answered


def test_a_click_on_a_cluster_brings_its_pattern_back(
    viewer: napari.Viewer, dataset: Dataset, images: SGEPImages, result: Result, qtbot: QtBot
) -> None:
    session = session_of(viewer)
    session.open(dataset, images, result)
    panel = RegionGenesPanel(viewer)
    viewer.window.add_dock_widget(panel)
    for _ in range(2):
        panel.clusters.linkActivated.emit("1")
        assert session.cluster == 1 and layers_of(viewer).consensus is not None
        session.gene = 4 if session.gene != 4 else 7
        assert layers_of(viewer).consensus is None


def test_an_answer_takes_the_name_of_its_layer_and_goes_with_it(
    canvas: ViewerModel, panel: RegionGenesPanel, dataset: Dataset, qtbot: QtBot
) -> None:
    layer = draw(canvas, panel, dataset, "lower", qtbot)
    region = layers_of(canvas).region
    qtbot.mouseClick(panel.choice.ask, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.answers.currentIndex() == 1)
    assert region.name == "region"
    layer.name = "tumour"
    assert panel.choice.source.currentText() == "shapes: tumour"
    assert panel.summary.text().startswith("<b>tumour</b>: 4 of 12 genes")
    assert region.name == "tumour"
    canvas.layers.remove(layer)
    assert panel.hint.isVisible() and "Choose an annotation" in panel.hint.text()
    assert region.name == "" and not canvas.layers
    # One that is still being answered goes as well.
    layer = draw(canvas, panel, dataset, "upper", qtbot)
    qtbot.mouseClick(panel.choice.ask, Qt.MouseButton.LeftButton)
    canvas.layers.remove(layer)
    qtbot.waitUntil(no_thread_works)
    assert panel.hint.isVisible() and region.name == ""


def test_what_was_drawn_goes_when_another_dataset_is_opened(
    viewer: napari.Viewer, window_session: Session, dataset: Dataset, images: SGEPImages,
    qtbot: QtBot,
) -> None:  # fmt: skip
    panel = RegionGenesPanel(viewer)
    viewer.window.add_dock_widget(panel)
    qtbot.waitUntil(panel.choice.value.isVisible)
    draw(viewer, panel, dataset, "lower", qtbot)
    viewer.add_shapes(ndim=2, name="mine")
    window_session.open(dataset, images)
    source = panel.choice.source
    qtbot.waitUntil(lambda: source.findData("stripe") >= 0)
    assert [source.itemText(i) for i in range(source.count())] == ["stripe", "shapes: mine"]
    assert "region" not in viewer.layers and "mine" in viewer.layers


def test_a_region_drawn_in_a_window(
    viewer: napari.Viewer,
    dataset: Dataset,
    images: SGEPImages,
    result: Result,
    qtbot: QtBot,
) -> None:
    """From the button over the lasso on the viewer to the genes."""
    session = session_of(viewer)
    session.open(dataset, images, result)
    panel = RegionGenesPanel(viewer)
    dock = viewer.window.add_dock_widget(panel, area="right")
    qtbot.waitUntil(panel.choice.value.isVisible)
    layer = draw(viewer, panel, dataset, "lower", qtbot)
    assert str(layer.mode) == "add_polygon_lasso"
    qtbot.mouseClick(panel.choice.ask, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.answers.currentIndex() == 1)
    assert "<b>region</b>: 4 of 12 genes" in panel.summary.text()
    n_lower = (dataset.adata.obs["stripe"] == "lower").sum()
    assert f"in {n_lower} observations" in panel.summary.text()
    assert set(panel.table.genes[:4]) == {2, 5, 8, 11}
    # A dock that was closed hears nothing of layers that come and go.
    viewer.window.remove_dock_widget(dock)
    panel.deleteLater()
    qtbot.wait(50)
    viewer.layers.remove(layer)


def test_the_region_lies_on_the_tissue_with_its_name(
    viewer: napari.Viewer, window_session: Session, dataset: Dataset, qtbot: QtBot
) -> None:
    panel = RegionGenesPanel(viewer)
    viewer.window.add_dock_widget(panel)
    qtbot.waitUntil(panel.choice.value.isVisible)
    ask(panel, "upper", qtbot)
    region = layers_of(viewer).region
    assert region.name == "stripe upper" and region.border is not None
    where = dataset.adata.obsm["spatial"][dataset.adata.obs["stripe"] == "upper"].mean(axis=0)
    assert window_session.images is not None
    microns = window_session.images.grid.microns
    scale = microns if np.isfinite(microns) else 1.0
    assert region.border.get_value(where[::-1] * scale, world=True) == 1
    ask(panel, "lower", qtbot)
    assert region.name == "stripe lower"
    assert region.border.get_value(where[::-1] * scale, world=True) == 0
    qtbot.mouseClick(panel.on_canvas, Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    assert region.border is None and region.name == ""
    qtbot.mouseClick(panel.on_canvas, Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    assert region.name == "stripe lower"


def test_all_genes_are_exported_the_best_first(
    panel: RegionGenesPanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    genes = ask(panel, "upper", qtbot)
    suggested = []

    def choose(*args: object) -> tuple[str, str]:
        suggested.append(Path(str(args[2])).name)
        return str(tmp_path / "region.csv"), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)
    qtbot.mouseClick(panel.export, Qt.MouseButton.LeftButton)
    qtbot.waitUntil((tmp_path / "region.csv").exists)
    frame = pd.read_csv(tmp_path / "region.csv")
    assert len(frame) == 12 and frame["Symbol"].tolist()[: len(genes)] == [
        f"Gene{gene}" for gene in genes
    ]
    assert {"log2 fold change", "AUROC", "FDR", "Identifier", "Cluster"} < set(frame)
    assert suggested == ["hexagonal_stripe_upper_genes.csv"]


def test_two_drawn_regions_are_compared(
    canvas: ViewerModel, panel: RegionGenesPanel, dataset: Dataset, qtbot: QtBot
) -> None:
    first = draw(canvas, panel, dataset, "upper", qtbot)
    first.name = "one"
    second = draw(canvas, panel, dataset, "lower", qtbot)
    panel.choice.choose_layer(first)
    panel.choice.other.choose_layer(second)
    qtbot.mouseClick(panel.choice.ask, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.answers.currentIndex() == 1)
    stripe = dataset.adata.obs["stripe"]
    n, m = (stripe == "upper").sum(), (stripe == "lower").sum()
    assert f"in {n} observations against {m} of <b>region</b>" in panel.summary.text()
    assert set(panel.table.genes[:4]) == {0, 3, 6, 9}
    second.name = "two"
    assert "of <b>two</b>" in panel.summary.text()
    canvas.layers.remove(second)
    assert panel.hint.isVisible(), "the answer goes with either region"


def test_a_painted_label_is_a_region(
    canvas: ViewerModel, panel: RegionGenesPanel, images: SGEPImages, dataset: Dataset,
    qtbot: QtBot,
) -> None:  # fmt: skip
    grid = images.grid
    painted = np.zeros(grid.shape, dtype=np.int32)
    stripe = dataset.adata.obs["stripe"].to_numpy()
    rows, columns = grid.pixels[images.observation_pixel].T
    painted[rows[stripe == "middle"], columns[stripe == "middle"]] = 2
    layer = canvas.add_labels(painted, name="painted", affine=affine(grid)[1:, 1:])
    panel.choice.choose_layer(layer)
    panel.choice.box.label.setValue(2)
    qtbot.mouseClick(panel.choice.ask, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.answers.currentIndex() == 1)
    assert panel.summary.text().startswith("<b>painted 2</b>: 4 of 12 genes")
    assert f"in {(stripe == 'middle').sum()} observations" in panel.summary.text()
    assert set(panel.table.genes[:4]) == {1, 4, 7, 10}
