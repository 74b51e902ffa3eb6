"""The genes like the current one, in a panel on the screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import napari
import numpy as np
import pandas as pd
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog

from darlc.data.dataset import Dataset
from darlc.explore.pair_tests import PairTests
from darlc.images.sgep_images import SGEPImages
from darlc.results.result import Result
from napari_darlc.session.session import Session
from napari_darlc.widgets.similar.similar_genes import SimilarGenesPanel

Learn = Callable[[Session, Result], None]


@pytest.fixture
def result(result: Result) -> Result:
    """Return a result whose embedding knows the three stripes."""
    truth = np.arange(result.n_genes) % 3
    noise = np.random.default_rng(0).normal(scale=0.05, size=(result.n_genes, 3))
    return replace(result, embedding=(np.eye(3)[truth] + noise).astype(np.float32))


@pytest.fixture
def panel(session: Session, qtbot: QtBot) -> SimilarGenesPanel:
    """Return a panel before training."""
    panel = SimilarGenesPanel(cast(napari.Viewer, None), session)
    qtbot.addWidget(panel)
    panel.resize(400, 600)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


@pytest.fixture
def trained(
    panel: SimilarGenesPanel,
    session: Session,
    dataset: Dataset,
    images: SGEPImages,
    result: Result,
    qtbot: QtBot,
) -> SimilarGenesPanel:
    """Return a panel that lists the genes like the first one."""
    session.open(dataset, images, result)
    listed(panel, 0, qtbot)
    return panel


def listed(panel: SimilarGenesPanel, gene: int, qtbot: QtBot) -> list[int]:
    """Wait until the genes like one are listed; return them."""
    label = panel.session.gene_labels[gene]
    qtbot.waitUntil(
        lambda: not panel.empty.isVisible() and panel.title.text().endswith(f"<b>{label}</b>")
    )
    return panel.table.genes


def test_it_says_what_to_do_first(panel: SimilarGenesPanel, qtbot: QtBot) -> None:
    assert panel.empty.isVisible() and "Press Train" in panel.empty.text()
    without = SimilarGenesPanel(cast(napari.Viewer, None), Session())
    qtbot.addWidget(without)
    assert "Drop a Visium folder" in without.empty.text()


def test_it_lists_the_genes_of_the_same_stripe_first(trained: SimilarGenesPanel) -> None:
    genes = trained.table.genes
    assert sorted(genes) == list(range(1, 9)) and set(genes[:2]) == {3, 6}
    cells = [trained.table.text(0, column) for column in range(5)]
    assert cells[0] == f"Gene{genes[0]}" and cells[1] == "1"
    assert float(cells[2]) > 0.9 and all(float(cell) > 0.3 for cell in cells[3:])
    assert trained.ranking.text() == "Cluster 1, ranked by embedding."
    assert not trained.picture.pixmap().isNull()


def test_it_follows_the_current_gene_and_a_click_shows_another(
    trained: SimilarGenesPanel, session: Session, qtbot: QtBot
) -> None:
    session.gene = 4
    genes = listed(trained, 4, qtbot)
    assert set(genes[:2]) == {1, 7}
    where = trained.table.visualRect(trained.table.model().index(1, 0)).center()
    qtbot.mouseClick(trained.table.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert session.gene == genes[1]
    assert set(listed(trained, genes[1], qtbot)[:2]) == {1, 4, 7} - {genes[1]}


def test_the_list_stays_while_it_is_looked_at(
    trained: SimilarGenesPanel, session: Session, qtbot: QtBot
) -> None:
    trained.following.click()
    before = trained.table.genes
    session.gene = before[2]
    qtbot.wait(200)
    assert trained.table.genes == before and trained.title.text().endswith("<b>Gene0</b>")
    (marked,) = trained.table.selectionModel().selectedRows()
    assert marked.row() == 2
    trained.following.click()
    listed(trained, before[2], qtbot)


def test_a_gene_that_is_not_modelled(
    trained: SimilarGenesPanel, session: Session, qtbot: QtBot
) -> None:
    session.gene = 10
    genes = listed(trained, 10, qtbot)
    assert set(genes[:3]) == {1, 4, 7}
    assert "Not answered by this result" in trained.ranking.text()
    assert trained.table.isColumnHidden(2)


def test_a_gene_without_expression(
    trained: SimilarGenesPanel, session: Session, images: SGEPImages, qtbot: QtBot
) -> None:
    images.matrix.data[images.matrix.indptr[11] : images.matrix.indptr[12]] = 0
    session.gene = 11
    qtbot.waitUntil(trained.empty.isVisible)
    assert "no gene is similar to it" in trained.empty.text()
    session.gene = 3
    listed(trained, 3, qtbot)


def test_show_only_these_narrows_the_lists_to_them(
    trained: SimilarGenesPanel, session: Session, qtbot: QtBot
) -> None:
    trained.many.setValue(2)
    qtbot.waitUntil(lambda: len(trained.table.genes) == 2)
    qtbot.mouseClick(trained.show_only, Qt.MouseButton.LeftButton)
    assert session.selection.tolist() == [0, 3, 6] and session.only_selected


def test_while_training_denoised_views_rank(
    panel: SimilarGenesPanel, session: Session, result: Result, learn: Learn, qtbot: QtBot
) -> None:
    learn(session, result)
    assert set(listed(panel, 0, qtbot)[:2]) == {3, 6}
    assert "until training has ended" in panel.ranking.text()
    assert panel.table.isColumnHidden(2)


def test_edits_of_clusters_are_followed(
    trained: SimilarGenesPanel, session: Session, qtbot: QtBot
) -> None:
    assert session.clusters is not None
    session.edit("rename", session.clusters.renamed(0, "myelin"))
    qtbot.waitUntil(lambda: trained.table.text(0, 1) == "myelin")
    assert trained.ranking.text() == "Cluster myelin, ranked by embedding."


def test_another_dataset_begins_empty(
    trained: SimilarGenesPanel, session: Session, dataset: Dataset, images: SGEPImages, qtbot: QtBot
) -> None:
    session.open(dataset, images)
    qtbot.waitUntil(trained.empty.isVisible)


def test_what_is_listed_is_exported(
    trained: SimilarGenesPanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    path = tmp_path / "like.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args: (str(path), ""))
    qtbot.mouseClick(trained.export, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(path.exists)
    frame = pd.read_csv(path)
    assert frame["Symbol"].tolist() == [f"Gene{gene}" for gene in trained.table.genes]
    assert frame["Embed."].is_monotonic_decreasing and {"Identifier", "Denoised"} < set(frame)


def test_p_values_come_after_the_list_and_are_those_of_the_engine(
    trained: SimilarGenesPanel, session: Session, images: SGEPImages, qtbot: QtBot
) -> None:
    assert session.model is not None
    qtbot.waitUntil(lambda: trained.table.text(0, 6) != "–")
    tests = PairTests(images, session.model.genes).with_genes(np.array([0]))
    shown = trained.table.table()
    np.testing.assert_array_equal(shown["p"], tests.p[trained.table.genes])
    np.testing.assert_array_equal(shown["FDR"], tests.fdr[trained.table.genes])
    assert set(shown["FDR"][:2]) != {1.0}
    # Of another gene they are others, and so they are after its list has come.
    session.gene = 1
    listed(trained, 1, qtbot)
    qtbot.waitUntil(lambda: trained.table.text(0, 6) != "–")
    others = PairTests(images, session.model.genes).with_genes(np.array([1]))
    np.testing.assert_array_equal(trained.table.table()["FDR"], others.fdr[trained.table.genes])
