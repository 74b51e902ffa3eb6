"""Another section of the same file is opened in the place of the one that is shown."""

from __future__ import annotations

from pathlib import Path

import anndata
import napari
import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from darlc.data.dataset import Dataset, ReadOptions, Sections
from napari_darlc.viewer_session import open_path, session_of
from napari_darlc.widgets.common.section_chooser import SectionChooser
from napari_darlc.widgets.explorer import Explorer
from napari_darlc.widgets.train.training_dock import TrainingDock


@pytest.fixture
def path(dataset: Dataset, tmp_path: Path) -> Path:
    """Return a file with two donors on the same ground, the second the smaller one."""
    large, small = dataset.adata, dataset.adata[10:].copy()
    both = anndata.concat([large, small], label="donor", keys=["a", "b"], index_unique="-")
    both.write_h5ad(tmp_path / "donors.h5ad")
    return tmp_path / "donors.h5ad"


def test_what_there_is_and_what_is_asked_for(qtbot: QtBot, dataset: Dataset) -> None:
    asked: list[tuple[Path, ReadOptions]] = []
    chooser = SectionChooser(lambda path, options: asked.append((path, options)))
    qtbot.addWidget(chooser)
    chooser.show_dataset(dataset)
    assert chooser.isHidden()
    options, sections = ReadOptions(layer="X"), Sections("donor", ("a", "b"), (1200, 80), "a")
    held = Dataset(dataset.adata, Path("a.h5ad"), "h5ad", options=options, sections=sections)
    chooser.show_dataset(held)
    texts = [chooser.box.itemText(i) for i in range(chooser.box.count())]
    assert texts == ["a (1,200 observations)", "b (80 observations)", "all, on top of each other"]
    assert not chooser.isHidden() and chooser.box.currentIndex() == 0
    chooser.box.setCurrentIndex(1)
    chooser.box.activated.emit(1)
    assert asked == [(Path("a.h5ad"), ReadOptions(layer="X", section="donor=b"))]
    assert chooser.box.currentIndex() == 0  # until it is there
    chooser.box.activated.emit(0)
    assert len(asked) == 1
    chooser.show_dataset(None)
    assert chooser.isHidden()


def test_another_section_is_opened(viewer: napari.Viewer, path: Path, qtbot: QtBot) -> None:
    explorer = Explorer(viewer)
    viewer.window.add_dock_widget(explorer)
    train = explorer.open("Train")
    assert isinstance(train, TrainingDock)
    chooser, session = train.summary.section, session_of(viewer)
    open_path(viewer, path)
    qtbot.waitUntil(lambda: session.dataset is not None)
    assert session.dataset is not None and set(session.dataset.adata.obs["donor"]) == {"a"}
    assert chooser.isVisible() and "Section" in chooser.label.text()
    with qtbot.waitSignal(session.dataset_changed, raising=False):
        chooser.box.setCurrentIndex(1)
        chooser.box.activated.emit(1)
        qtbot.waitUntil(lambda: set(session.dataset.adata.obs["donor"]) == {"b"})
    assert chooser.box.currentText().startswith("b (")
    assert np.all(session.dataset.adata.obs["donor"] == "b")
