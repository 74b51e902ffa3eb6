"""Names in folders."""

from __future__ import annotations

from darlc.io.listing import ending, names


def test_names_and_endings(tmp_path):
    for name in ("b_Matrix.h5", "a_matrix.h5", "c.txt"):
        (tmp_path / name).touch()
    assert names(tmp_path) == ["a_matrix.h5", "b_Matrix.h5", "c.txt"]
    assert [path.name for path in ending(tmp_path, "_matrix.h5")] == ["a_matrix.h5", "b_Matrix.h5"]


def test_no_folder_holds_nothing_and_a_huge_one_is_not_read_to_the_end(tmp_path):
    assert names(tmp_path / "none") == [] == names(tmp_path / "file")
    for number in range(2100):
        (tmp_path / str(number)).touch()
    assert len(names(tmp_path)) == 2000
