"""Another result beside that of the window: what matches, what moved, and what a click does."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import cast

import napari
import numpy as np
import pandas as pd
import pytest
from napari.utils.notifications import Notification
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog
from typer.testing import CliRunner

from darlc.cli.commands import app
from darlc.data.dataset import Dataset
from darlc.images.sgep_images import SGEPImages
from darlc.results.result import Result
from napari_darlc.session.session import Session
from napari_darlc.widgets.two_results.two_results import TwoResultsPanel

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def other(dataset: Dataset, result: Result, tmp_path: Path) -> Path:
    """Return the file of a result with the clusters in another order, and Gene0 in another one."""
    membership = result.membership[:, [2, 0, 1]].copy()
    membership[0] = [0.9, 0.05, 0.05]
    result = replace(result, membership=membership).with_data(dataset.adata)
    return result.save(tmp_path / "other.h5ad")


@pytest.fixture
def panel(
    session: Session, dataset: Dataset, images: SGEPImages, result: Result, qtbot: QtBot
) -> TwoResultsPanel:
    """Return the panel on the screen, beside a result."""
    panel = TwoResultsPanel(cast(napari.Viewer, None), session)
    qtbot.addWidget(panel)
    panel.resize(420, 700)
    panel.show()
    assert "train first" in panel.empty.text()
    session.open(dataset, images, result)
    qtbot.waitUntil(panel.open_other.isVisible)
    return panel


@pytest.fixture
def compared(
    panel: TwoResultsPanel, other: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> TwoResultsPanel:
    """Return the panel with the other result."""
    assert "another seed, preset or section" in panel.summary.text()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *args: (str(other), ""))
    qtbot.mouseClick(panel.open_other, LEFT)
    qtbot.waitUntil(lambda: panel.answer is not None)
    return panel


def test_clusters_are_matched_and_moved_genes_listed(compared: TwoResultsPanel) -> None:
    pairs = {(row[0], row[1]): row[2:5] for row in compared.pairs.texts()}
    assert pairs == {
        ("1", "2"): ["2", "3", "0.67"],
        ("2", "3"): ["3", "3", "1.00"],
        ("3", "1"): ["3", "3", "0.75"],
    }
    assert [row[:3] for row in compared.moved.texts()] == [["Gene0", "1", "1"]]
    assert "9 genes in both (0 only here, 0 only there)" in compared.summary.text()
    assert "<b>1 gene moved</b>" in compared.summary.text()
    pictures = [
        compared.pairs.item(0, column).data(Qt.ItemDataRole.DecorationRole) for column in (0, 1)
    ]
    assert not any(picture.isNull() for picture in pictures), "both patterns are seen"


def test_numbers_are_those_of_the_command_line(
    compared: TwoResultsPanel, session: Session, other: Path, tmp_path: Path
) -> None:
    assert session.result is not None and compared.answer is not None
    here = session.result.save(tmp_path / "here.h5ad")
    said = CliRunner().invoke(app, ["compare", str(here), str(other), "--json"])
    assert said.exit_code == 0, said.output
    facts, found = json.loads(said.output), compared.answer.found
    assert facts["adjusted_rand"] == pytest.approx(found.adjusted_rand)
    np.testing.assert_allclose([each["jaccard"] for each in facts["pairs"]], found.jaccard)
    np.testing.assert_allclose(
        [each["patterns"] for each in facts["pairs"]], found.likeness, rtol=1e-4
    )
    assert [each["label"] for each in facts["moved"]] == [row[0] for row in compared.moved.texts()]


def test_a_click_singles_out_a_cluster_and_shows_a_gene(
    compared: TwoResultsPanel, session: Session, qtbot: QtBot
) -> None:
    row = next(i for i, each in enumerate(compared.pairs.texts()) if each[0] == "3")
    place = compared.pairs.visualItemRect(compared.pairs.item(row, 2)).center()
    qtbot.mouseClick(compared.pairs.viewport(), LEFT, pos=place)
    assert session.cluster == 2
    session.gene = 5
    place = compared.moved.visualItemRect(compared.moved.item(0, 0)).center()
    qtbot.mouseClick(compared.moved.viewport(), LEFT, pos=place)
    assert session.gene == 0
    qtbot.mouseClick(compared.show_only, LEFT)
    assert session.selection.tolist() == [0] and session.only_selected


def test_heads_sort_by_numbers(compared: TwoResultsPanel) -> None:
    compared.pairs.sortItems(4, Qt.SortOrder.AscendingOrder)
    jaccard = [float(row[4]) for row in compared.pairs.texts()]
    assert jaccard == sorted(jaccard)


def test_edits_are_compared_at_once(
    compared: TwoResultsPanel, session: Session, qtbot: QtBot
) -> None:
    assert session.clusters is not None
    session.edit("rename", session.clusters.renamed(1, "myelin"))
    qtbot.waitUntil(lambda: any(row[0] == "myelin" for row in compared.pairs.texts()))


def test_what_moved_is_exported(
    compared: TwoResultsPanel, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "moved.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args: (str(path), ""))
    qtbot.mouseClick(compared.export, LEFT)
    qtbot.waitUntil(path.exists)
    frame = pd.read_csv(path)
    assert frame["Symbol"].tolist() == ["Gene0"]
    assert frame["Confidence there"].tolist() == pytest.approx([0.9])


def test_a_file_without_a_result_is_said(
    panel: TwoResultsPanel, dataset: Dataset, tmp_path: Path, qtbot: QtBot,
    notifications: list[Notification],
) -> None:  # fmt: skip
    path = tmp_path / "data.h5ad"
    dataset.adata.write_h5ad(path)
    panel.compare_with(path)
    qtbot.waitUntil(lambda: bool(notifications))
    assert "data.h5ad" in notifications[0].message
    assert "another seed" in panel.summary.text() and panel.answer is None


def test_another_dataset_begins_empty(
    compared: TwoResultsPanel, session: Session, dataset: Dataset, images: SGEPImages
) -> None:
    session.open(dataset, images)
    assert compared.answer is None and compared.moved.rowCount() == 0
    assert "train first" in compared.empty.text()
