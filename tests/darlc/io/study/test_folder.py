"""A folder is written as a whole, and its files have names that every system can have."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darlc.errors import InputError
from darlc.io.study.folder import check_folder, section_files, unique_names, whole_folder


@given(names=st.lists(st.text(max_size=20), max_size=8))
def test_names_of_files_are_plain_and_differ(names: list[str]) -> None:
    files = section_files(names)
    assert len({each.casefold() for each in (*files, "study.h5ad")}) == len(names) + 1
    for file in files:
        assert file.endswith(".h5ad") and Path(file).name == file
        assert not set(file) & set('<>:"/\\|?*\0\n')


def test_plain_names_stay() -> None:
    assert section_files(["A1", "ctrl.2", "Maus 3"]) == ("A1.h5ad", "ctrl.2.h5ad", "Maus_3.h5ad")
    assert section_files(["study", "con", "../a"]) == ("study_2.h5ad", "con_.h5ad", "_a.h5ad")


@given(names=st.lists(st.sampled_from(["a", "A", "a_2", "b"]), max_size=8))
def test_repeated_names_get_a_number(names: list[str]) -> None:
    unique = unique_names(names)
    assert len({each.casefold() for each in unique}) == len(names)
    for i, name in enumerate(names):
        if name.casefold() not in {each.casefold() for each in names[:i]}:
            assert unique[i] == name


def test_a_folder_takes_its_place_once_it_is_whole(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "old").write_text("old")
    with whole_folder(out) as folder:
        (folder / "new").write_text("new")
        assert [each.name for each in out.iterdir()] == ["old"]
    assert [each.name for each in out.iterdir()] == ["new"]
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


def test_an_error_leaves_what_was_there_and_names_the_path(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "old").write_text("old")
    with pytest.raises(InputError, match="is full") as raised, whole_folder(out) as folder:
        (folder / "half").write_text("half")
        raise InputError(f"{folder / 'half'} is full.")
    assert str(raised.value) == f"{out / 'half'} is full."
    assert [each.name for each in out.iterdir()] == ["old"]
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


def test_a_trial_leaves_nothing(tmp_path: Path) -> None:
    with whole_folder(tmp_path / "out", keep=False) as folder:
        (folder / "new").write_text("new")
    assert list(tmp_path.iterdir()) == []


def test_targets_are_refused_in_a_sentence(tmp_path: Path) -> None:
    out = tmp_path / "out"
    check_folder(out)
    out.mkdir()
    check_folder(out)
    (out / "A.h5ad").write_text("")
    check_folder(out, ["A.h5ad", "B.h5ad"])
    with pytest.raises(InputError, match=r"holds something else \(A.h5ad\): choose another"):
        check_folder(out, ["B.h5ad"])
    with pytest.raises(InputError, match=r"holds the input .*A.h5ad, which is never written to"):
        check_folder(out, ["A.h5ad"], [out / "A.h5ad"])
    with pytest.raises(InputError, match=r"the folder .*missing does not exist"):
        check_folder(tmp_path / "missing" / "out")
    (out / "file").write_text("")
    with pytest.raises(InputError, match="exists and is a file"):
        check_folder(out / "file")
    with pytest.raises(InputError, match=r"without \.zarr"):
        check_folder(tmp_path / "out.zarr")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the user may write everywhere")
def test_a_folder_without_permission_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(InputError, match="may not be written to"):
            check_folder(tmp_path / "out")
    finally:
        tmp_path.chmod(0o700)
