"""What regions can be chosen from."""

from __future__ import annotations

import napari
import numpy as np
import pytest
from napari.components import ViewerModel
from pytestqt.qtbot import QtBot

from napari_darlc.widgets.region.region_choice import RegionChoice
from napari_darlc.widgets.region.regions import AnnotatedRegion, DrawnRegion, PaintedRegion

OFFERED = {"layer": ("L1", "L2", "WM"), "sex": ("f", "m")}


@pytest.fixture
def viewer() -> ViewerModel:
    """Return a viewer without a window: its layers are all that is asked for."""
    return ViewerModel()


@pytest.fixture
def choice(viewer: napari.Viewer, qtbot: QtBot) -> RegionChoice:
    choice = RegionChoice(viewer)
    qtbot.addWidget(choice)
    choice.show()
    return choice


def entries(choice: RegionChoice) -> list[str]:
    return [choice.source.itemText(i) for i in range(choice.source.count())]


def test_without_anything_only_drawing_is_offered(choice: RegionChoice) -> None:
    assert choice.region is None
    assert not choice.source.isVisible() and not choice.value.isVisible()
    assert choice.draw.isEnabled() and not choice.ask.isEnabled()


def test_columns_offer_their_values(choice: RegionChoice) -> None:
    choice.offer(OFFERED)
    assert entries(choice) == ["layer", "sex"]
    assert choice.region == AnnotatedRegion("layer", "L1")
    choice.choose("sex", "m")
    assert choice.region == AnnotatedRegion("sex", "m")
    assert [choice.value.itemText(i) for i in range(choice.value.count())] == ["f", "m"]
    choice.choose("sex", "x")
    assert choice.region == AnnotatedRegion("sex", "m")


def test_layers_come_and_go_and_the_choice_stays(
    choice: RegionChoice, viewer: napari.Viewer
) -> None:
    choice.offer(OFFERED)
    choice.choose("layer", "WM")
    first = viewer.add_shapes(name="tumour", ndim=2)
    viewer.add_points(name="no region")
    choice.refresh()
    assert entries(choice) == ["layer", "sex", "shapes: tumour"]
    assert choice.region == AnnotatedRegion("layer", "WM")
    choice.choose_layer(first)
    assert not choice.value.isVisible()
    viewer.add_shapes(name="stroma", ndim=2)
    viewer.layers.move(2, 0)
    choice.refresh()
    assert isinstance(choice.region, DrawnRegion) and choice.region.layer is first
    viewer.layers.remove(first)
    choice.refresh()
    assert choice.region == AnnotatedRegion("layer", "L1")


def test_a_layer_is_offered_by_the_name_it_has(
    choice: RegionChoice, viewer: napari.Viewer, qtbot: QtBot
) -> None:
    layer = viewer.add_shapes(name="region", ndim=2)
    choice.refresh()
    with qtbot.waitSignal(choice.renamed):
        layer.name = "tumour"
    assert entries(choice) == ["shapes: tumour"]
    viewer.layers.remove(layer)
    choice.refresh()
    layer.name = "stroma"
    assert entries(choice) == []


def test_choosing_a_value_asks_at_once(choice: RegionChoice, qtbot: QtBot) -> None:
    choice.offer(OFFERED)
    with qtbot.waitSignal(choice.chosen):
        choice.value.activated.emit(1)
    with qtbot.waitSignal(choice.chosen):
        choice.ask.click()


def test_it_is_compared_with_the_rest_or_with_another(
    choice: RegionChoice, viewer: napari.Viewer
) -> None:
    choice.offer(OFFERED)
    assert choice.against is None
    assert choice.other.source.isVisible() and not choice.other.value.isVisible()
    assert choice.other.source.currentText() == "the rest of the tissue"
    choice.other.choose("layer", "L2")
    assert choice.against == AnnotatedRegion("layer", "L2")
    assert choice.region == AnnotatedRegion("layer", "L1"), "they are chosen apart"
    choice.other.source.setCurrentIndex(0)
    assert choice.against is None


def test_painted_labels_are_regions_by_their_number(
    choice: RegionChoice, viewer: napari.Viewer
) -> None:
    layer = viewer.add_labels(np.zeros((4, 4), dtype=np.int32), name="painted")
    ours = viewer.add_labels(np.zeros((4, 4), dtype=np.int32), name="a border")
    ours.editable = False
    choice.refresh()
    assert entries(choice) == ["labels: painted"]
    choice.box.label.setValue(3)
    region = choice.region
    assert isinstance(region, PaintedRegion) and region.layer is layer and region.label == 3
    assert choice.box.label.isVisible() and not choice.value.isVisible()
