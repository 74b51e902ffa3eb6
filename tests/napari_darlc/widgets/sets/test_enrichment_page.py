"""Enrichment in the window: chosen collections, a table, dots, and the genes behind a hit."""

from __future__ import annotations

import json
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
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QFileDialog
from typer.testing import CliRunner

from darlc.cli.commands import app
from darlc.data.dataset import Dataset
from darlc.images.sgep_images import SGEPImages
from darlc.results.gene_sets import GeneSet, GeneSets
from darlc.results.result import Result
from napari_darlc.session.session import Session
from napari_darlc.widgets.sets.enrichment_page import EnrichmentPage
from napari_darlc.widgets.sets.sets_panel import SetsPanel

LEFT = Qt.MouseButton.LeftButton
#: Genes 0, 3 and 6 are cluster 1, and so on.
STRIPES = "STRIPES\tna\tGENE0\tGENE3\tGENE6\tXYZ\tGENE1\tGENE2\n"
OTHERS = "OTHERS\tna\tGene1\tGene2\tGene4\tGene5\tGene7\nSMALL\tna\tGene1\n"


@pytest.fixture
def gmt(tmp_path: Path) -> Path:
    """Return a folder of two collections."""
    folder = tmp_path / "gmt"
    folder.mkdir()
    (folder / "first.gmt").write_text(STRIPES)
    (folder / "second.gmt").write_text(OTHERS)
    return folder


@pytest.fixture
def panel(
    session: Session, dataset: Dataset, images: SGEPImages, result: Result, qtbot: QtBot
) -> SetsPanel:
    """Return the tab of gene sets beside a result that has a set, at its enrichment."""
    sets = GeneSets((GeneSet("mine", ("Gene0", "Gene3", "Gene5")),))
    session.open(dataset, images, replace(result, gene_sets=sets))
    panel = SetsPanel(cast(napari.Viewer, None), session)
    qtbot.addWidget(panel)
    panel.resize(420, 800)
    panel.show()
    qtbot.waitExposed(panel)
    qtbot.mouseClick(panel.tabs[1], LEFT)
    return panel


@pytest.fixture
def page(
    panel: SetsPanel, gmt: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> EnrichmentPage:
    """Return the enrichment of the set in a folder of collections."""
    page = panel.enrichment
    assert "none comes with napari-darlc" in page.summary.text()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *args: str(gmt))
    qtbot.mouseClick(page.folder, LEFT)
    qtbot.waitUntil(lambda: page.table.n_rows > 0)
    return page


def choose(page: EnrichmentPage, text: str, qtbot: QtBot) -> None:
    """Ask of something else, as by the list."""
    before = page.hits
    page.of.setCurrentIndex(page.of.findText(text))
    page.of.activated.emit(page.of.currentIndex())
    qtbot.waitUntil(lambda: page.hits is not before)


def test_the_set_is_tested_at_once(page: EnrichmentPage) -> None:
    assert page.collections.text() == "first, second"
    assert [page.table.text(row, "Set") for row in range(page.table.n_rows)] == [
        "STRIPES",
        "OTHERS",
    ]
    assert page.table.text(0, "Genes") == "2 of 5" and page.table.text(0, "Collection") == "first"
    assert "tests find an enriched set" in page.summary.text()
    assert "1 are too small" in page.summary.text()


def test_collections_are_remembered(page: EnrichmentPage, session: Session, qtbot: QtBot) -> None:
    again = EnrichmentPage(session)
    qtbot.addWidget(again)
    again.show_set("mine")
    again.show()
    qtbot.waitUntil(lambda: again.table.n_rows == 2)
    assert again.collections.text() == "first, second"


def test_a_click_selects_the_genes_behind_a_hit(
    page: EnrichmentPage, session: Session, qtbot: QtBot
) -> None:
    index = page.table.model().index(0, 1)
    place = page.table.visualRect(index).center()
    assert "Select 2 genes: Gene0, Gene3" in index.data(Qt.ItemDataRole.ToolTipRole)
    qtbot.mouseClick(page.table.viewport(), LEFT, pos=place)
    assert session.selection.tolist() == [0, 3] and session.only_selected
    assert page.behind.text() == "2 genes of STRIPES selected"


def test_a_dot_does_as_its_row(page: EnrichmentPage, session: Session, qtbot: QtBot) -> None:
    qtbot.mouseClick(page.as_dots, LEFT)
    qtbot.waitUntil(page.dots.isVisible)
    assert page.hits is not None
    (dot,) = [each for each in page.dots.dots if each.test == 0]
    qtbot.mouseClick(page.dots, LEFT, pos=dot.at.toPoint())
    assert session.selection.tolist() == [0, 3]
    folds = {each.test: each.at.x() for each in page.dots.dots}
    assert folds[0] > folds[1], "further to the right is a larger fold"
    before = page.dots.grab().toImage()
    choose(page, "all clusters", qtbot)
    assert page.dots.grab().toImage() != before


def test_all_clusters_are_sorted_by_any_column(page: EnrichmentPage, qtbot: QtBot) -> None:
    choose(page, "all clusters", qtbot)
    assert not page.table.isColumnHidden(0)
    groups = [page.table.text(row, "Group") for row in range(page.table.n_rows)]
    assert page.table.text(0, "Set") == "STRIPES" and groups[0] == "1"
    page.table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    assert [page.table.text(row, "Group") for row in range(page.table.n_rows)] == sorted(
        groups, reverse=True
    )
    page.table.sortByColumn(3, Qt.SortOrder.AscendingOrder)
    folds = [float(page.table.text(row, "Fold")) for row in range(page.table.n_rows)]
    assert folds == sorted(folds)


