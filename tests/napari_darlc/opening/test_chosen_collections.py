"""Collections that enrichment asks: remembered, folders among them, each file once."""

from __future__ import annotations

from pathlib import Path

import pytest

from darlc.errors import InputError
from napari_darlc.opening.chosen_collections import (
    choose_collections,
    chosen_collections,
    collection_files,
    collection_name,
    read_collections,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "gmt"
    folder.mkdir()
    (folder / "b.gmt").write_text("B\tna\tGene1\n")
    (folder / "a.GMT").write_text("A\tna\tGene2\nB\tna\tGene1\n")
    (folder / "notes.txt").write_text("none of ours")
    return folder


def test_what_was_chosen_is_remembered(folder: Path) -> None:
    assert chosen_collections() == ()
    choose_collections([folder, folder / "b.gmt"])
    assert chosen_collections() == (folder, folder / "b.gmt")


def test_a_folder_stands_for_its_files(folder: Path) -> None:
    files = collection_files([folder, folder / "b.gmt"])
    assert [path.name for path in files] == ["a.GMT", "b.gmt"]
    assert collection_files([folder / "gone.gmt"]) == (folder / "gone.gmt",)
    assert [collection_name(Path(each)) for each in ("a.GMT", "k.gmt.gz", "x")] == ["a", "k", "x"]


def test_sets_know_their_collection(folder: Path) -> None:
    of = read_collections(collection_files([folder]))
    assert [(each.name, name) for each, name in of.items()] == [("A", "a"), ("B", "a"), ("B", "b")]
    (folder / "b.gmt").write_text("C\tna\tGene1\n")
    again = read_collections([folder / "b.gmt"])
    assert [each.name for each in again] == ["C"], "a file that changed is read again"
    with pytest.raises(InputError, match="is no file"):
        read_collections([folder / "gone.gmt"])
