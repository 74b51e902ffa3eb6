"""What says how a path is recognised, and that a wrong description is refused when it is made."""

from __future__ import annotations

from typing import Any

import pytest

from darlc.io.format import Format


def fmt(**parts: Any) -> Format:
    return Format(
        **{"name": "spots", "description": "", "read": lambda path, options: None, **parts}
    )


def test_suffixes_tell_files_whatever_case_they_are_in(tmp_path) -> None:
    spots = fmt(suffixes=[".spots", ".spots.gz"])
    for name in ("a.spots", "A.SPOTS", "a.Spots.gz"):
        (tmp_path / name).touch()
        assert spots.claims(tmp_path / name)
    (tmp_path / "a.spots.txt").touch()
    (tmp_path / "folder.spots").mkdir()
    for name in ("a.spots.txt", "folder.spots", "missing.spots"):
        assert not spots.claims(tmp_path / name)


def test_a_function_is_asked_about_paths_with_the_suffix_only(tmp_path) -> None:
    asked = []

    def matches(path):
        asked.append(path.name)
        return path.is_dir()

    (tmp_path / "run.spots").mkdir()
    assert fmt(suffixes=(".spots",), matches=matches).claims(tmp_path / "run.spots")
    assert not fmt(suffixes=(".spots",), matches=matches).claims(tmp_path / "run.txt")
    assert asked == ["run.spots"]
    assert fmt(matches=matches).claims(tmp_path)
    assert asked == ["run.spots", tmp_path.name]


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({}, "format 'spots' needs suffixes, or a function"),
        ({"name": " ", "suffixes": (".spots",)}, "a format needs a name"),
        ({"suffixes": ".spots"}, "suffixes of format 'spots' are one text: write a tuple"),
        ({"suffixes": ("spots",)}, "'spots' in suffixes of format 'spots' is not a dot and"),
        ({"suffixes": (".Spots",)}, "'.Spots' in suffixes of format 'spots' is not a dot and"),
        ({"suffixes": (".a",), "heeds": {"colour"}}, "'colour' in heeds .* not an option of Read"),
    ],
)
def test_what_cannot_work_is_refused(parts: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        fmt(**parts)