def test_one_cluster_follows_what_is_singled_out(
    page: EnrichmentPage, session: Session, qtbot: QtBot
) -> None:
    choose(page, "cluster 1", qtbot)
    assert page.table.text(0, "Genes") == "3 of 5"
    session.cluster = 2
    qtbot.waitUntil(lambda: page.hits is not None and page.hits.found.groups == ("3",))
    assert page.of.currentText() == "cluster 3"
    assert session.clusters is not None
    session.edit("rename", session.clusters.renamed(2, "myelin"))
    assert page.of.findText("cluster myelin") >= 0


@pytest.mark.parametrize(
    ("of", "options"),
    [("the set above", ["--set", "mine"]), ("all clusters", []), ("cluster 2", ["--cluster", "2"])],
)
def test_the_numbers_are_those_of_the_command_line(
    page: EnrichmentPage,
    session: Session,
    gmt: Path,
    tmp_path: Path,
    qtbot: QtBot,
    of: str,
    options: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert session.result is not None
    path = session.result.save(tmp_path / "result.h5ad")
    files = [str(each) for each in sorted(gmt.iterdir())]
    said = CliRunner().invoke(app, ["enrich", str(path), *files, *options, "-n", "99", "--json"])
    assert said.exit_code == 0, said.output
    facts = json.loads(said.output)
    if of != page.of.currentText():
        choose(page, of, qtbot)
    table = tmp_path / "table.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args: (str(table), ""))
    qtbot.mouseClick(page.export, LEFT)
    qtbot.waitUntil(table.exists)
    ours = pd.read_csv(table, dtype={"group": str})
    assert len(ours) == len(facts["hits"]) == page.table.n_rows > 1
    for row, theirs in zip(ours.to_dict("records"), facts["hits"], strict=True):
        for key in ("group", "set", "overlap", "group_size", "set_size"):
            assert row[key] == theirs[key]
        assert row["genes"].split(",") == theirs["genes"]
        np.testing.assert_allclose(
            [row["fold"], row["p"], row["fdr"]], [theirs[key] for key in ("fold", "p", "fdr")]
        )


def test_rows_are_copied(page: EnrichmentPage, qtbot: QtBot) -> None:
    page.table.selectAll()
    qtbot.keyClick(page.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    lines = clipboard.text().splitlines()
    assert lines[0].startswith("group\tcollection\tset") and len(lines) == 3


def test_what_is_wrong_is_said(
    page: EnrichmentPage,
    gmt: Path,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    session: Session,
) -> None:
    def files(*names: Path) -> Callable[..., tuple[list[str], str]]:
        return lambda *args: ([str(name) for name in names], "")

    bad = tmp_path / "bad.gmt"
    bad.write_text("no tabs at all")
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", files(bad))
    qtbot.mouseClick(page.files, LEFT)
    qtbot.waitUntil(lambda: "bad.gmt, line 1, is no gene set" in page.summary.text())
    assert page.table.n_rows == 0 and not page.export.isEnabled()
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", files(gmt / "first.gmt"))
    qtbot.mouseClick(page.files, LEFT)
    qtbot.waitUntil(lambda: page.table.n_rows == 1)
    session.change_sets("remove", session.gene_sets.removed("mine"))
    qtbot.waitUntil(lambda: page.of.currentText() == "all clusters" and page.hits is not None)
    choose(page, "the set above", qtbot)
    qtbot.waitUntil(lambda: "Choose a gene set above" in page.summary.text())


def test_without_a_set_all_clusters_are_tested_until_something_else_is_chosen(
    page: EnrichmentPage, session: Session, qtbot: QtBot
) -> None:
    assert page.of.currentText() == "the set above"
    session.change_sets("remove", session.gene_sets.removed("mine"))
    qtbot.waitUntil(lambda: page.hits is not None and page.hits.asked.kind == "clusters")
    session.undo()
    qtbot.waitUntil(lambda: page.hits is not None and page.hits.asked.kind == "set")
    choose(page, "cluster 2", qtbot)
    session.change_sets("remove", session.gene_sets.removed("mine"))
    qtbot.wait(50)
    assert page.of.currentText() == "cluster 2"


def test_names_go_without_what_all_of_their_collection_begin_with(
    page: EnrichmentPage, gmt: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = ("INTERFERON_ALPHA\tna\tGENE0\tGENE3\tGENE6\tGENE1\tGENE2", "INTERFERON_GAMMA\tna\t"
            "Gene1\tGene2\tGene4\tGene5\tGene7")  # fmt: skip
    other = gmt.rename(gmt.with_name("other"))
    (other / "first.gmt").write_text("\n".join(f"HALLMARK_{row}" for row in rows))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *args: str(other))
    qtbot.mouseClick(page.folder, LEFT)
    qtbot.waitUntil(lambda: page.table.n_rows == 3)
    shown = {page.table.text(row, "Set") for row in range(3)}
    assert shown == {"ALPHA", "GAMMA", "OTHERS"}
    about = page.table.model().index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert about.splitlines()[0] in (
        "HALLMARK_INTERFERON_ALPHA",
        "HALLMARK_INTERFERON_GAMMA",
        "OTHERS",
    )
    assert page.hits is not None and "HALLMARK_INTERFERON_ALPHA" in set(page.hits.table()["set"])
