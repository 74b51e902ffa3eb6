"""A file or folder is there whole, or what stood there before is."""

from __future__ import annotations

from pathlib import Path

import pytest

from darlc.io.whole_files import whole


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def test_a_file_appears_under_its_name_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")
    with whole(path) as temporary:
        assert temporary.parent == tmp_path and temporary.suffix == ".csv"
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new" and names(tmp_path) == ["a.csv"]


def test_a_folder_takes_the_place_of_a_folder(tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    path.mkdir()
    (path / "old").touch()
    with whole(path) as temporary:
        temporary.mkdir()
        (temporary / "new").touch()
    assert names(path) == ["new"] and names(tmp_path) == ["a.zarr"]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_what_breaks_off_leaves_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")
    with pytest.raises(error), whole(path) as temporary:
        temporary.write_text("half of it")
        raise error
    assert path.read_text() == "old" and names(tmp_path) == ["a.csv"]


def test_what_was_only_tried_leaves_nothing(tmp_path: Path) -> None:
    with whole(tmp_path / "a.csv", keep=False) as temporary:
        temporary.write_text("tried")
    assert names(tmp_path) == []


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    target, link = tmp_path / "data" / "a.csv", tmp_path / "a.csv"
    target.write_text("old")
    link.symlink_to(target)
    with whole(link) as temporary:
        temporary.write_text("new")
    assert link.is_symlink() and target.read_text() == "new"
