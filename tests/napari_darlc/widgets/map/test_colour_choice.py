"""What the gene map can be coloured by."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt

from darlc.data.dataset import Dataset
from darlc.images.sgep_images import SGEPImages
from darlc.results.result import Result
from napari_darlc.session.session import Session
from napari_darlc.widgets.map.colour_choice import ColourChoice

Learn = Callable[[Session, Result], None]
MEASURED = ("Moran's I", "Mean expression", "Share of observations")


def annotate(adata: AnnData) -> AnnData:
    adata = adata.copy()
    adata.var["kind"] = pd.Categorical(["odd", "even"] * 6)
    adata.var["weight"] = np.arange(12.0)
    adata.var["darlc_confidence"] = 0.5
    return adata


@pytest.fixture
def annotated(dataset: Dataset, images: SGEPImages) -> Session:
    """Return a session with columns in the file that are worth choosing."""
    session = Session()
    session.open(Dataset(annotate(dataset.adata), Path("a.h5ad"), "h5ad"), images)
    return session


@pytest.fixture
def choice(annotated: Session, qtbot: QtBot) -> ColourChoice:
    choice = ColourChoice(annotated)
    qtbot.addWidget(choice)
    choice.refresh()
    choice.show()
    qtbot.waitUntil(lambda: choice.column is not None)
    return choice


def test_before_a_model_what_is_measured_and_what_the_file_says(choice: ColourChoice) -> None:
    assert choice.names == (*MEASURED, "kind", "weight")
    assert choice.column is not None and choice.column.name == "Moran's I"
    assert np.isfinite(choice.column.values.astype(float)).all()
    assert choice.column.tip in choice.toolTip()


def test_clusters_come_first_once_there_are_any(
    choice: ColourChoice, annotated: Session, result: Result, learn: Learn
) -> None:
    learn(annotated, result)
    choice.refresh()
    assert choice.names == ("Cluster", "Confidence", "Second cluster", *MEASURED, "kind", "weight")
    assert choice.column is not None and choice.column.name == "Cluster"
    assert choice.column.values[:3].tolist() == ["1", "2", "3"]


def test_what_was_chosen_stays(
    choice: ColourChoice, annotated: Session, result: Result, learn: Learn, qtbot: QtBot
) -> None:
    heard: list[None] = []
    choice.column_changed.connect(lambda: heard.append(None))
    choice.setFocus()
    while choice.currentText() != "kind":
        qtbot.keyClick(choice, Qt.Key.Key_Down)
    assert heard
    learn(annotated, result)
    choice.refresh()
    assert choice.column is not None and choice.column.name == "kind"
    assert choice.column.values[:2].tolist() == ["odd", "even"]


def test_nothing_to_choose_without_a_dataset(qtbot: QtBot) -> None:
    choice = ColourChoice(Session())
    qtbot.addWidget(choice)
    choice.refresh()
    assert choice.names == () and choice.column is None
    choice.choose("Cluster")
    assert choice.column is None
