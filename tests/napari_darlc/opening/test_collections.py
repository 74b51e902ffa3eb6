"""Collections of gene sets that are opened or dropped on the window."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from darlc.data.dataset import Dataset
from darlc.images.sgep_images import SGEPImages
from darlc.io.tables.gmt import is_collection
from napari_darlc.opening.collections import open_collection
from napari_darlc.session.session import Session


@pytest.mark.parametrize(("name", "is_one"), [("a.gmt", True), ("a.GMT.gz", True), ("a.gz", False)])
def test_collections_go_by_their_name(name: str, is_one: bool) -> None:
    assert is_collection(name) == is_one


def test_sets_are_added_once(
    dataset: Dataset, images: SGEPImages, tmp_path: Path, qtbot: QtBot, notifications: list
) -> None:
    session, path = Session(), tmp_path / "sets.gmt"
    path.write_text("A\tna\tgene1\nB\tna\tGENE2\tGENE3\n")

    def said(words: str) -> bool:
        return any(words in each.message for each in notifications)

    open_collection(session, path)
    qtbot.waitUntil(lambda: said("open a dataset first"))
    session.open(dataset, images)
    open_collection(session, path)
    qtbot.waitUntil(lambda: session.gene_sets.names == ("A", "B"))
    assert session.can_undo == "add 2 gene sets of sets.gmt"
    open_collection(session, path)
    qtbot.waitUntil(lambda: said("no further set"))
    path.write_text("not a collection")
    open_collection(session, path)
    qtbot.waitUntil(lambda: said("is no gene set"))
