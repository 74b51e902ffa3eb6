"""GMT files: what is read, and what is refused with a sentence."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from darlc.errors import InputError
from darlc.io.export import write_gmt
from darlc.io.tables.gmt import read_collections, read_gmt
from darlc.results.gene_sets import GeneSet

TEXT = (
    "# a comment\n"
    "MYELIN\thttps://example.org\tMBP\tPLP1\tMBP\t\n"
    "\n"
    "WEIGHTED\tna\tGFAP,1.0\tAQP4,2.0\r\n"
    "EMPTY\tnothing in it\n"
    "MYELIN\tagain\tMOBP\n"
)


def test_a_collection(tmp_path: Path) -> None:
    path = tmp_path / "sets.gmt"
    path.write_text(TEXT)
    sets = read_gmt(path)
    assert sets.names == ("MYELIN", "WEIGHTED", "MYELIN (2)")
    assert sets["MYELIN"].genes == ("MBP", "PLP1")
    assert sets["MYELIN"].record == "from sets.gmt: https://example.org"
    assert sets["WEIGHTED"] == GeneSet("WEIGHTED", ("GFAP", "AQP4"), "from sets.gmt")
    packed = tmp_path / "sets.gmt.gz"
    packed.write_bytes(gzip.compress(TEXT.encode()))
    assert read_gmt(packed).names == sets.names


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    sets = [GeneSet("größer", ("A", "B"), "genes of cluster 1"), GeneSet("other", ("C",))]
    path = write_gmt(tmp_path / "out.gmt", sets)
    again = read_gmt(path)
    assert [(each.name, each.genes) for each in again] == [(e.name, e.genes) for e in sets]
    assert again["größer"].record == "from out.gmt: genes of cluster 1"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "holds no gene set: GMT has a set a line"),
        (b"A\tna\n", "holds no gene set"),
        (b"gene,cluster\nMBP,1\n", "line 1, is no gene set: GMT has a set a line"),
        (b"A\tna\tMBP\n\tna\tPLP1\n", "line 2, is no gene set"),
        (b"A\tna\tM\x00BP\n", "line 1, is no gene set"),
        (b"\xff\xfe\x00A\t\x00", "could not be read .* damaged"),
        (b"\x1f\x8b\x08broken", "could not be read .* damaged"),
    ],
)
def test_a_bad_file_is_a_sentence(content: bytes, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.gmt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=sentence) as caught:
        read_gmt(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no file: check the path"):
        read_gmt(tmp_path)


def test_several_collections_and_folders_of_them(tmp_path: Path) -> None:
    folder = tmp_path / "collections"
    (folder / "older").mkdir(parents=True)
    (folder / "b.gmt").write_text("B\tna\tMBP\n")
    (folder / "A.GMT.gz").write_bytes(gzip.compress(b"A\tna\tPLP1\n"))
    (folder / "readme.txt").write_text("no collection")
    (folder / "older" / "c.gmt").write_text("C\tna\tMOBP\n")
    alone = tmp_path / "alone.gmt"
    alone.write_text("B\tagain\tGFAP\n")
    found = read_collections([alone, folder])
    assert [(each.name, each.genes[0]) for each in found] == [
        ("B", "GFAP"),
        ("A", "PLP1"),
        ("B", "MBP"),
    ]
    (folder / "b.gmt").write_text("nothing with tabs")
    with pytest.raises(InputError, match=r"b\.gmt, line 1, is no gene set"):
        read_collections([folder])
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(InputError, match="empty holds no collection of gene sets: put"):
        read_collections([empty])


def test_a_line_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("darlc.io.tables.gmt.LONGEST_LINE", 100)
    path = tmp_path / "long.gmt"
    path.write_text("A\tna" + "\tMBP" * 100)
    with pytest.raises(InputError, match="too large for a collection"):
        read_gmt(path)


@pytest.mark.real_data
@pytest.mark.parametrize(("name", "n"), [("KEGG_2016.gmt", 293), ("hallmark.gmt", 50)])
def test_published_collections(name: str, n: int, real_data: Path) -> None:
    sets = read_gmt(real_data / "gmt" / name)
    assert len(sets) == n and min(map(len, sets)) >= 1
