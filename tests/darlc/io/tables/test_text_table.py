"""Plain tables as text: what stands between cells, and whether the first line is data."""

from __future__ import annotations

import gzip

import pytest

from darlc.errors import InputError
from darlc.io.tables.text_table import as_number, read_head, read_text_table


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("gene,AAAC-1,AAAG-1\nActb,1,0\n", ["gene", "AAAC-1", "AAAG-1"]),
        ("AAAC-1,AAAG-1\nActb,1,0\n", ["", "AAAC-1", "AAAG-1"]),
        (",0,1,2\nActb,1,0,4\n", ["", "0", "1", "2"]),
        ("gene,17,4\nActb,1,0\n", ["gene", "17", "4"]),
        ("0,1,2\n5.5,1,0\n", ["0", "1", "2"]),
        ("x,y\n1,2\n", ["x", "y"]),
        ("Actb,1,0\nMbp,4,5\n", None),
        ("Actb,0,0\nMbp,4,5\n", None),
        ("cell1,5,6\ncell2,4,5\n", None),
        ("ACGTACGTAC,1,2\nTTTTACGTAC,4,5\n", None),
        ("3.5,1.5\n4.5,2.5\n", None),
        ("# made by hand\n# twice\na,b\n1,2\n", ["a", "b"]),
        ("#a,b\n1,2\n", ["a", "b"]),
    ],
)
def test_the_first_line_is_no_header_where_it_is_data(tmp_path, text, names):
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(text.encode()))
    head = read_head(path)
    assert head.names == names
    table = read_text_table(path)
    lines = [line for line in text.splitlines() if not line.startswith("#") or line == "#a,b"]
    assert len(table) == len(lines) - (names is not None)
    assert table.iloc[-1].tolist() == lines[-1].split(",")


@pytest.mark.parametrize("separator", [",", "\t", ";", " ", "   "])
@pytest.mark.parametrize("quote", ["", '"'])
def test_separators(tmp_path, separator, quote):
    cells = [["name", "value", "more"], ["a", "1.5", "2"], ["b", "2.5", "NA"]]
    lines = [separator.join(f"{quote}{cell}{quote}" for cell in row) for row in cells]
    (tmp_path / "t.txt").write_text("\n".join(lines))
    table = read_text_table(tmp_path / "t.txt")
    assert [list(table.columns), *table.to_numpy().tolist()] == cells


def test_decimal_commas(tmp_path):
    (tmp_path / "t.csv").write_text('"";"x";"y"\n"a";1,5;2\n')
    table = read_text_table(tmp_path / "t.csv")
    assert table.iloc[0].tolist() == ["a", "1.5", "2"]
    assert as_number("1,5") == 1.5


@pytest.mark.parametrize(
    ("text", "says"), [("", "no table"), ("a\nb\n", "no table"), ("a,b,c,d\n1,2\n", "4 names")]
)
def test_what_is_no_table(tmp_path, text, says):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(InputError, match=says):
        read_text_table(tmp_path / "t.csv")
