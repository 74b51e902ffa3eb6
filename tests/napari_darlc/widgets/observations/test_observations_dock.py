"""The dock of the observation view, in a window."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import napari
import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QWidget

from darlc.data.dataset import Dataset
from darlc.images.sgep_images import SGEPImages
from darlc.results.palette import cluster_colours
from napari_darlc.viewer_session import observations_of, session_of
from napari_darlc.widgets.observations.observations_dock import ObservationsDock


def entries(dock: ObservationsDock) -> list[str]:
    return [dock.by.itemText(i) for i in range(dock.by.count()) if dock.by.itemText(i)]


def choose(dock: ObservationsDock, text: str) -> None:
    """Choose as a user does, which a program's choice is told apart from."""
    index = dock.by.findText(text)
    dock.by.setCurrentIndex(index)
    dock.by.activated.emit(index)


def test_the_dock(
    viewer: napari.Viewer,
    dataset: Dataset,
    images: SGEPImages,
    colours_of: Callable[[QWidget], Counter[str]],
    qtbot: QtBot,
) -> None:
    view, session = observations_of(viewer), session_of(viewer)
    dock = ObservationsDock(viewer)
    viewer.window.add_dock_widget(dock, area="right")
    assert "Drop a Visium folder" in dock.facts.text()
    assert not dock.show_them.isEnabled() and not dock.by.isEnabled()

    adata = dataset.adata
    adata.obs["stripe"] = np.array(["upper", "middle", "lower"])[adata.obs["array_row"] // 4]
    adata.obs["depth"] = np.linspace(0, 5, adata.n_obs)
    session.open(dataset, images)
    qtbot.waitUntil(lambda: view.geometry is not None)
    assert entries(dock) == [
        "current gene, raw view",
        "current gene, denoised view",
        *("array_row", "array_col", "stripe", "depth"),
    ]
    assert dock.facts.text() == f"{adata.n_obs} spots, drawn 55 µm wide."
    assert not dock.title.isVisible()

    qtbot.mouseClick(dock.show_them, Qt.MouseButton.LeftButton, pos=dock.show_them.rect().center())
    assert view.layer is not None and dock.title.text() == "<b>Gene0, raw view</b>"
    assert dock.ramp.isVisible() and len(colours_of(dock.ramp)) > 50
    assert ">0</td>" in dock.ends.text()

    # Who chooses an annotation sees it, also where the observations were hidden.
    view.hide()
    assert not dock.show_them.isChecked() and not dock.title.isVisible()
    choose(dock, "stripe")
    assert dock.show_them.isChecked() and view.layer is not None
    assert not dock.ramp.isVisible()
    for name, colour in zip(["lower", "middle", "upper"], cluster_colours(3), strict=True):
        size = int((adata.obs["stripe"] == name).sum())
        assert f"{name} · {size}" in dock.labels.text() and colour in dock.labels.text()
        qtbot.waitUntil(lambda colour=colour: colours_of(dock.labels)[colour] > 20)

    # A layer that is deleted by hand unticks the box.
    viewer.layers.remove(view.layer)
    assert not dock.show_them.isChecked()

    choose(dock, "depth")
    assert dock.ramp.isVisible() and dock.title.text() == "<b>depth</b>"
    if (width := dock.minimumSizeHint().width()) > 400:
        pytest.fail(f"the dock is {width} pixels wide")
